import type { FastifyRequest } from "fastify";
import { actingAgent } from "../agents/acting-agent.ts";
import type { Deps } from "../deps.ts";
import type { RowWords } from "./list-row.ts";

/** What rows need of the request's language, entity and teams. */
export async function rowWords(deps: Deps, request: FastifyRequest): Promise<RowWords> {
  const agent = actingAgent(request);
  return {
    lang: request.lang,
    now: new Date(),
    t: (key, params) => deps.renderer.translate(request.lang, key, params),
    entity: agent.activeEntity,
    agglomeration: deps.territory.agglomeration,
    find: (id) => deps.territory.findById(id),
    findByCode: (code) => deps.territory.findByCode(code),
    teamName: await deps.teams.read(),
    opensElsewhere: agent.seat?.authorised ?? false,
  };
}
