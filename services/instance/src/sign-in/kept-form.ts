import { isUuid, newId } from "@interco/platform/ids";
import { hashToken, hmac, newToken, open, seal } from "@interco/platform/secrets";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Deps } from "../deps.ts";
import { siteOf } from "../request-context.ts";
import type { Site } from "../sites/site.ts";
import { findKeptForm, insertKeptForm, removeKeptForm } from "./kept-form-repository.ts";
import type { Session } from "./session.ts";

/*
 * A session lasts half an hour without a page; a letter may take longer to write. What somebody sends then is kept while they sign
 * in. Three things must agree for it to be shown: the address that names it, the cookie of the browser that sent it (which alone
 * opens it), and the person: the one whose page the form was on.
 */

declare module "fastify" {
  interface FastifyContextConfig {
    /** The page a form is on, as its route's pattern: where its author goes back to when it can't be taken now. */
    formPage?: string;
  }
}

/** The hidden field that says on whose page a form was. */
export const MARK_FIELD = "_auteur";

/** What was typed, and what it was sent to. */
export interface KeptForm {
  /** Path of the post, without its query. */
  action: string;
  values: Record<string, string>;
}

interface Content extends KeptForm {
  author: string;
  page: string;
}

const LIFETIME_SECONDS = 60 * 60;
/** Characters, of what `bodyLimit` lets through: more than anybody types. */
const LARGEST = 100_000;
/** Forms at once: each cookie rides along with every request. */
const AT_MOST = 4;
const PREFIX = "__Host-kept-";
const ATTRIBUTES = { path: "/", httpOnly: true, secure: true, sameSite: "lax" } as const;

/** The mark of a page's forms: who has it before their eyes. Sealed: nobody makes another's. */
export function markOf(deps: Pick<Deps, "config">, site: Site, session: Session): string {
  return seal(deps.config.keys.signIn, authorOf(session), markContext(site)).toString("base64url");
}

/** Who a session is on its site: the same person at their next sign-in. */
const authorOf = ({ agentId, sub }: Session) => agentId ?? sub;

/**
 * Where whoever sent this form without a session goes after signing in: the page of the form, with what they typed kept for them
 * there. Without a mark of ours nothing is kept, so that nobody fills the database from outside.
 */
export async function keepForm(
  deps: Pick<Deps, "config" | "db">,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<string> {
  const site = siteOf(request);
  const page = pageOf(request);
  const author = formAuthor(deps, request);
  const values = typedIn(request.body);
  const back = new URLSearchParams(entityOf(request));
  const content: Content = { action: pathOf(request), page, values, author: author ?? "" };
  const plain = JSON.stringify(content);
  if (author && Object.keys(values).length > 0 && plain.length <= LARGEST) {
    const [id, token] = [newId(), newToken()];
    await insertKeptForm(deps.db, {
      id,
      tokenHash: hashToken(token),
      entity: site.entity.id,
      sealed: seal(keyOf(token), plain, id),
      expiresAt: new Date(Date.now() + LIFETIME_SECONDS * 1000),
    });
    const others = Object.keys(request.cookies).filter((name) => name.startsWith(PREFIX));
    for (const name of others.slice(0, Math.max(0, others.length - AT_MOST + 1)))
      reply.clearCookie(name, ATTRIBUTES);
    reply.setCookie(cookieOf(id), token, { ...ATTRIBUTES, maxAge: LIFETIME_SECONDS });
    back.set("garde", id);
  }
  return back.size > 0 ? `${page}?${back}` : page;
}

/** What was kept for this person on this page, once: whoever asks, it is only shown to who typed it. */
export async function takeKeptForm(
  deps: Pick<Deps, "config" | "db">,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<KeptForm | undefined> {
  const { garde: id } = request.query as { garde?: unknown };
  if (typeof id !== "string" || !isUuid(id)) return undefined;
  const token = request.cookies[cookieOf(id)];
  if (!token) return undefined;
  const { entity } = siteOf(request);
  const sealed = await findKeptForm(deps.db, { id, tokenHash: hashToken(token), entity: entity.id });
  if (!sealed) return undefined;
  const content = JSON.parse(open(keyOf(token), sealed, id)) as Content;
  const { session } = request;
  if (!session || content.author !== authorOf(session) || content.page !== pathOf(request)) return undefined;
  reply.clearCookie(cookieOf(id), ATTRIBUTES);
  return (await removeKeptForm(deps.db, id)) ? { action: content.action, values: content.values } : undefined;
}

/** The page of a form, from its route's pattern; a form whose route names none leads to the first page. */
function pageOf(request: FastifyRequest): string {
  const params = request.params as Record<string, string>;
  const pattern = request.routeOptions.config.formPage ?? "/backoffice/";
  return pattern.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ""));
}

/** The entity the form acts for, which its page acts for too. */
function entityOf(request: FastifyRequest): Record<string, string> {
  const { entite } = request.query as { entite?: unknown };
  return typeof entite === "string" && entite !== "" ? { entite } : {};
}

/** Who had the page of this form before their eyes, signed in; undefined without a mark of ours. */
export function formAuthor(deps: Pick<Deps, "config">, request: FastifyRequest): string | undefined {
  return readMark(deps, siteOf(request), request.body);
}

function readMark(deps: Pick<Deps, "config">, site: Site, body: unknown): string | undefined {
  const mark = (body as Record<string, unknown> | undefined)?.[MARK_FIELD];
  if (typeof mark !== "string") return undefined;
  try {
    return open(deps.config.keys.signIn, Buffer.from(mark, "base64url"), markContext(site));
  } catch {
    return undefined;
  }
}

/** The single values of a form; ours (`_csrf`, the mark) are left out, and what no hand typed is empty. */
function typedIn(body: unknown): Record<string, string> {
  const values = Object.entries((body ?? {}) as Record<string, unknown>).filter(
    (entry): entry is [string, string] => typeof entry[1] === "string" && !entry[0].startsWith("_"),
  );
  return Object.fromEntries(values.filter(([, value]) => value !== ""));
}

const pathOf = (request: FastifyRequest) => request.url.split("?")[0] ?? "";
const markContext = (site: Site) => `form-mark:${site.hosted.client.id}`;
const cookieOf = (id: string) => `${PREFIX}${id.slice(-12)}`;
const keyOf = (token: string) => hmac(Buffer.from(token), "interco:kept-form");
