import { Problem } from "@interco/platform/problem";
import { listAgents } from "../agents/agent-repository.ts";
import { deskPage } from "../backoffice/desk.ts";
import type { App, Deps } from "../deps.ts";
import { siteOf } from "../request-context.ts";
import { dispatchContext } from "./dispatch-table-screen.ts";
import { readReferenceTables } from "./reference-table-repository.ts";

/** The agglomeration's dispatch tables, read-only: what finds the entity in charge, and why. */
export function registerDispatchTables(app: App, deps: Deps): void {
  app.get("/backoffice/orientation", { config: { auth: "agent" } }, async (request, reply) => {
    const { entity } = siteOf(request);
    const tables = await readReferenceTables(deps.db, entity.id);
    if (entity.kind !== "agglomeration" || tables.tables.length === 0)
      throw new Problem("page.unknown", { status: 404 });
    const agents = await listAgents(deps.db, entity.id);
    const teams = await deps.teams.all();
    const procedures = await deps.procedures.list(entity.id);
    const context = dispatchContext(tables, {
      lang: request.lang,
      territory: deps.territory,
      procedures,
      teamName: (code) => teams.find((team) => team.code === code)?.name ?? code,
      agentName: (email) => {
        const agent = agents.find((one) => one.email === email.toLowerCase());
        return agent && `${agent.givenName} ${agent.familyName}`;
      },
      t: (key, params) => deps.renderer.translate(request.lang, key, params),
    });
    return deskPage(deps, request, reply, "dispatch/tables", context);
  });
}
