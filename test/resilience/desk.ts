import type { Place } from "@interco/contracts/procedure";
import { createLog } from "@interco/platform/log";
import { createApp } from "../../services/instance/src/app.ts";
import type { Author } from "../../services/instance/src/audit/author.ts";
import type { Deps } from "../../services/instance/src/deps.ts";
import { contactOf } from "../../services/instance/src/requests/contact.ts";
import { composeRequest } from "../../services/instance/src/requests/new-request.ts";
import { changeStatus, takeRequest } from "../../services/instance/src/requests/process-request.ts";
import type { Request } from "../../services/instance/src/requests/request.ts";
import { insertRequests } from "../../services/instance/src/requests/request-write-repository.ts";
import { type Transfer, transferRequest } from "../../services/instance/src/requests/transfer-request.ts";
import type { SmallFederation } from "./small-federation.ts";

export const WOIPPY = "57751";
export const METZ = "57463";

/** What nobody but who processes a request may read: looked for in every event. */
export const PLANTED = {
  name: "Ysoline Témoinsecret",
  email: "ysoline.temoinsecret@exemple.test",
  phone: "0612349876",
  sub: "sub-temoinsecret-7261",
  description: "Texte témoinsecret que seul le service en charge doit lire.",
  detail: "au fond de la cour témoinsecret",
};

const AGENT = { agentId: "agent-resilience", name: "Agent Fictif" };

/**
 * The agglomeration's use cases, run beside its process on the same database under the service's own role: what a citizen and
 * an agent do, at a pace a test chooses. Its process relays them, as it would those of another replica.
 */
export async function openDesk({ hub }: Pick<SmallFederation, "hub">) {
  const app = await createApp(hub.config, createLog("desk", "silent"));
  const deps: Deps = app.deps;
  const site = deps.sites.getByEntity(hub.entity);
  await deps.dispatcher.ready(hub.entity);
  const procedure = await deps.procedures.find(hub.entity, "signaler-un-probleme");
  if (!procedure) throw new Error("the demonstration has lost its shared procedure");
  const { compiled } = procedure;
  return {
    deps,

    /** Files a report of this type, placed in a commune, with the planted identity when `named`. */
    async file(type: string, communes: string[], named = false): Promise<Request> {
      const answers = {
        type,
        place: placeIn(communes),
        description: PLANTED.description,
        ...(named ? { email: PLANTED.email, phone: PLANTED.phone, name: PLANTED.name } : {}),
      };
      const made = await composeRequest(deps, {
        site,
        procedure,
        answers,
        contact: contactOf(compiled, answers),
        citizenSub: named ? PLANTED.sub : null,
        source: "web",
        filedBy: null,
        lang: "fr",
        draftToken: null,
      });
      await deps.db.within({ site: hub.entity }, (trx) => insertRequests(trx, [made]));
      return made.request;
    },

    /** An agent of this entity takes it. */
    take: (entity: string, number: string, agent = AGENT.agentId) =>
      takeRequest(deps, { ...author(entity), agentId: agent }, number),

    act: (entity: string, number: string, action: string, reason: string | null = null) =>
      changeStatus(deps, author(entity), number, { action, reason, date: null, message: null }),

    handOver: (entity: string, number: string, transfer: Transfer) =>
      transferRequest(deps, author(entity), number, transfer),

    [Symbol.asyncDispose]: () => app.close(),
  };
}

export type Desk = Awaited<ReturnType<typeof openDesk>>;

export function placeIn(communes: string[]): Place {
  return { precision: "address", communes, address: "3 rue de l’Exemple", detail: PLANTED.detail };
}

function author(entity: string): Author {
  return { entity, ...AGENT };
}
