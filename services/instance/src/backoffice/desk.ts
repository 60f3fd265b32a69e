import { Problem } from "@interco/platform/problem";
import type { BackofficeFrame, QueueLink } from "@interco/ui/frame";
import type { FastifyReply, FastifyRequest } from "fastify";
import { type ActingAgent, actingAgent } from "../agents/acting-agent.ts";
import type { Deps } from "../deps.ts";
import { page } from "../page.ts";
import { siteOf } from "../request-context.ts";
import { shortNameOf } from "../sites/entity.ts";
import { viewOf } from "../sites/site-frame.ts";
import { themeUrl } from "../sites/theme.ts";
import { LISTS } from "./counted-list.ts";
import { QUEUE_KEYS, type Queue, queueHref } from "./queue.ts";
import type { QueueCounts } from "./queue-counts.ts";
import { COUNTED_AT_MOST } from "./queue-counts-repository.ts";

export interface DeskPage {
  status?: number;
  /** Which link of the side is this page's; its own address where not said. */
  path?: string;
  /** Read with the page's own rows where it has some; else read now. */
  counts?: QueueCounts;
  search?: string;
}

/** The agent of a page that changes something: their entity must have given them that right. */
export function processingAgent(request: FastifyRequest): ActingAgent {
  const agent = actingAgent(request);
  if (!agent.rights.includes("process")) throw new Problem("access.not-agent", { status: 403 });
  return agent;
}

/** Answers with a backoffice screen: the same on every instance, in the entity's colours on a thin edge. */
export async function deskPage(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  screen: string,
  context: object,
  options: DeskPage = {},
): Promise<FastifyReply> {
  const agent = actingAgent(request);
  const counts =
    options.counts ??
    (await deps.db.within(
      { entities: [agent.author.entity] },
      (trx) => deps.counters.read(trx, agent.author, { last: true }),
      LISTS,
    ));
  const frame = await deskFrame(deps, request, agent, counts, options);
  return page(deps, request, reply, screen, context, {
    frame,
    ...(options.status ? { status: options.status } : {}),
  });
}

/** What surrounds a backoffice page; without `counts`, as on the page of a problem, its links count nothing. */
export async function deskFrame(
  deps: Deps,
  request: FastifyRequest,
  agent: ActingAgent,
  counts: QueueCounts | null,
  options: DeskPage,
): Promise<BackofficeFrame> {
  const { entity } = siteOf(request);
  const { activeEntity, home } = agent;
  const t = (key: string, params?: Record<string, string>) =>
    deps.renderer.translate(request.lang, key, params);
  const away = activeEntity.id !== entity.id;
  const other = request.lang === "fr" ? "en" : "fr";
  const backHref = home.id !== entity.id && home.siteUrl ? `${home.siteUrl}backoffice/` : null;
  return {
    kind: "backoffice",
    path: options.path ?? request.url.split("?")[0] ?? "/backoffice/",
    language: {
      code: other,
      label: other === "fr" ? "Français" : "English",
      href: `/langue?choix=${other}&retour=${encodeURIComponent(request.method === "GET" ? request.url : "/backoffice/")}`,
    },
    csrf: "",
    themeUrl: themeUrl(entity),
    entity: viewOf(entity),
    place: t(entity.kind === "agglomeration" ? "backoffice.place.agglomeration" : "backoffice.place.own", {
      name: shortNameOf(entity),
    }),
    actingFor: away ? viewOf(activeEntity) : null,
    back:
      away && backHref ? { label: t("backoffice.back", { liaison: home.liaison }), href: backHref } : null,
    groups: [
      { title: t("backoffice.group.requests"), links: queueLinks(deps, agent, counts, t) },
      { title: t("backoffice.group.teams"), links: counts ? await teamLinks(deps, agent, counts) : [] },
      { title: t(`backoffice.group.${activeEntity.kind}`), links: settingLinks(agent, away, t) },
    ].filter((group) => group.links.length > 0),
    entities: [...agent.choices.filter((choice) => !choice.active), ...agent.elsewhere].map((choice) => ({
      label: choice.entity.name,
      href: choice.href,
    })),
    agent: { name: agent.author.name, detail: null, accountHref: `${deps.identity.issuer}/compte` },
    search: { action: "/backoffice/demandes", value: options.search ?? "" },
    newHref: "/backoffice/saisir",
  };
}

type Translate = (key: string, params?: Record<string, string>) => string;

function queueLinks(
  deps: Deps,
  { activeEntity }: ActingAgent,
  counts: QueueCounts | null,
  t: Translate,
): QueueLink[] {
  const isAgglomeration = activeEntity.kind === "agglomeration";
  const agglomeration = shortNameOf(deps.territory.agglomeration);
  const link = (queue: Queue, count: number | null): QueueLink => ({
    label: t(`backoffice.queue.${queue}`, { agglomeration }),
    href: queueHref(queue),
    key: QUEUE_KEYS[queue],
    ...capped(count),
  });
  return [
    link("a-traiter", counts?.toProcess ?? null),
    // Only who owns shared requests dispatches them; the others own what they file for themselves.
    ...(isAgglomeration || counts?.toDispatch ? [link("a-orienter", counts?.toDispatch ?? null)] : []),
    link("en-retard", counts?.late ?? null),
    link("miennes", counts?.mine ?? null),
    ...(isAgglomeration ? [] : [link("metropole", counts?.shared ?? null)]),
    link("toutes", null),
  ];
}

/** A counter that stopped says so: "999+". */
function capped(count: number | null): { count: number | null; more?: boolean } {
  return count !== null && count >= COUNTED_AT_MOST ? { count: COUNTED_AT_MOST - 1, more: true } : { count };
}

/** The agent's own teams; where they are in none, those with something to do. */
async function teamLinks(deps: Deps, agent: ActingAgent, counts: QueueCounts): Promise<QueueLink[]> {
  const teams = await deps.teams.list(agent.activeEntity.id);
  const own = teams.filter((team) => agent.seat?.teams.includes(team.code));
  const shown = own.length > 0 ? own : teams.filter((team) => counts.teams[team.code]);
  return shown.slice(0, 8).map((team) => ({
    label: team.name,
    href: `/backoffice/demandes?file=a-traiter&equipe=${encodeURIComponent(team.code)}`,
    ...capped(counts.teams[team.code] ?? 0),
  }));
}

function settingLinks(agent: ActingAgent, away: boolean, t: Translate): QueueLink[] {
  const link = (key: string, href: string): QueueLink => ({
    label: t(`backoffice.setting.${key}`),
    href,
    count: null,
  });
  const administers = agent.rights.includes("administer");
  return [
    ...(agent.activeEntity.kind === "agglomeration" && !away
      ? [link("dispatch", "/backoffice/orientation")]
      : []),
    ...(administers ? [link("agents", "/backoffice/agents")] : []),
    ...(agent.rights.includes("journal") ? [link("journal", "/backoffice/journal")] : []),
  ];
}
