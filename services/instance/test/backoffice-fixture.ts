import { randomUUID } from "node:crypto";
import type { InstanceSeed } from "@interco/contracts/instance-seed";
import type { Answers } from "@interco/contracts/procedure";
import { setAuthorisation } from "../src/agents/agent-repository.ts";
import type { Author } from "../src/audit/author.ts";
import { composeRequest } from "../src/requests/new-request.ts";
import type { Request, Source } from "../src/requests/request.ts";
import { insertRequests } from "../src/requests/request-write-repository.ts";
import { SESSION_COOKIE } from "../src/sign-in/session-cookie.ts";
import { CitizenBrowser } from "./citizen-browser.ts";
import { demonstrationSeed } from "./demonstration-seed.ts";
import { createTestInstance, IDS, type TestInstance } from "./test-instance.ts";
import { signedIn } from "./test-session.ts";

type Host = "metropole" | "woippy" | "metz";

/** Who works where in these tests. */
export const STAFF = {
  metropole: { agentId: randomUUID(), name: "Charlie Patron" },
  woippy: { agentId: randomUUID(), name: "Alix Modèle" },
  metz: { agentId: randomUUID(), name: "Noa Gabarit" },
};

const TEAMS: Record<Host, [string, string][]> = {
  metropole: [
    ["voirie", "Voirie"],
    ["proprete", "Propreté"],
    ["accueil", "Accueil"],
  ],
  woippy: [
    ["technique", "Services techniques"],
    ["accueil", "Accueil"],
    ["eclairage", "Éclairage public"],
  ],
  metz: [
    ["technique", "Services techniques"],
    ["accueil", "Accueil"],
  ],
};

/** An instance with the demonstration's procedures, an administrator for each entity it hosts, and their teams (`mailed`: with an address). */
export async function createBackoffice(
  hosts: Host[] = ["metropole", "woippy", "metz"],
  { mailed = false, smtp }: { mailed?: boolean; smtp?: string } = {},
): Promise<TestInstance> {
  const { procedures, dispatchTables } = demonstrationSeed(hosts);
  const seed: Partial<InstanceSeed> = {
    procedures: procedures ?? [],
    dispatchTables: dispatchTables ?? [],
    teams: hosts.flatMap((host) =>
      TEAMS[host].map(([code, name]) => ({
        entity: IDS[host],
        code,
        name,
        email: mailed ? `${code}@${host}.example` : null,
      })),
    ),
    agents: hosts.map((host) => {
      const [givenName = "", familyName = ""] = STAFF[host].name.split(" ");
      return {
        entity: IDS[host],
        agentId: STAFF[host].agentId,
        email: `${host}@exemple.test`,
        givenName,
        familyName,
        role: "admin" as const,
        teams: [],
        authorised: host !== "metropole",
      };
    }),
  };
  const instance = await createTestInstance({ hosts, seed, ...(smtp ? { smtp } : {}) });
  // What the communes' events would have said: their agents act for them on the agglomeration's instance.
  for (const host of hosts.filter((one) => one !== "metropole"))
    await instance.deps.db.within({ entities: [IDS[host]] }, (trx) =>
      setAuthorisation(trx, IDS[host], STAFF[host].agentId, ["process"], 1, false),
    );
  return instance;
}

export function authorOf(host: Host): Author {
  return { entity: IDS[host], ...STAFF[host] };
}

/** A browser in which this entity's agent is signed in on a site (their own where not said). */
export async function agentBrowser(
  instance: TestInstance,
  who: Host,
  site: Host = who,
): Promise<CitizenBrowser & { headers: { cookie: string; host: string } }> {
  const { headers, token } = await signedIn(instance, { site, ...STAFF[who] });
  const browser = new CitizenBrowser(instance, headers.host);
  browser.cookies.set(SESSION_COOKIE, token);
  return Object.assign(browser, { headers });
}

export interface Filing {
  type?: string;
  commune?: string;
  address?: string;
  description?: string;
  contact?: { name?: string; email?: string; phone?: string } | null;
  citizenSub?: string | null;
  source?: Source;
  answers?: Answers;
  procedure?: string;
  owner?: Host;
}

/** Files a report on the agglomeration's site, or another procedure of `owner`. */
export async function file(instance: TestInstance, filing: Filing = {}): Promise<Request> {
  const owner = filing.owner ?? "metropole";
  const { deps } = instance;
  const procedure = await deps.procedures.find(IDS[owner], filing.procedure ?? "signaler-un-probleme");
  if (!procedure) throw new Error(`no procedure ${filing.procedure}`);
  const commune = filing.commune ?? "57751";
  const made = await composeRequest(deps, {
    site: deps.sites.getByEntity(IDS[owner]),
    procedure,
    answers: filing.answers ?? {
      type: filing.type ?? "depot-sauvage",
      place: {
        precision: "address",
        communes: commune ? [commune] : [],
        address: filing.address ?? "12 rue du Fort",
        detail: null,
      },
      description: filing.description ?? "Des sacs sont posés au pied du mur depuis lundi.",
    },
    contact:
      filing.contact === undefined
        ? { name: "Camille Exemple", email: "camille@exemple.test" }
        : filing.contact,
    citizenSub: filing.citizenSub ?? null,
    source: filing.source ?? "web",
    filedBy: filing.source && filing.source !== "web" ? authorOf("woippy") : null,
    lang: "fr",
    draftToken: null,
  });
  await deps.db.within({ site: IDS[owner] }, (trx) => insertRequests(trx, [made]));
  return made.request;
}
