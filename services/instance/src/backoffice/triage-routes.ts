import { actingAgent } from "../agents/acting-agent.ts";
import { listAgents } from "../agents/agent-repository.ts";
import type { App, Deps } from "../deps.ts";
import { readRosters } from "../dispatch/reference-table-repository.ts";
import { readCountedList } from "./counted-list.ts";
import { readCursor, writeCursor } from "./cursor.ts";
import { deskPage } from "./desk.ts";
import { type ListQuery, listRequests } from "./request-list-repository.ts";
import { rowWords } from "./row-words.ts";
import { triageContext } from "./triage-screen.ts";

const PAGE = 50;

/** "À orienter": what no table decided, oldest first. */
export function registerTriage(app: App, deps: Deps): void {
  app.get(
    "/backoffice/a-orienter",
    { config: { auth: "agent", remembersEntity: true } },
    async (request, reply) => {
      const { author } = actingAgent(request);
      const query = request.query as Record<string, unknown>;
      const text = (name: string) => (typeof query[name] === "string" ? query[name] : undefined);
      const list: ListQuery = {
        ...author,
        queue: "a-orienter",
        sort: "oldest",
        filters: {},
        limit: PAGE,
        after: readCursor(text("apres")),
        before: readCursor(text("avant")),
      };
      const [found, rosters, agents, words] = await Promise.all([
        readCountedList(deps, author, (trx) => listRequests(trx, list)),
        readRosters(deps.db, author.entity),
        listAgents(deps.db, author.entity),
        rowWords(deps, request),
      ]);
      const { next, previous } = found.page;
      const context = triageContext(
        {
          page: found.page,
          rosters,
          agents,
          done: text("fait") === "dispatched" ? words.t("backoffice.done.dispatched") : null,
          next: next && `/backoffice/a-orienter?apres=${writeCursor(next)}`,
          previous: previous && `/backoffice/a-orienter?avant=${writeCursor(previous)}`,
          count: words.t("backoffice.list.count", { count: found.counts.toDispatch }),
        },
        words,
      );
      return deskPage(deps, request, reply, "backoffice/triage", context, { counts: found.counts });
    },
  );
}
