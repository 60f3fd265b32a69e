import { Type } from "typebox";
import { actingAgent } from "../agents/acting-agent.ts";
import { deskPage } from "../backoffice/desk.ts";
import type { App, Deps } from "../deps.ts";
import { isUuid } from "../requests/is-uuid.ts";
import { type AuditLine, listAuditedAgents, listAuditLines } from "./audit-repository.ts";

const PAGE = 100;

/** The journal: who saw and did what in the name of the entity, for its administrators. */
export function registerJournal(app: App, deps: Deps): void {
  app.get(
    "/backoffice/journal",
    {
      config: { auth: "admin" },
      schema: {
        querystring: Type.Object(
          { agent: Type.Optional(Type.String()), apres: Type.Optional(Type.String()) },
          { additionalProperties: true },
        ),
      },
    },
    async (request, reply) => {
      const { author } = actingAgent(request);
      const { agent, apres } = request.query;
      const t = (key: string, params?: Record<string, string>) =>
        deps.renderer.translate(request.lang, key, params);
      const { lines, agents } = await deps.db.within({ entities: [author.entity] }, async (trx) => ({
        lines: await listAuditLines(trx, author.entity, {
          before: apres && isUuid(apres) ? apres : undefined,
          agentId: agent || undefined,
          limit: PAGE + 1,
        }),
        agents: await listAuditedAgents(trx, author.entity),
      }));
      const shown = lines.slice(0, PAGE);
      const last = shown.at(-1);
      const next = new URLSearchParams({ ...(agent ? { agent } : {}), apres: last?.id ?? "" });
      return deskPage(deps, request, reply, "operations/journal", {
        agent: agent ?? "",
        agents: agents.map((one) => ({ value: one.agentId, label: one.name })),
        lines: shown.map((line) => ({ ...lineView(line, t) })),
        next: lines.length > PAGE ? `/backoffice/journal?${next}` : null,
      });
    },
  );
}

function lineView(line: AuditLine, t: (key: string, params?: Record<string, string>) => string) {
  const { words, email, number, procedure } = line.details;
  const detail = [words, email, number, procedure].find((one) => typeof one === "string") ?? null;
  return {
    at: line.at,
    agent: line.agentName ?? t("operations.journal.nobody"),
    act: t(`operations.journal.act.${line.act}`),
    number: line.number,
    href: line.number ? `/backoffice/demandes/${line.number}` : null,
    detail,
  };
}
