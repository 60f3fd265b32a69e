import type { App } from "@interco/platform/http";
import { isUuid } from "@interco/platform/ids";
import { Type } from "typebox";
import type { AccountRepository } from "../accounts/account-repository.ts";
import type { JournalWatch } from "../audit/journal-watch.ts";
import { EVENT_KINDS } from "../audit/sign-in-journal.ts";
import type { ClientRepository } from "../clients/client-repository.ts";
import { OWN_CLIENT } from "../clients/own-client.ts";
import { type ConsoleParts, Csrf, consoleDesk, type Desk } from "./console-page.ts";
import type { FoundLine, JournalPlace, JournalSearchRepository } from "./journal-search-repository.ts";
import { journalWords } from "./service-pages.ts";

/** A search looks at a year at most. */
const LONGEST_DAYS = 366;
const USUAL_DAYS = 30;
const DAY_MS = 24 * 60 * 60 * 1000;

const Search = Type.Object({
  email: Type.Optional(Type.String({ maxLength: 254 })),
  kind: Type.Optional(Type.String({ maxLength: 60 })),
  site: Type.Optional(Type.String({ maxLength: 64 })),
  since: Type.Optional(Type.String({ maxLength: 10 })),
  until: Type.Optional(Type.String({ maxLength: 10 })),
  /** Where the page before ended: a time and an id. */
  after: Type.Optional(Type.String({ maxLength: 100 })),
  _csrf: Csrf,
});
type Typed = { email?: string; kind?: string; site?: string; since?: string; until?: string; after?: string };

export interface JournalPagesParts extends ConsoleParts {
  accounts: AccountRepository;
  clients: ClientRepository;
  searches: JournalSearchRepository;
  watch: JournalWatch;
}

/** The journal, searched. What is looked for is sent, not written in an address: it names people. */
export function journalPages(app: App, parts: JournalPagesParts): void {
  const { accounts, clients, searches, watch } = parts;
  const desk = consoleDesk(app, parts);

  desk.page("/journal", (at) => show(at, {}, null));

  desk.form<Typed>("/journal", { recent: false, body: Search }, async (at, typed) => {
    const { errors, since, until } = period(typed, at.say);
    if (errors.length > 0) return show(at, typed, null, errors);
    const email = (typed.email ?? "").trim();
    const found = email ? await accountsOf(email) : null;
    const { lines, next } = await searches.search({
      administrator: at.administrator.account.id,
      accounts: found?.map(({ id }) => id) ?? null,
      kind: typed.kind || null,
      clientId: typed.site || null,
      since,
      until,
      after: placeOf(typed.after),
    });
    const names = new Map((await clients.list()).map(({ clientId, name }) => [clientId, name]));
    names.set(OWN_CLIENT, at.say("my-account.title"));
    const view = lines.map((line) => lineView(line, names, at.say));
    return show(at, typed, { lines: view, next: next && `${next.at}|${next.id}` });
  });

  async function accountsOf(email: string) {
    const both = await Promise.all([
      accounts.findByEmail(email, "personal"),
      accounts.findByEmail(email, "professional"),
    ]);
    return both.filter((account) => account !== undefined);
  }

  async function show(
    at: Desk,
    typed: Typed,
    found: { lines: object[]; next: string | null } | null,
    errors: { name: string; message: string }[] = [],
  ) {
    const { say } = at;
    const sites = (await clients.list()).map(({ clientId, name }) => ({ value: clientId, label: name }));
    const { since, until } = usualPeriod();
    return at.show(
      "journal",
      {
        state: journalWords(watch, say),
        values: { email: "", kind: "", site: "", since, until, ...typed },
        kinds: EVENT_KINDS.map((kind) => ({ value: kind, label: say(`console.kind.${kind}`) })),
        sites,
        searched: found !== null,
        lines: found?.lines ?? [],
        next: found?.next ?? null,
      },
      { status: errors.length > 0 ? 422 : 200, errors, fields: ["email", "since", "until"] },
    );
  }
}

function lineView(line: FoundLine, names: ReadonlyMap<string, string>, say: Desk["say"]) {
  return {
    at: line.at,
    kind: say(`console.kind.${line.kind}`),
    account: line.accountId ? shortId(line.accountId) : null,
    site: line.clientId && (names.get(line.clientId) ?? line.clientId),
    detail: Object.entries(line.detail)
      .map(([name, value]) => `${name}: ${isUuid(String(value)) ? shortId(String(value)) : value}`)
      .join(", "),
  };
}

/** Tells accounts apart on a page, and finds none. */
function shortId(id: string): string {
  return `#${id.slice(-6)}`;
}

function usualPeriod() {
  const day = (ms: number) => new Date(ms).toISOString().slice(0, 10);
  return { since: day(Date.now() - USUAL_DAYS * DAY_MS), until: day(Date.now()) };
}

/** Both days included. */
function period(typed: Typed, say: Desk["say"]) {
  const usual = usualPeriod();
  const since = dayOf(typed.since ?? usual.since);
  const last = dayOf(typed.until ?? usual.until);
  const errors = [
    ...(since ? [] : [{ name: "since", message: say("console.journal.day-wrong") }]),
    ...(last ? [] : [{ name: "until", message: say("console.journal.day-wrong") }]),
  ];
  if (!since || !last) return { errors, since: new Date(), until: new Date() };
  const until = new Date(last.getTime() + DAY_MS);
  if (until <= since) errors.push({ name: "until", message: say("console.journal.period-backwards") });
  else if (until.getTime() - since.getTime() > LONGEST_DAYS * DAY_MS)
    errors.push({ name: "since", message: say("console.journal.period-long") });
  return { errors, since, until };
}

function dayOf(text: string): Date | undefined {
  if (!/^\d{4}-\d\d-\d\d$/.test(text.trim())) return undefined;
  const day = new Date(`${text.trim()}T00:00:00Z`);
  return Number.isNaN(day.getTime()) || !day.toISOString().startsWith(text.trim()) ? undefined : day;
}

function placeOf(after: string | undefined): JournalPlace | null {
  const [at = "", id = ""] = (after ?? "").split("|");
  return /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?[+-]\d\d(:\d\d)?$/.test(at) && isUuid(id)
    ? { at, id }
    : null;
}
