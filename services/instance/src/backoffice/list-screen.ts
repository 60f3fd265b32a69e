import type { ActingAgent } from "../agents/acting-agent.ts";
import { shortNameOf } from "../sites/entity.ts";
import type { Facets } from "./list-facets.ts";
import {
  FILTERS,
  type FilterName,
  type ListAddress,
  pageHref,
  SINCE_DAYS,
  writeAddress,
} from "./list-query.ts";
import { listRow, type RowWords } from "./list-row.ts";
import type { ListLine } from "./listed-request.ts";
import { SORTS, type Sort } from "./queue.ts";
import type { QueueCounts } from "./queue-counts.ts";
import { COUNTED_AT_MOST } from "./queue-counts-repository.ts";
import type { ListPage } from "./request-list-repository.ts";

export interface ListSurroundings {
  facets: Facets;
  teams: { code: string; name: string }[];
  agent: ActingAgent;
  /** The address's own parameters: what has just been done is said from them. */
  query: Record<string, unknown>;
}

/** What `backoffice/list.hbs` shows. */
export function listContext(
  address: ListAddress,
  page: ListPage<ListLine>,
  counts: QueueCounts,
  words: RowWords,
  around: ListSurroundings,
) {
  const { t } = words;
  const filters = filterFields(address, words, around);
  const filtered = address.q !== "" || Object.keys(address.filters).length > 0;
  const rows = page.rows.map((request) => listRow(request, words));
  const agglomeration = shortNameOf(words.agglomeration);
  return {
    title: t(`backoffice.queue.${address.queue}`, { agglomeration }),
    summary: summaryOf(address, counts, filtered, words),
    queue: address.queue,
    sort: address.sort === SORTS[address.queue][0] ? null : SORT_FIELD[address.sort],
    q: address.q,
    here: writeAddress(address, { after: address.after, before: address.before }),
    done: doneWords(around.query, words),
    filterOpen: false,
    filters,
    chips: chipsOf(address, filters, words),
    columns: columnsOf(address, words),
    rows,
    selectable: rows.some((row) => row.take !== null),
    emptyTitle: t(filtered ? "backoffice.list.none-found" : `backoffice.empty.${address.queue}`),
    emptyText: t(filtered ? "backoffice.list.none-found-text" : "backoffice.empty.text"),
    emptyHref: filtered ? writeAddress({ ...address, q: "", filters: {} }) : "/backoffice/demandes",
    emptyLink: t(filtered ? "backoffice.list.clear" : "backoffice.list.see-all"),
    stopped: page.stopped,
    previous: pageHref(address, { before: page.previous }),
    next: pageHref(address, { after: page.next }),
  };
}

const SORT_FIELD: Record<Sort, string> = { recent: "recent", oldest: "ancien", deadline: "echeance" };

function summaryOf(
  address: ListAddress,
  counts: QueueCounts,
  filtered: boolean,
  { t, agglomeration, entity }: RowWords,
): string {
  if (filtered) return t("backoffice.list.filtered");
  const of = {
    "a-traiter": counts.toProcess,
    "a-orienter": counts.toDispatch,
    "en-retard": counts.late,
    miennes: counts.mine,
    metropole: counts.shared,
    toutes: null,
  }[address.queue];
  if (of === null) return t("backoffice.list.everything");
  if (of >= COUNTED_AT_MOST) return t("backoffice.list.count-more", { count: COUNTED_AT_MOST - 1 });
  const shared =
    address.queue === "a-traiter" && entity.kind !== "agglomeration" ? counts.toProcessShared : 0;
  return shared > 0
    ? t("backoffice.list.count-shared", { count: of, shared, agglomeration: shortNameOf(agglomeration) })
    : t("backoffice.list.count", { count: of });
}

interface FilterField {
  name: FilterName;
  label: string;
  empty: string;
  value: string;
  options: { value: string; label: string }[];
}

function filterFields(address: ListAddress, words: RowWords, around: ListSurroundings): FilterField[] {
  const { t, lang } = words;
  const byLabel = (a: { label: string }, b: { label: string }) => a.label.localeCompare(b.label, lang);
  const options: Record<FilterName, { value: string; label: string }[]> = {
    equipe: around.teams.map((team) => ({ value: team.code, label: team.name })),
    type: around.facets.types.map(({ code, label }) => ({ value: code, label: label[lang] })).sort(byLabel),
    etat: around.facets.statuses
      .map(({ code, label }) => ({ value: code, label: label[lang] }))
      .sort(byLabel),
    commune: around.facets.communes
      .map((id) => ({ value: id, label: words.find(id)?.name ?? id }))
      .sort(byLabel),
    depuis: SINCE_DAYS.map((days) => ({
      value: days,
      label: t("backoffice.filter.days", { count: Number(days) }),
    })),
    origine: [
      { value: "propre", label: words.entity.name },
      { value: "metropole", label: shortNameOf(words.agglomeration) },
    ],
  };
  return FILTERS.filter((name) => name !== "origine" || words.entity.kind !== "agglomeration")
    .filter((name) => name !== "commune" || options.commune.length > 1)
    .filter((name) => options[name].length > 0)
    .map((name) => ({
      name,
      label: t(`backoffice.filter.${name}`),
      empty: t("backoffice.filter.any"),
      value: address.filters[name] ?? "",
      options: options[name],
    }));
}

/** What is filtered by, each with the address of the list without it. */
function chipsOf(address: ListAddress, fields: FilterField[], { t }: RowWords) {
  const chips = FILTERS.flatMap((name) => {
    const value = address.filters[name];
    if (!value) return [];
    const field = fields.find((one) => one.name === name);
    const said = field?.options.find((option) => option.value === value)?.label ?? value;
    const { [name]: _removed, ...filters } = address.filters;
    return [
      { label: t("backoffice.filter.chip", { name: t(`backoffice.filter.${name}`), value: said }), filters },
    ];
  }).map(({ label, filters }) => ({ label, remove: writeAddress(address, { filters }) }));
  const search = address.q
    ? [
        {
          label: t("backoffice.filter.words", { words: address.q }),
          remove: writeAddress(address, { q: "" }),
        },
      ]
    : [];
  return [...search, ...chips];
}

function columnsOf(address: ListAddress, { t }: RowWords) {
  const sorts = SORTS[address.queue];
  const sortable = (by: "received" | "deadline") => {
    const cycle = by === "deadline" ? (["deadline"] as const) : (["recent", "oldest"] as const);
    const offered = cycle.filter((sort) => sorts.includes(sort));
    const next = offered.find((sort) => sort !== address.sort) ?? null;
    const active = offered.some((sort) => sort === address.sort);
    return {
      href: next && sorts.length > 1 ? writeAddress(address, { sort: next }) : null,
      order: active ? (address.sort === "recent" ? "descending" : "ascending") : null,
    };
  };
  const plain = (key: string) => ({ label: t(`backoffice.column.${key}`), href: null, order: null });
  return [
    plain("request"),
    plain("origin"),
    plain("status"),
    { label: t("backoffice.column.deadline"), ...sortable("deadline") },
    plain("in-charge"),
    { label: t("backoffice.column.received"), ...sortable("received") },
  ];
}

function doneWords(query: Record<string, unknown>, { t }: RowWords): string | null {
  const number = (name: string) => (typeof query[name] === "string" ? Number(query[name]) : Number.NaN);
  const taken = number("prises");
  if (!Number.isInteger(taken)) return null;
  const refused = number("refusees");
  const said = t("backoffice.done.taken-many", { count: taken });
  return refused > 0 ? `${said} ${t("backoffice.done.refused-many", { count: refused })}` : said;
}
