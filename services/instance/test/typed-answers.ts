import type { Field, ProcedureDefinition } from "@interco/contracts/procedure";
import { addDays, parisDay } from "@interco/kernel/calendar";
import type { CitizenBrowser } from "./citizen-browser.ts";

/** Values a pattern accepts, by key: the demonstration has four such questions. */
const BY_KEY: Record<string, string> = {
  cardNumber: "00123456",
  postalCode: "57140",
  plate: "AB-123-CD",
  rna: "W123456789",
};

/** What a person could type for one question, taking the first or the last of its choices. */
export function typedFor(
  field: Field,
  definition: ProcedureDefinition,
  end: "first" | "last",
): Record<string, string | string[]> {
  const pick = <T>(list: readonly T[]): T => list[end === "first" ? 0 : list.length - 1] as T;
  const { key } = field;
  switch (field.kind) {
    case "email":
      return { [key]: "camille@exemple.test" };
    case "phone":
      return { [key]: "06 12 34 56 78" };
    case "choice":
      return { [key]: pick(field.options ?? []).value };
    case "choices":
      return { [key]: (field.options ?? []).map(({ value }) => value) };
    case "type":
      return { [key]: pick(pick(definition.types ?? []).types).code };
    case "number":
      return { [key]: String(field.minimum ?? field.maximum ?? 2) };
    case "checkbox":
      return { [key]: "true" };
    case "date": {
      const [year = "", month = "", day = ""] = addDays(
        parisDay(new Date()),
        field.earliest ?? field.latest ?? 1,
      ).split("-");
      return { [`${key}.day`]: day, [`${key}.month`]: month, [`${key}.year`]: year };
    }
    case "place":
      return {
        [`${key}.commune`]: "57751",
        [`${key}.precision`]: "address",
        [`${key}.address`]: "12 rue du Fort",
        [`${key}.detail`]: "",
      };
    case "photos":
      return {};
    default: {
      const text = BY_KEY[key] ?? `Une réponse d'exemple pour « ${field.label.fr} »`;
      return { [key]: text.slice(0, field.maxLength ?? 200) };
    }
  }
}

/** Fills in every page of a form until its check page, as a person would; `without` leaves questions of these kinds empty. */
export async function fillIn(
  browser: CitizenBrowser,
  definition: ProcedureDefinition,
  end: "first" | "last" = "first",
  without: readonly Field["kind"][] = [],
): Promise<void> {
  const fields = new Map(definition.steps.flatMap((step) => step.fields).map((field) => [field.key, field]));
  for (let pages = 0; pages < 30; pages++) {
    if (/\/recapitulatif$/.test(browser.url)) return;
    const shown = (browser.form().hidden.shown ?? "").split(" ");
    const typed = Object.assign(
      {},
      ...shown.flatMap((key) => {
        const field = fields.get(key);
        return field && !without.includes(field.kind) ? [typedFor(field, definition, end)] : [];
      }),
    );
    await browser.send(typed);
    if (browser.page.statusCode !== 200)
      throw new Error(`${definition.slug}: ${browser.page.statusCode} ${browser.text()}`);
  }
  throw new Error(`${definition.slug} never ends`);
}

/** From a procedure's page to the confirmation. Returns the number and the code to keep. */
export async function fileRequest(
  browser: CitizenBrowser,
  definition: ProcedureDefinition,
  end: "first" | "last" = "first",
): Promise<{ number: string; code: string }> {
  await browser.open(`/demarches/${definition.slug}`);
  await browser.send({}, { action: `/demarches/${definition.slug}/formulaire` });
  await fillIn(browser, definition, end);
  await browser.send({}, { action: browser.url.replace(/recapitulatif$/, "envoi") });
  return kept(browser);
}

/** The number and the code a confirmation gives. */
export function kept(browser: CitizenBrowser): { number: string; code: string } {
  const [number = "", code = ""] = [...browser.page.body.matchAll(/<dd>([^<]*)<\/dd>/g)].map(
    ([, text]) => text ?? "",
  );
  if (!/^[A-Z0-9]{2,5}-\d{4}-\w{7}$/.test(number)) throw new Error(`no confirmation: ${browser.text()}`);
  return { number, code };
}
