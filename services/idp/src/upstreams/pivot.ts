import { hmac } from "@interco/platform/secrets";

/** FranceConnect's pivot identity: what tells a person from every other one, whichever entity asks. */
export interface PivotIdentity {
  givenName: string;
  familyName: string;
  birthdate: string;
  gender: string;
  birthplace: string;
  birthcountry: string;
}

/**
 * What is kept of a pivot identity: an HMAC, the same for each way its names may be written (case, accents, hyphens,
 * apostrophes, spaces), since providers of identity behind FranceConnect write them differently.
 */
export function pivotKey(key: Buffer, pivot: PivotIdentity): Buffer {
  const { givenName, familyName, birthdate, gender, birthplace, birthcountry } = pivot;
  // Parts can't run into each other: what is normalised holds no separator.
  const parts = [givenName, familyName, birthdate, gender, birthplace, birthcountry].map(plain);
  return hmac(key, `pivot:${parts.join("|")}`);
}

function plain(text: string): string {
  return text
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .replace(/œ/gi, "oe")
    .replace(/æ/gi, "ae")
    .toUpperCase()
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
}
