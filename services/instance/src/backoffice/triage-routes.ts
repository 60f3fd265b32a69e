import { actingAgent } from "../agents/acting-agent.ts";
import { listAgents } from "../agents/agent-repository.ts";
import type { App, Deps } from "../deps.ts";
import { readReferenceTables } from "../dispatch/reference-table-repository.ts";
import { readCursor, writeCursor } from "./cursor.ts";
import { deskPage } from "./desk.ts";
import { countQueues } from "./queue-counts-repository.ts";
import { listRequests } from "./request-list-repository.ts";
import { rowWords } from "./row-words.ts";
import type { TeamNames } from "./team-names.ts";
import { triageContext } from "./triage-screen.ts";

const PAGE = 50;

/** "À orienter": what no table decided, oldest first. */
export function registerTriage(app: App, deps: Deps, teams: TeamNames): void {
  app.get(
    "/backoffice/a-orienter",
    { config: { auth: "agent", remembersEntity: true } },
    async (request, reply) => {
      const { author } = actingAgent(request);
      const query = request.query as Record<string, unknown>;
      const text = (name: string) => (typeof query[name] === "string" ? query[name] : undefined);
      const found = await deps.db.within({ entities: [author.entity] }, async (trx) => ({
        counts: await countQueues(trx, author.entity, author.agentId),
        page: await listRequests(trx, {
          ...author,
          queue: "a-orienter",
          sort: "oldest",
          filters: {},
          limit: PAGE,
          after: readCursor(text("apres")),
          before: readCursor(text("avant")),
        }),
      }));
      const { rosters } = await readReferenceTables(deps.db, author.entity);
      const words = await rowWords(deps, request, teams);
      const { next, previous } = found.page;
      const context = triageContext(
        {
          page: found.page,
          rosters,
          agents: await listAgents(deps.db, author.entity),
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
