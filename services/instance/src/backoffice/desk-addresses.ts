import type { FastifyRequest } from "fastify";
import type { ActingAgent } from "../agents/acting-agent.ts";
import type { App, Deps } from "../deps.ts";
import { siteOf } from "../request-context.ts";
import { MARK_FIELD, markOf } from "../sign-in/kept-form.ts";

/**
 * Every link and every form of a backoffice page names the entity that page acts for, where it could be another: two tabs on two
 * entities never act in the wrong one. Its forms are marked besides with the agent they were shown to. Written on the finished
 * page, here alone: a template that forgets an address would act for whoever was chosen last, in silence.
 */
export function nameDeskAddresses(app: App, deps: Deps): void {
  app.addHook("onSend", async (request, reply, payload) => {
    const { acting } = request;
    if (!acting) return payload;
    const entity = namedEntity(request, acting);
    const location = reply.getHeader("location");
    if (entity && typeof location === "string") reply.header("location", withEntity(location, entity, "&"));
    const html = String(reply.getHeader("content-type")).startsWith("text/html");
    if (!html || typeof payload !== "string") return payload;
    return writeAddresses(payload, entity, markOf(deps, siteOf(request), acting.author.agentId));
  });
}

/** The entity addresses must name: not on a site where the agent can only act for the site's own. */
function namedEntity(request: FastifyRequest, acting: ActingAgent): string | null {
  const alone = acting.choices.length < 2 && acting.activeEntity.id === siteOf(request).entity.id;
  return alone ? null : acting.activeEntity.id;
}

const ATTRIBUTE = /(\s(?:href|src|action)=")(\/backoffice[^"]*)"/g;
const FORM = /<form\b[^>]*\saction="\/backoffice[^"]*"[^>]*>/g;

/** The page with its addresses named. What people typed can't be taken for one: it is written with its quotes escaped. */
export function writeAddresses(html: string, entity: string | null, mark: string): string {
  const named = entity
    ? html.replace(
        ATTRIBUTE,
        (_, before: string, path: string) => `${before}${withEntity(path, entity, "&amp;")}"`,
      )
    : html;
  return named.replace(FORM, (form) => {
    if (/\smethod="post"/.test(form)) return `${form}${hidden(MARK_FIELD, mark)}`;
    // A form that gets drops the query of its address.
    return entity ? `${form}${hidden("entite", entity)}` : form;
  });
}

const hidden = (name: string, value: string) => `<input type="hidden" name="${name}" value="${value}">`;

function withEntity(address: string, entity: string, and: "&" | "&amp;"): string {
  if (!/^\/backoffice(?:[/?#]|$)/.test(address) || /[?;&]entite=/.test(address)) return address;
  const [path = "", fragment] = address.split("#");
  const query = path.includes("?") ? and : "?";
  return `${path}${query}entite=${encodeURIComponent(entity)}${fragment === undefined ? "" : `#${fragment}`}`;
}
