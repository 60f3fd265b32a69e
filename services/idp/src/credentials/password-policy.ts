import { fold } from "./common-words.ts";
import { PASSWORD_LENGTH, passwordLength } from "./password-length.ts";
import { isTrivial } from "./trivial-text.ts";

export type PasswordRefusal = "too-short" | "too-long" | "common" | "about-you";

/** Who the password is for. */
export interface PasswordOwner {
  email?: string;
  names?: readonly string[];
  territory?: string;
}

/** What a password here is made of first, by whoever has to find one quickly (ASVS 5, V6.2.11). */
const SERVICE = ["interco", "connexion", "moncompte", "mairie", "agglo", "portail"];

/**
 * Why a password can't be chosen, or null (ASVS 5, V6.2; OWASP Authentication): its length, or that it is found in a few guesses:
 * leaked, a common word with little around it, a row of keys, or the person's own name, address or territory with as little.
 * Any character may be in it and none has to. Nothing leaves this machine.
 */
export function passwordRefusal(password: string, about: PasswordOwner): PasswordRefusal | null {
  const length = passwordLength(password);
  if (length < PASSWORD_LENGTH.min) return "too-short";
  if (length > PASSWORD_LENGTH.max) return "too-long";
  const text = fold(password);
  const words = wordsAbout(about);
  if (!isTrivial(text, words)) return isTrivial(text) ? "common" : null;
  return words.some((word) => text.includes(word)) ? "about-you" : "common";
}

/** A refusal in words: a message's key and what it needs. It says what to do instead. */
export function passwordAdvice(refusal: PasswordRefusal): { key: string; params: Record<string, number> } {
  return { key: `credentials.password.${refusal}`, params: PASSWORD_LENGTH };
}

/** Longest first: "jean-pierre" is taken out as a whole before "jean". */
function wordsAbout({ email = "", names = [], territory = "" }: PasswordOwner): string[] {
  const given = [email, email.split("@")[0] ?? "", ...names, territory].map(fold);
  const words = given.flatMap((text) => [text.replaceAll(/[^a-z0-9]/g, ""), ...text.split(/[^a-z]+/)]);
  return [...new Set([...words, ...SERVICE])]
    .filter((word) => word.length >= 3)
    .sort((a, b) => b.length - a.length);
}
