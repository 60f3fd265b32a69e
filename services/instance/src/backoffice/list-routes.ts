import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { actingAgent } from "../agents/acting-agent.ts";
import { recordAct } from "../audit/audit.ts";
import type { Transaction } from "../database.ts";
import type { App, Deps } from "../deps.ts";
import type { Language } from "../request-context.ts";
import { takeRequest } from "../requests/process-request.ts";
import { localPath } from "../sites/local-path.ts";
import { LISTS, readCountedList } from "./counted-list.ts";
import { deskPage, processingAgent } from "./desk.ts";
import { ListFacets } from "./list-facets.ts";
import { type ListAddress, readAddress, toListQuery, writeAddress } from "./list-query.ts";
import { hrefOf } from "./list-row.ts";
import { listContext } from "./list-screen.ts";
import type { ListLine } from "./listed-request.ts";
import { readNumber } from "./number-search.ts";
import { type Queue, queueHref } from "./queue.ts";
import type { QueueCounts } from "./queue-counts.ts";
import { type ListPage, listByNumberStart, listByNumbers, listLines } from "./request-list-repository.ts";
import { rowWords } from "./row-words.ts";

/** Rows of a page. */
const PAGE = 50;

/** The agent's lists: queues, filters and search, own and shared requests together. */
export function registerLists(app: App, deps: Deps): void {
  const facets = new ListFacets(deps.db);

  const show = async (request: FastifyRequest, reply: FastifyReply, byDefault: Queue) => {
    const query = request.query as Record<string, unknown>;
    const address = readAddress(query, byDefault);
    const agent = actingAgent(request);
    const { author } = agent;
    const found = await readPage(deps, agent, address, request.lang);
    const [only] = found.page.rows;
    const words = await rowWords(deps, request);
    if (found.exact && only && found.page.rows.length === 1) return reply.redirect(hrefOf(only, words), 303);
    const context = listContext(address, found.page, found.counts, words, {
      facets: await facets.read(author.entity),
      teams: await deps.teams.list(author.entity),
      agent,
      query,
    });
    return deskPage(deps, request, reply, "backoffice/list", context, {
      counts: found.counts,
      path: sidePath(address),
      search: address.q,
    });
  };

  const LIST = { auth: "agent", remembersEntity: true } as const;
  app.get("/backoffice", { config: LIST }, (request, reply) => show(request, reply, "a-traiter"));
  app.get("/backoffice/demandes", { config: LIST }, (request, reply) => show(request, reply, "toutes"));

  app.post(
    "/backoffice/demandes",
    {
      config: { auth: "agent", formPage: "/backoffice/demandes" },
      schema: {
        body: Type.Object({
          number: Type.Optional(
            Type.Union([Type.String(), Type.Array(Type.String({ maxLength: 40 }), { maxItems: 50 })]),
          ),
          retour: Type.Optional(Type.String({ maxLength: 2000 })),
        }),
      },
    },
    async (request, reply) => {
      const { author } = processingAgent(request);
      const numbers = [request.body.number ?? []].flat();
      let taken = 0;
      for (const number of numbers) {
        // Each on its own: one that somebody else moved on meanwhile doesn't keep the others.
        const done = await takeRequest(deps, author, number).then(
          () => true,
          () => false,
        );
        if (done) taken += 1;
      }
      const back = localPath(request.body.retour);
      const to = new URL(back.startsWith("/backoffice") ? back : "/backoffice/", "http://site.invalid");
      to.searchParams.set("prises", String(taken));
      if (taken < numbers.length) to.searchParams.set("refusees", String(numbers.length - taken));
      return reply.redirect(`${to.pathname}${to.search}`, 303);
    },
  );
}

interface Found {
  page: ListPage<ListLine>;
  /** The number typed was a whole one. */
  exact: boolean;
  counts: QueueCounts;
}

async function readPage(
  deps: Deps,
  agent: ReturnType<typeof actingAgent>,
  address: ListAddress,
  lang: Language,
): Promise<Found> {
  const { author, activeEntity } = agent;
  const now = new Date();
  const query = toListQuery(address, author, { limit: PAGE, now });
  if (!address.q) {
    const read = await readCountedList(deps, author, (trx) => listLines(trx, query, lang));
    return { ...read, exact: false };
  }
  const searching = async (trx: Transaction): Promise<Found> => {
    const counts = await deps.counters.read(trx, author);
    await recordAct(trx, author, "list.searched", { details: { words: address.q } });
    const codes = [activeEntity.shortCode, deps.territory.agglomeration.shortCode];
    const number = readNumber(address.q, codes, now.getFullYear());
    if (number.kind !== "none") {
      const rows =
        number.kind === "exact"
          ? await listByNumbers(trx, author.entity, number.numbers, lang)
          : await listByNumberStart(trx, author.entity, number.start, { lang, limit: PAGE });
      if (rows.length > 0 || number.kind === "start")
        return {
          page: { rows, next: null, previous: null, stopped: false },
          exact: number.kind === "exact",
          counts,
        };
    }
    return { page: await listLines(trx, query, lang), exact: false, counts };
  };
  return deps.db.within({ entities: [author.entity] }, searching, LISTS);
}

/** The link of the side menu a list belongs to: its queue's, or its team's. */
function sidePath(address: ListAddress): string {
  const team = address.filters.equipe;
  if (address.queue === "a-traiter" && team)
    return writeAddress({ queue: "a-traiter", sort: "recent", q: "", filters: { equipe: team } });
  return queueHref(address.queue);
}
