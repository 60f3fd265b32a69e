import { PASSWORD_MAX_LENGTH } from "./password-hash.ts";

/** The key of a message in this service's catalogues. */
export type MessageKey = string;

export interface PasswordOwner {
  email: string;
  names: readonly string[];
  /** The territory's name on screens. */
  territory: string;
}

const MIN_LENGTH = 12;

/** Why a password can't be chosen, as the key of what to say; null where it can. Length, no rule of composition (NIST SP 800-63B §5.1.1.2). */
export function passwordRefusal(password: string, _owner: PasswordOwner): MessageKey | null {
  const normal = password.normalize("NFKC");
  if ([...normal].length < MIN_LENGTH) return "credentials.password-short";
  // As a sign-in bounds it, so that what is chosen here can be typed there.
  if (Math.max(password.length, normal.length) > PASSWORD_MAX_LENGTH) return "credentials.password-long";
  return null;
}
