import type { App } from "@interco/platform/http";
import { Problem } from "@interco/platform/problem";
import { Type } from "typebox";
import { isEmail } from "../accounts/email-address.ts";
import { siteOf } from "../agents/agents-api-routes.ts";
import type { ClientRepository } from "../clients/client-repository.ts";
import { confirmReset, endReset, type ResetParts } from "./reset-factors.ts";

const closed = { additionalProperties: false };
const Reset = Type.Object(
  {
    id: Type.String(),
    /** Whose account it is, by the territory-wide id: who works there doesn't confirm for themselves. */
    agentId: Type.String(),
    email: Type.String(),
    givenName: Type.String(),
    familyName: Type.String(),
    askedBy: Type.String(),
    reason: Type.String(),
    askedAt: Type.Integer(),
    expiresAt: Type.Integer(),
  },
  closed,
);
const Nothing = Type.Object({}, closed);
const Params = Type.Object({ id: Type.String({ format: "uuid" }) });
const Answer = Type.Object(
  {
    /** The administrator of the entity who answers: the site says that they are one, the provider knows no role. */
    agentId: Type.String({ format: "uuid" }),
    confirmed: Type.Boolean(),
  },
  closed,
);
const Official = Type.Object(
  { name: Type.String({ minLength: 1, maxLength: 200 }), email: Type.String({ maxLength: 254 }) },
  closed,
);
const Client = Type.Object({ clientId: Type.String({ maxLength: 64 }) });

/** What a site asks of resets of its own agents, and answers; and what the operator says of who is elected. */
export function entityResetRoutes(app: App, parts: ResetParts & { clients: ClientRepository }): void {
  const { resets, journal } = parts;

  app.post(
    "/agents/resets",
    {
      config: { auth: "site" },
      schema: { body: Nothing, response: { 200: Type.Array(Reset, { maxItems: 200 }) } },
    },
    async (request) => {
      const waiting = await resets.forEntity(siteOf(request).client_id);
      return waiting.map((one) => ({
        id: one.id,
        agentId: one.agentId ?? "",
        email: one.email,
        givenName: one.givenName,
        familyName: one.familyName,
        askedBy: one.askedByName,
        reason: one.reason,
        askedAt: one.askedAt.getTime(),
        expiresAt: one.expiresAt.getTime(),
      }));
    },
  );

  app.post(
    "/agents/resets/:id",
    { config: { auth: "site" }, schema: { params: Params, body: Answer, response: { 200: Nothing } } },
    async (request, reply) => {
      const { client_id } = siteOf(request);
      const { agentId, confirmed } = request.body;
      const reset = (await resets.forEntity(client_id)).find(({ id }) => id === request.params.id);
      if (!reset) throw new Problem("console.reset-gone", { status: 404 });
      const agent = await resets.findAgentOf(client_id, agentId);
      if (!agent) throw new Problem("console.not-its-agent", { status: 403 });
      const who = { id: agent.id, email: agent.emailKey };
      const done = confirmed
        ? await confirmReset(parts, reset, who)
        : await endReset(parts, reset, "refused", agent.id);
      if (!done) throw new Problem("console.not-this-one", { status: 403 });
      return reply.code(200).send({});
    },
  );

  app.get(
    "/operator/clients/:clientId/official",
    { config: { auth: "operator" }, schema: { params: Client, response: { 200: Official } } },
    async (request) => {
      const official = await resets.officialOf(request.params.clientId);
      if (!official) throw new Problem("console.no-official", { status: 404 });
      return official;
    },
  );

  app.put(
    "/operator/clients/:clientId/official",
    {
      config: { auth: "operator" },
      schema: { params: Client, body: Official, response: { 204: Type.Null() } },
    },
    async (request, reply) => {
      const { clientId } = request.params;
      const { name, email } = request.body;
      if (!isEmail(email)) throw new Problem("agents.email-refused", { status: 422 });
      if (!(await resets.nameOfficial(clientId, { name, email })))
        throw new Problem("site.unknown", { status: 404 });
      await journal.add({ kind: "official_named", clientId });
      return reply.code(204).send(null);
    },
  );
}
