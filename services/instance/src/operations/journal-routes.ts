import { isUuid } from "@interco/platform/ids";
import { Problem } from "@interco/platform/problem";
import { Type } from "typebox";
import { type ActingAgent, actingAgent } from "../agents/acting-agent.ts";
import { type AuditLine, listAuditedAgents, listAuditLines } from "../audit/audit-repository.ts";
import { deskPage } from "../backoffice/desk.ts";
import type { App, Deps } from "../deps.ts";
import { shortNameOf } from "../sites/entity.ts";

const PAGE = 100;

/**
 * The journal: who saw and did what in the name of the entity, for its administrators. On the agglomeration's instance, those of a
 * commune that lives elsewhere read what its agents did here; the agglomeration's see of them what concerns the agglomeration.
 */
export function registerJournal(app: App, deps: Deps): void {
  app.get(
    "/backoffice/journal",
    {
      config: { auth: "agent" },
      schema: {
        querystring: Type.Object(
          { agent: Type.Optional(Type.String()), apres: Type.Optional(Type.String()) },
          { additionalProperties: true },
        ),
      },
    },
    async (request, reply) => {
      const acting = actingAgent(request);
      if (!acting.rights.includes("journal")) throw new Problem("access.not-admin", { status: 403 });
      const { author } = acting;
      const reader = { entity: author.entity, guests: guestsOf(deps, author.entity) };
      const { agent, apres } = request.query;
      const t = (key: string, params?: Record<string, string>) =>
        deps.renderer.translate(request.lang, key, params);
      const { lines, agents } = await deps.db.within(
        { entities: [reader.entity, ...reader.guests] },
        async (trx) => ({
          lines: await listAuditLines(trx, reader, {
            before: apres && isUuid(apres) ? apres : undefined,
            agentId: agent || undefined,
            limit: PAGE + 1,
          }),
          agents: await listAuditedAgents(trx, reader),
        }),
      );
      const shown = lines.slice(0, PAGE);
      const last = shown.at(-1);
      const next = new URLSearchParams({ ...(agent ? { agent } : {}), apres: last?.id ?? "" });
      return deskPage(deps, request, reply, "operations/journal", {
        agent: agent ?? "",
        agents: agents.map((one) => ({ value: one.agentId, label: one.name })),
        lines: shown.map((line) => ({ ...lineView(line, t), for: nameOf(deps, line.entity) })),
        guests: reader.guests.length > 0,
        elsewhere: elsewhereOf(deps, acting, t),
        next: lines.length > PAGE ? `/backoffice/journal?${next}` : null,
      });
    },
  );
}

/** Of the agglomeration's own journal: the communes whose agents it receives and whose journal isn't here. */
function guestsOf(deps: Deps, entity: string): string[] {
  if (entity !== deps.territory.agglomeration.id) return [];
  const here = new Set(deps.config.hostedIds);
  return deps.territory.communes.filter(({ id, siteUrl }) => siteUrl && !here.has(id)).map(({ id }) => id);
}

/** What the entity's agents did on the agglomeration's instance is kept there, for its administrators who are authorised too. */
function elsewhereOf(
  deps: Deps,
  { activeEntity, seat }: ActingAgent,
  t: (key: string, params?: Record<string, string>) => string,
) {
  const { agglomeration } = deps.territory;
  const apart = !deps.config.hostedIds.includes(agglomeration.id) && agglomeration.siteUrl;
  if (!apart || !seat) return null;
  if (!seat.authorised)
    return {
      href: "/backoffice/agents",
      text: t("operations.journal.elsewhere-closed", { agglomeration: shortNameOf(agglomeration) }),
    };
  return {
    href: `${agglomeration.siteUrl}backoffice/journal?entite=${activeEntity.id}`,
    text: t("operations.journal.elsewhere", { agglomeration: shortNameOf(agglomeration) }),
  };
}

const nameOf = (deps: Deps, entity: string) => deps.territory.findById(entity)?.name ?? entity;

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
