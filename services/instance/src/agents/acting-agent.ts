import { Problem } from "@interco/platform/problem";
import type { FastifyRequest } from "fastify";
import type { Author } from "../audit/author.ts";
import type { Deps } from "../deps.ts";
import type { Session } from "../sign-in/session.ts";
import { chooseEntity } from "../sign-in/session-repository.ts";
import type { Entity } from "../sites/entity.ts";
import type { Agent } from "./agent.ts";
import { listAuthorisations } from "./agent-repository.ts";
import { type SeatDeps, seatsOf } from "./agent-seats.ts";

/** An agent at work on a backoffice page: who they are, for whom they act, and what they may do there. */
export interface ActingAgent {
  /** Signs what is done on this page: timeline, audit. */
  author: Author;
  /** `received`: a commune's authorised agent on the agglomeration's instance, who administers nothing there. */
  role: Agent["role"] | "received";
  rights: readonly string[];
  /** The one entity this page works for: the scope of every query. */
  activeEntity: Entity;
  /** The entity whose staff they are, where their own backoffice is. */
  home: Entity;
  /** Every entity they may act for on this site, the active one included. */
  choices: readonly { entity: Entity; active: boolean; href: string }[];
  /** The other entities of this instance where they have a seat: each has its own site, whose backoffice is there. */
  elsewhere: readonly { entity: Entity; href: string }[];
  /** Their seat at the active entity; null for a received agent. */
  seat: Agent | null;
}

declare module "fastify" {
  interface FastifyRequest {
    /** Set on routes of `auth: "agent"` and `"admin"`. */
    acting: ActingAgent | null;
  }
}

/** The agent of this page. Throws on a route that doesn't declare `auth: "agent"` or `"admin"`. */
export function actingAgent(request: FastifyRequest): ActingAgent {
  if (!request.acting) throw new Error("this route isn't an agent's");
  return request.acting;
}

/** What an agent may do at the entity that employs them. */
const SEAT_RIGHTS = {
  agent: ["process"],
  admin: ["process", "administer", "journal"],
  ops: ["process", "administer", "journal"],
};

interface Post {
  entity: Entity;
  role: ActingAgent["role"];
  rights: readonly string[];
  seat: Agent | null;
}

/**
 * Finds for whom the person signed in may act on this site: the site's own entity if they have a seat there and, on the
 * agglomeration's, the entities that authorised them. `wanted` (`?entite=`) chooses among those; `remember` keeps it for addresses
 * that say nothing. Only lists do: a form sent from another tab must not change where this one goes on.
 * Throws `access.not-agent` (403) where there is none, or where the one wanted isn't among them.
 */
export async function findActingAgent(
  deps: Pick<Deps, "territory"> & SeatDeps,
  site: Entity,
  session: Session,
  { wanted, remember = false }: { wanted?: string | undefined; remember?: boolean } = {},
): Promise<ActingAgent> {
  const { posts, elsewhere } = await postsOf(deps, site, session);
  const chosen = posts.find((post) => post.entity.id === (wanted ?? session.activeEntity));
  const post = chosen ?? (wanted ? undefined : posts[0]);
  if (!post || !session.agentId) throw new Problem("access.not-agent", { status: 403 });
  if (wanted && remember && wanted !== session.activeEntity)
    await chooseEntity(deps.db, session.idHash, wanted);
  const employer = posts.find((candidate) => candidate.seat) ?? post;
  return {
    author: { entity: post.entity.id, agentId: session.agentId, name: session.claims.name },
    role: post.role,
    rights: post.rights,
    activeEntity: post.entity,
    home: employer.entity,
    choices: posts.map(({ entity }) => ({
      entity,
      active: entity.id === post.entity.id,
      href: `/backoffice/?entite=${entity.id}`,
    })),
    elsewhere,
    seat: post.seat,
  };
}

/** The site's own entity first, then those that sent their agent, by name; and where else they work. */
async function postsOf(
  deps: Pick<Deps, "territory"> & SeatDeps,
  site: Entity,
  session: Session,
): Promise<{ posts: Post[]; elsewhere: ActingAgent["elsewhere"] }> {
  if (!session.agentId || session.claims.accountKind !== "professional") return { posts: [], elsewhere: [] };
  const receives = site.id === deps.config.agglomeration.entity;
  const [seats, authorisations] = await Promise.all([
    seatsOf(deps, session),
    receives ? listAuthorisations(deps.db, session.agentId) : [],
  ]);
  const own = seats
    .filter((seat) => seat.entity === site.id)
    .map((seat): Post => ({ entity: site, role: seat.role, rights: SEAT_RIGHTS[seat.role], seat }));
  const received = authorisations
    .map(({ entity, rights }) => ({ entity: deps.territory.findById(entity), rights }))
    .filter((one): one is { entity: Entity; rights: string[] } => one.entity !== undefined)
    // Being received is being let process, and read what one's entity did here where it says so: no other word grants anything.
    .filter(({ entity, rights }) => entity.id !== site.id && rights.includes("process"))
    .map(({ entity, rights }): Post => {
      const granted = ["process", "journal"].filter((right) => rights.includes(right));
      return { entity, role: "received", rights: granted, seat: null };
    })
    .sort((a, b) => a.entity.name.localeCompare(b.entity.name, "fr"));
  const posts = [...own, ...received];
  const elsewhere = seats
    .map((seat) => deps.territory.findById(seat.entity))
    .filter((one): one is Entity & { siteUrl: string } => Boolean(one?.siteUrl))
    .filter((one) => !posts.some((post) => post.entity.id === one.id))
    .map((one) => ({ entity: one, href: `${one.siteUrl}backoffice/` }))
    .sort((a, b) => a.entity.name.localeCompare(b.entity.name, "fr"));
  return { posts, elsewhere };
}
