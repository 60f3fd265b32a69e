import type { CompiledProcedure } from "@interco/kernel/procedure";
import type { TimelineEntry } from "../requests/request.ts";
import type { RowWords } from "./list-row.ts";
import type { ListedRequest } from "./listed-request.ts";

/** One line at the head of a request: why it is before this entity's eyes, as dispatch kept it. */
export function whyHere(
  row: ListedRequest,
  { t, lang, find }: RowWords,
  opened?: { procedure: CompiledProcedure; timeline: readonly TimelineEntry[] },
): string {
  if (row.relation === "place") return t("backoffice.why.place");
  const reason = row.reason[lang];
  if (row.relation === "triage") return t("backoffice.why.triage", { reason });
  const charge = row.inCharge ? find(row.inCharge) : undefined;
  if (charge && !charge.siteUrl) return t("backoffice.why.partner", { name: charge.name, reason });
  const type =
    opened && row.typeCode ? opened.procedure.types.get(row.typeCode)?.type.label[lang] : undefined;
  const last = opened?.timeline.findLast(({ kind }) => kind === "dispatched" || kind === "transferred");
  // A rule looked at the type; a person wrote their own reason.
  return type && last?.details.table
    ? t("backoffice.why.rule", { type, reason })
    : t("backoffice.why.charge", { reason });
}
