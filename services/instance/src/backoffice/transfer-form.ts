import type { Place } from "@interco/contracts/procedure";
import { fieldValue } from "@interco/kernel/field-value";
import { placeProblems } from "@interco/kernel/place-check";
import type { Transfer } from "../requests/transfer-request.ts";
import type { Territory } from "../sites/territory.ts";
import { LIMITS, tooLong } from "./typed-limits.ts";

/** The hand-over form as posted, and what is wrong with it. */
export interface TransferForm {
  values: Record<string, string>;
  errors: { name: string; message: string }[];
  /** Undefined while there are errors. */
  transfer?: Transfer;
}

type Say = (key: string, params?: Record<string, string | number>) => string;

/** Reads who gets the request, why and, where the citizen's place was wrong, where it really is. */
export function readTransfer(
  values: Record<string, string>,
  context: { territory: Territory; lang: "fr" | "en"; say: Say },
): TransferForm {
  const { territory, say } = context;
  const errors: TransferForm["errors"] = [];
  const target = territory.findById(values.vers ?? "");
  if (!target) errors.push({ name: "vers", message: say("backoffice.transfer.error.to") });
  if (target && !target.siteUrl && !target.contact.email)
    errors.push({
      name: "vers",
      message: say("backoffice.transfer.error.no-address", { name: target.fullName }),
    });
  const [teamEntity = "", team = ""] = (values.equipe ?? "").split("/");
  if (team && target && teamEntity !== target.id)
    errors.push({ name: "equipe", message: say("backoffice.transfer.error.team", { name: target.name }) });
  const reason = (values.raison ?? "").trim();
  if (!reason) errors.push({ name: "raison", message: say("backoffice.transfer.error.reason") });
  errors.push(...tooLong("raison", reason, LIMITS.reason, say));
  const place = values.corriger === "true" ? readPlace(values, context, errors) : null;
  if (errors.length > 0 || !target) return { values, errors };
  return { values, errors, transfer: { to: target.id, team: team || null, reason, correctedPlace: place } };
}

function readPlace(
  values: Record<string, string>,
  { territory, lang, say }: { territory: Territory; lang: "fr" | "en"; say: Say },
  errors: TransferForm["errors"],
): Place | null {
  const field = { key: "lieu", kind: "place" as const, label: { fr: "Lieu", en: "Place" } };
  const place = fieldValue(field, values) as Place | undefined;
  if (!place) {
    errors.push({ name: "lieu.commune", message: say("backoffice.transfer.error.place") });
    return null;
  }
  const communes = new Set(territory.communes.map((commune) => commune.code));
  for (const { part, message } of placeProblems(place, lang, communes))
    errors.push({ name: `lieu.${part}`, message });
  return place;
}
