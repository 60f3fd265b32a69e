import { isCommonWord } from "./common-words.ts";

const ROWS = [
  "abcdefghijklmnopqrstuvwxyz",
  "01234567890",
  "azertyuiop",
  "qsdfghjklm",
  "wxcvbn",
  "qwertyuiop",
  "asdfghjkl",
  "zxcvbnm",
  "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
  "qazwsxedcrfvtgbyhnujm",
  "1aqw2zsx3edc4rfv5tgb6yhn7ujn",
  "aqwzsxedcrfvtgbyhnujn",
  "1a2z3e4r5t6y7u8i9o0p",
  "1q2w3e4r5t6y7u8i9o0p",
];
const RUN = 4;
/** No leaked password that matters is longer. */
const LONGEST = 32;
/** Every four neighbours of a row, both ways. */
const NEIGHBOURS = new Set(
  ROWS.flatMap((row) => [row, [...row].reverse().join("")]).flatMap((row) =>
    Array.from({ length: row.length - RUN + 1 }, (_, at) => row.slice(at, at + RUN)),
  ),
);

/** What may stand beside a common word without making it a password of its own: so many characters that aren't a run or a year. */
const DECORATION = 6;

/**
 * Whether a folded text is nothing more than one common word, repeated or not, with rows of a keyboard, repeated characters, a
 * year and a few other characters around it; `@` for a and the like included. What has two words of its own never is.
 *
 * @param about words to leave out of account: who knows the person tries them first
 */
export function isTrivial(text: string, about: readonly string[] = []): boolean {
  const read = new Set(readings(text).map((reading) => withoutAbout(reading, about)));
  return [...read].some(saysOneThing);
}

/** The text as it is, without its separators, and with figures read as the letters they look like. */
function readings(text: string): readonly string[] {
  const inner = text.replaceAll(/^[^a-z]+|[^a-z]+$/g, "");
  // What stands behind the word is counted in all readings.
  const [before = "", after = ""] = inner ? text.split(inner) : [text];
  const joined = text.replaceAll(/[\s._-]+/g, "");
  const read = (one: "i" | "l", word: string) =>
    word.replaceAll(/[@0134579$!|€]/g, (sign) => LOOKS[sign] ?? one);
  const plain = [text, joined];
  if (!/[a-z]/.test(text)) return plain;
  const alike = (["i", "l"] as const).flatMap((one) => [
    `${before} ${read(one, inner)} ${after}`,
    `${read(one, before + inner)} ${after}`,
  ]);
  return [...plain, ...alike];
}

const LOOKS: Record<string, string> = {
  "@": "a",
  "0": "o",
  "3": "e",
  "4": "a",
  "5": "s",
  "7": "t",
  "9": "g",
  $: "s",
  "€": "e",
};

function withoutAbout(text: string, about: readonly string[]): string {
  let left = text;
  // A name of three letters is in too many words to be taken out of them.
  for (const word of about) {
    left =
      word.length > 3
        ? left.replaceAll(word, " ")
        : left.replaceAll(new RegExp(`(?<![a-z])${word}(?![a-z])`, "g"), " ");
  }
  return left;
}

function saysOneThing(text: string): boolean {
  const unit = unitOf(text);
  if (unit.length < RUN || isCommonWord(unit) || isCommonWithEnding(unit)) return true;
  const left = withoutSequences(unit);
  const parts = new Set(
    left
      .split(/[^\p{L}]+/u)
      .map(unitOf)
      .filter(Boolean),
  );
  const words = [...parts].filter((part) => part.length >= RUN);
  if (words.length > 1 || !words.every(isCommonWord)) return false;
  // Several short words are a sentence: each counts with the space before it.
  const short = [...parts].filter((part) => part.length < RUN).map((part) => ` ${part}`);
  const others = left.replaceAll(/[\s\p{L}]/gu, "");
  return short.join("").length + others.length <= DECORATION;
}

/** A leaked password that has figures in it itself, with others behind it. */
function isCommonWithEnding(text: string): boolean {
  const ending = /[^\p{L}]*$/u.exec(text)?.index ?? 0;
  for (let end = Math.max(RUN, ending); end < Math.min(text.length, LONGEST); end++) {
    if (!isCommonWord(text.slice(0, end))) continue;
    if (withoutSequences(`a ${text.slice(end)}`).replaceAll(/\s/g, "").length <= 1 + DECORATION) return true;
  }
  return false;
}

/** The shortest text of which this one is the repetition, the last time perhaps unfinished; itself where there is none. */
function unitOf(text: string): string {
  for (let size = 1; size <= text.length / 2; size++) {
    if (text[0] === text[size] && text.startsWith(text.slice(size))) return text.slice(0, size);
  }
  return text;
}

/** Without rows of keys, repeated characters, and years beside a word: a number alone may have any four figures. */
function withoutSequences(text: string): string {
  const left = withoutRuns(text);
  return /\p{L}/u.test(text) ? left.replaceAll(/(?:19|20)\d\d/g, " ") : left;
}

function withoutRuns(text: string): string {
  let left = text.replaceAll(/(.)\1{2,}/gu, " ");
  for (let at = 0; at + RUN <= left.length; at++) {
    if (!NEIGHBOURS.has(left.slice(at, at + RUN))) continue;
    let end = at + RUN;
    while (NEIGHBOURS.has(left.slice(end - RUN + 1, end + 1))) end += 1;
    left = `${left.slice(0, at)} ${left.slice(end)}`;
  }
  return left;
}
