import { cutText } from "@interco/kernel/cut-text";
import { searchText } from "../requests/request-row.ts";
import { readCursor, writeCursor } from "./cursor.ts";
import { QUEUES, type Queue, SORTS, type Sort } from "./queue.ts";
import type { ListFilters, ListQuery } from "./request-list-repository.ts";

/** What the address of a list says. */
export interface ListAddress {
  queue: Queue;
  sort: Sort;
  /** As typed. */
  q: string;
  filters: Partial<Record<FilterName, string>>;
  after?: string | undefined;
  before?: string | undefined;
}

export const FILTERS = ["equipe", "type", "etat", "commune", "depuis", "origine"] as const;
export type FilterName = (typeof FILTERS)[number];

/** "Depuis": days. */
export const SINCE_DAYS = ["7", "30", "90", "365"] as const;

const SORT_NAMES = { recent: "recent", oldest: "ancien", deadline: "echeance" } as const;

/** Reads an address leniently: what isn't understood is left out, never refused. */
export function readAddress(query: Readonly<Record<string, unknown>>, byDefault: Queue): ListAddress {
  const text = (name: string) => {
    const value = query[name];
    return typeof value === "string" ? cutText(value.trim(), 200) : "";
  };
  const queue = QUEUES.find((one) => one === text("file")) ?? byDefault;
  const sort = SORTS[queue].find((one) => SORT_NAMES[one] === text("tri")) ?? SORTS[queue][0];
  const filters = Object.fromEntries(FILTERS.map((name) => [name, text(name)]).filter(([, value]) => value));
  if (filters.depuis && !SINCE_DAYS.some((days) => days === filters.depuis)) delete filters.depuis;
  if (filters.origine && !["propre", "metropole"].includes(filters.origine)) delete filters.origine;
  return {
    queue,
    sort,
    q: text("q"),
    filters,
    after: text("apres") || undefined,
    before: text("avant") || undefined,
  };
}

/** The address of a list; `change` says what differs. Going to another page is said by a cursor, all else starts over. */
export function writeAddress(address: ListAddress, change: Partial<ListAddress> = {}): string {
  const to = { ...address, after: undefined, before: undefined, ...change };
  const params = new URLSearchParams();
  if (to.queue !== "toutes") params.set("file", to.queue);
  if (to.sort !== SORTS[to.queue][0]) params.set("tri", SORT_NAMES[to.sort]);
  if (to.q) params.set("q", to.q);
  for (const name of FILTERS) if (to.filters[name]) params.set(name, to.filters[name]);
  if (to.after) params.set("apres", to.after);
  if (to.before) params.set("avant", to.before);
  const query = params.toString();
  return query ? `/backoffice/demandes?${query}` : "/backoffice/demandes";
}

/** What the database is asked for an address. */
export function toListQuery(
  address: ListAddress,
  who: { entity: string; agentId: string },
  options: { limit: number; now: Date },
): ListQuery {
  const { equipe, type, etat, commune, depuis, origine } = address.filters;
  const words = wordsOf(address.q);
  const filters: ListFilters = {
    ...(equipe ? { team: equipe } : {}),
    ...(type ? { type } : {}),
    ...(etat ? { status: etat } : {}),
    ...(commune ? { commune } : {}),
    ...(depuis ? { since: new Date(options.now.getTime() - Number(depuis) * 86_400_000) } : {}),
    ...(origine ? { origin: origine === "metropole" ? "shared" : "own" } : {}),
    ...(words.length > 0 ? { words } : {}),
  };
  return {
    ...who,
    queue: address.queue,
    sort: address.sort,
    filters,
    limit: options.limit,
    after: readCursor(address.after),
    before: readCursor(address.before),
  };
}

export function pageHref(
  address: ListAddress,
  page: { after?: ListQuery["after"] | null; before?: ListQuery["before"] | null },
): string | null {
  if (page.after) return writeAddress(address, { after: writeCursor(page.after) });
  return page.before ? writeAddress(address, { before: writeCursor(page.before) }) : null;
}

/** At most six words of what was typed, as rows keep them: without accents, in lower case. */
export function wordsOf(typed: string): string[] {
  return [
    ...new Set(
      searchText(typed)
        .split(/[\s,;:"']+/)
        .filter((word) => word.length > 1),
    ),
  ].slice(0, 6);
}
