import { isUuid } from "@interco/platform/ids";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { recordAct } from "../audit/audit.ts";
import { deskPage } from "../backoffice/desk.ts";
import { postedValues } from "../backoffice/posted-values.ts";
import type { App, Deps } from "../deps.ts";
import type { AskedReset } from "../sign-in/identity-provider.ts";
import { actingAgent } from "./acting-agent.ts";

const PATH = "/backoffice/agents/reinitialisations";
const Posted = Type.Object({}, { additionalProperties: true });
const DONE = ["confirmer", "refuser"] as const;

/**
 * Second factors of the entity's own agents that the identity provider's administrator asks to take away: an administrator of the
 * entity is the second of two persons. The provider knows no role: this page's `admin` is what says that they are one.
 */
export function registerResets(app: App, deps: Deps): void {
  app.get(PATH, { config: { auth: "admin" } }, (request, reply) => {
    const { fait } = request.query as { fait?: unknown };
    const done = DONE.find((one) => one === fait);
    return showResets(deps, request, reply, done ? { done: `agents.resets.done.${done}` } : {});
  });

  app.post(
    PATH,
    { config: { auth: "admin", csrf: "handled", formPage: PATH }, schema: { body: Posted } },
    async (request, reply) => {
      const { id = "", action } = postedValues(request);
      if (request.csrfFailed)
        return showResets(deps, request, reply, { notice: "backoffice.error.expired", status: 422 });
      const known = DONE.find((one) => one === action);
      if (!known || !isUuid(id))
        return showResets(deps, request, reply, { notice: "agents.resets.gone", status: 422 });
      const { author } = actingAgent(request);
      const confirmed = known === "confirmer";
      const { hosted } = deps.sites.getByEntity(author.entity);
      const answered = await deps.identity
        .answerReset(hosted, id, { agentId: author.agentId, confirmed })
        .catch((err: unknown) => {
          deps.log.warn({ err }, "the identity provider could not be told of a reset");
          return undefined;
        });
      if (!answered) {
        const notice = answered === undefined ? "agents.resets.down" : "agents.resets.gone";
        return showResets(deps, request, reply, { notice, status: answered === undefined ? 503 : 422 });
      }
      // The provider's journal has it already: this one says it to the entity.
      await deps.db.within({ entities: [author.entity] }, (trx) =>
        recordAct(trx, author, confirmed ? "agent.reset-confirmed" : "agent.reset-refused", {
          details: { reset: id },
        }),
      );
      return reply.redirect(`${PATH}?fait=${known}`, 303);
    },
  );
}

async function showResets(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  { done, notice, status }: { done?: string; notice?: string; status?: number },
): Promise<FastifyReply> {
  const { author } = actingAgent(request);
  const say = (key: string) => deps.renderer.translate(request.lang, key);
  const { hosted } = deps.sites.getByEntity(author.entity);
  const waiting = await deps.identity.resetsOf(hosted).catch((err: unknown): undefined => {
    deps.log.warn({ err }, "the identity provider could not be asked for resets");
  });
  const said = waiting ? notice : "agents.resets.down";
  return deskPage(
    deps,
    request,
    reply,
    "agents/resets",
    {
      done: done ? say(done) : null,
      notice: said ? say(said) : null,
      known: waiting !== undefined,
      resets: (waiting ?? []).map((reset) => view(reset, author.agentId)),
    },
    { path: "/backoffice/agents", ...(status ? { status } : {}) },
  );
}

function view(reset: AskedReset, self: string | null) {
  return {
    id: reset.id,
    name: `${reset.givenName} ${reset.familyName}`,
    email: reset.email,
    asker: reset.askedBy,
    reason: reset.reason,
    until: new Date(reset.expiresAt),
    own: reset.agentId === self,
  };
}
