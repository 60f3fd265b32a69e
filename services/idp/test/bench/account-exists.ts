import type { IdpConfig } from "@interco/contracts/idp-config";
import { Browser } from "../browser.ts";
import type { FilledDatabase } from "./many-accounts.ts";

/** A form that takes an address, and what it is sent with. */
export interface AskedForm {
  name: string;
  /** Its address, or where it is led to from. */
  url: string;
  values(email: string): Record<string, string>;
}

/**
 * How far the medians of answers lie apart, in milliseconds, for an address with an account and one without: `tries` each, in
 * turn, each on a form of its own, with nothing counted against either.
 */
export async function medianDifference(
  filled: FilledDatabase,
  form: AskedForm,
  { known, unknown, tries }: { known: string; unknown: string; tries: number },
): Promise<number> {
  const times = { [known]: [] as number[], [unknown]: [] as number[] };
  for (let round = 0; round < tries; round++) {
    for (const email of round % 2 === 0 ? [known, unknown] : [unknown, known]) {
      await filled.forgetTries();
      const browser = new Browser();
      const page = await browser.open(form.url);
      const from = performance.now();
      await browser.submit(page, form.values(email));
      times[email]?.push(performance.now() - from);
    }
  }
  const median = (of: number[] = []) => of.sort((a, b) => a - b)[Math.floor(of.length / 2)] ?? Number.NaN;
  return Math.abs(median(times[known]) - median(times[unknown]));
}

/** Every form somebody unknown may send an address with. */
export function askedForms({ issuer }: IdpConfig): AskedForm[] {
  const names = { givenName: "Dominique", familyName: "Fictif" };
  return [
    {
      name: "sign-in",
      url: `${issuer}/compte`,
      values: (email) => ({ email, password: "ce n'est pas le bon", action: "connecter" }),
    },
    {
      name: "registration",
      url: `${issuer}/inscription`,
      values: (email) => ({ ...names, email, password: "ombrelle prairie quartz lundi", action: "creer" }),
    },
    { name: "recovery", url: `${issuer}/mot-de-passe-oublie`, values: (email) => ({ email }) },
  ];
}
