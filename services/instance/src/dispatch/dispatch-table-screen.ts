import type { Cell, DispatchRow, FirstRecipient, TriageRoster } from "@interco/contracts/dispatch";
import type { OfferedProcedure } from "../procedures/procedure-library.ts";
import { shortNameOf } from "../sites/entity.ts";
import type { Territory } from "../sites/territory.ts";
import type { ReferenceTables } from "./reference-table-repository.ts";

interface Words {
  lang: "fr" | "en";
  territory: Territory;
  procedures: readonly OfferedProcedure[];
  /** Name of a team by its code, whichever entity has it. */
  teamName: (code: string) => string;
  agentName: (email: string) => string | undefined;
  t: (key: string, params?: Record<string, string | number>) => string;
}

/** What `dispatch/tables.hbs` shows: each table's rows in the order they decide, known streets, first recipients. */
export function dispatchContext({ tables, streets, rosters }: ReferenceTables, words: Words) {
  const { lang, t } = words;
  return {
    tables: tables.map((table) => ({
      title: table.title[lang],
      version: table.version,
      procedure: procedureTitle(table.procedure, words),
      rows: table.rows.map((row, index) => rowView(row, index, table.procedure, words)),
    })),
    streets: streets.map((list) => ({
      version: list.version,
      streets: list.streets.map((street) => ({
        name: street.street,
        communes: communeNames(street.communes, words),
        manager: managerName(street.manager, words),
      })),
    })),
    rosters: rosters.map((roster) => ({
      title: procedureTitle(roster.procedure, words),
      version: roster.version,
      deadline: t("dispatch.roster.deadline", { count: roster.deadlineDays }),
      recipients: roster.recipients.map((recipient) => recipientView(recipient, roster, words)),
    })),
  };
}

function rowView(row: DispatchRow, index: number, procedure: string, words: Words) {
  const { lang, t } = words;
  const type = (code: string) => typeLabel(code, procedure, words);
  return {
    id: row.id,
    order: index + 1,
    type: cellWords(row.type, type, words),
    commune: cellWords(row.commune, (code) => words.territory.findByCode(code)?.name ?? code, words),
    manager: cellWords(row.manager, (code) => managerName(code, words), words),
    to: targetWords(row.to, words),
    team: row.team ? words.teamName(row.team) : "",
    deadline: row.deadlineDays ? t("dispatch.days", { count: row.deadlineDays }) : "",
    reason: row.reason[lang],
  };
}

function cellWords(cell: Cell | undefined, label: (code: string) => string, { t }: Words) {
  if (cell === undefined) return { text: t("dispatch.any"), code: "" };
  if (typeof cell === "string") return { text: label(cell), code: "" };
  return Array.isArray(cell) ? { text: cell.map(label).join(", "), code: "" } : { text: "", code: cell.feel };
}

function targetWords(target: string, words: Words): string {
  const { t, territory } = words;
  const [kind = "", code] = target.split(":");
  if (code) return territory.findByCode(code)?.fullName ?? code;
  return t(`dispatch.to.${kind}`, { agglomeration: shortNameOf(territory.agglomeration) });
}

function managerName(manager: string, { t, territory }: Words): string {
  const [kind = "", code] = manager.split(":");
  if (code) return territory.findByCode(code)?.fullName ?? code;
  return t(`dispatch.manager.${kind}`, { agglomeration: shortNameOf(territory.agglomeration) });
}

function recipientView(recipient: FirstRecipient, roster: TriageRoster, words: Words) {
  const { t, lang } = words;
  const standIn = roster.recipients.find((one) => one.id === recipient.standIn);
  const days = (recipient.presence ?? [1, 2, 3, 4, 5]).map((day) => weekdayName(day, lang));
  return {
    name: recipientName(recipient, words),
    types:
      recipient.types?.map((code) => typeLabel(code, roster.procedure, words)).join(", ") ??
      t("dispatch.any"),
    communes: recipient.communes ? communeNames(recipient.communes, words) : t("dispatch.any"),
    days: days.join(", "),
    standIn: standIn ? recipientName(standIn, words) : "",
  };
}

function recipientName({ agentEmail, team, id }: FirstRecipient, words: Words): string {
  const person = agentEmail ? (words.agentName(agentEmail) ?? agentEmail) : null;
  const name = team ? words.teamName(team) : null;
  return person && name ? `${person} (${name})` : (person ?? name ?? id);
}

/** 1 is Monday (ISO 8601). 1 January 2024 was one. */
function weekdayName(day: number, lang: "fr" | "en"): string {
  return new Intl.DateTimeFormat(lang, { weekday: "short", timeZone: "UTC" }).format(
    new Date(Date.UTC(2024, 0, day)),
  );
}

const communeNames = (codes: readonly string[], { territory }: Words) =>
  codes.map((code) => territory.findByCode(code)?.name ?? code).join(", ");

function procedureTitle(slug: string, { procedures, lang }: Words): string {
  return procedures.find((one) => one.slug === slug)?.definition.title[lang] ?? slug;
}

function typeLabel(code: string, procedure: string, { procedures, lang }: Words): string {
  const found = procedures.find((one) => one.slug === procedure)?.compiled.types.get(code);
  return found?.type.label[lang] ?? code;
}
