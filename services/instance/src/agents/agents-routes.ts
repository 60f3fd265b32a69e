import { Problem } from "@interco/platform/problem";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { deskPage } from "../backoffice/desk.ts";
import { postedValues } from "../backoffice/posted-values.ts";
import type { App, Deps } from "../deps.ts";
import { takeKeptForm } from "../sign-in/kept-form.ts";
import { actingAgent } from "./acting-agent.ts";
import type { Agent } from "./agent.ts";
import { type InvitationState, listAgents } from "./agent-repository.ts";
import { authorise, deactivate, invite, inviteAgain } from "./manage-agents.ts";

const Posted = Type.Object({}, { additionalProperties: true });
const ADMIN = { auth: "admin", csrf: "handled", formPage: "/backoffice/agents" } as const;
const EMAIL = /^[^\s@,;:<>()[\]\\"]+@[^\s@,;:<>()[\]\\"]+\.[^\s@,;:<>()[\]\\"]{2,}$/;

/** What the identity provider writes to nobody: addresses of pages, markup, invisible text. */
const NOT_A_NAME = /[\p{C}<>{}()[\]/\\@:;|=*#"]/u;

function nameErrors(field: string, name: string, missing: string): { name: string; message: string }[] {
  if (!name) return [{ name: field, message: missing }];
  const odd = name.length > 100 || NOT_A_NAME.test(name);
  return odd ? [{ name: field, message: "agents.error.name-odd" }] : [];
}

/** Who works for the entity and who may act for it on shared requests: its administrators' page. */
export function registerAgents(app: App, deps: Deps): void {
  app.get("/backoffice/agents", { config: { auth: "admin" } }, async (request, reply) => {
    const kept = await takeKeptForm(deps, request, reply);
    // Only the invitation is typed; the buttons beside each agent are pressed again.
    if (kept?.action !== "/backoffice/agents") return showAgents(deps, request, reply, {});
    const notice = deps.renderer.translate(request.lang, "backoffice.kept");
    return showAgents(deps, request, reply, { values: kept.values, notice });
  });

  app.post("/backoffice/agents", { config: ADMIN, schema: { body: Posted } }, async (request, reply) => {
    const values = postedValues(request);
    const say = (key: string) => deps.renderer.translate(request.lang, key);
    if (request.csrfFailed)
      return showAgents(deps, request, reply, {
        values,
        notice: say("backoffice.error.expired"),
        status: 422,
      });
    const email = (values.email ?? "").trim();
    const given = (values.prenom ?? "").trim();
    const family = (values.nom ?? "").trim();
    const errors = [
      ...(EMAIL.test(email) && email.length <= 254 ? [] : [{ name: "email", message: "agents.error.email" }]),
      ...nameErrors("prenom", given, "agents.error.given-name"),
      ...nameErrors("nom", family, "agents.error.family-name"),
    ].map(({ name, message }) => ({ name, message: say(message) }));
    if (errors.length > 0) return showAgents(deps, request, reply, { values, errors, status: 422 });
    return finish(deps, request, reply, values, "invited", () =>
      invite(deps, actingAgent(request), {
        email,
        givenName: given,
        familyName: family,
        role: values.role === "admin" ? "admin" : "agent",
        teams: values.equipe ? [values.equipe] : [],
        authorised: values.habilite === "true",
      }),
    );
  });

  const acts = {
    renvoyer: (request: FastifyRequest, email: string) => inviteAgain(deps, actingAgent(request), email),
    annuler: (request: FastifyRequest, email: string) => deactivate(deps, actingAgent(request), email),
    retirer: (request: FastifyRequest, email: string) => deactivate(deps, actingAgent(request), email),
    habiliter: (request: FastifyRequest, email: string) => authorise(deps, actingAgent(request), email, true),
    deshabiliter: (request: FastifyRequest, email: string) =>
      authorise(deps, actingAgent(request), email, false),
  };
  for (const [path, act] of Object.entries(acts)) {
    app.post(`/backoffice/agents/${path}`, { config: ADMIN, schema: { body: Posted } }, (request, reply) => {
      const values = postedValues(request);
      if (request.csrfFailed) {
        const notice = deps.renderer.translate(request.lang, "backoffice.error.expired");
        return showAgents(deps, request, reply, { notice, status: 422 });
      }
      return finish(deps, request, reply, {}, path, () => act(request, values.email ?? ""));
    });
  }
}

/** Does it and goes back to the list; a refusal shows the list with its reason. */
async function finish(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  values: Record<string, string>,
  done: string,
  work: () => Promise<void>,
): Promise<FastifyReply> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const notice = deps.renderer.translate(request.lang, `problem.${error.code}.text`, error.params);
    return showAgents(deps, request, reply, { values, notice, status: 422 });
  }
  return reply.redirect(`/backoffice/agents?fait=${done}`, 303);
}

const DONE = ["invited", "renvoyer", "annuler", "retirer", "habiliter", "deshabiliter"];

async function showAgents(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  shown: {
    values?: Record<string, string>;
    errors?: { name: string; message: string }[];
    notice?: string;
    status?: number;
  },
): Promise<FastifyReply> {
  const { activeEntity, author } = actingAgent(request);
  const t = (key: string, params?: Record<string, string>) =>
    deps.renderer.translate(request.lang, key, params);
  const [agents, teams] = await Promise.all([
    listAgents(deps.db, activeEntity.id),
    deps.teams.list(activeEntity.id),
  ]);
  const { fait } = request.query as { fait?: unknown };
  const done = DONE.find((one) => one === fait);
  const { values = {}, errors = [] } = shown;
  const error = (name: string) => errors.find((one) => one.name === name)?.message ?? null;
  const teamName = (code: string) => teams.find((team) => team.code === code)?.name ?? code;
  const field = (name: string) => ({ value: values[name] ?? "", error: error(name) });
  return deskPage(
    deps,
    request,
    reply,
    "agents/agents",
    {
      done: done ? t(`agents.done.${done}`) : null,
      notice: shown.notice ?? null,
      errors,
      isCommune: activeEntity.kind === "commune",
      agents: agents.map((agent) => agentView(agent, author.agentId, teamName, t)),
      teams: teams.map((team) => ({ value: team.code, label: team.name })),
      roles: [
        { value: "agent", label: t("agents.role.agent"), hint: t("agents.role.agent-hint") },
        { value: "admin", label: t("agents.role.admin"), hint: t("agents.role.admin-hint") },
      ],
      form: {
        open: Object.keys(values).length > 0,
        email: field("email"),
        givenName: field("prenom"),
        familyName: field("nom"),
        role: { value: values.role ?? "agent", error: null },
        team: field("equipe"),
        authorised: values.habilite === "true",
      },
    },
    shown.status ? { status: shown.status } : {},
  );
}

const INVITATION_TONES = { leaving: "info", sent: "info", expired: "warn", refused: "danger" } as const;

function agentView(
  agent: Agent & { invitation: InvitationState | null },
  self: string,
  teamName: (code: string) => string,
  t: (key: string) => string,
) {
  return {
    name: `${agent.givenName} ${agent.familyName}`,
    email: agent.email,
    role: t(`agents.role.${agent.role}`),
    teams: agent.teams.map(teamName).join(", "),
    came: agent.invitation === null,
    invitation: agent.invitation ? t(`agents.invitation.${agent.invitation}`) : "",
    tone: agent.invitation ? INVITATION_TONES[agent.invitation] : "",
    authorised: agent.authorised,
    self: agent.agentId === self,
  };
}
