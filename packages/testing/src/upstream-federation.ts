import { appendFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { agents, CITIZENS } from "./upstream-people.ts";
import { UpstreamProvider, type UpstreamTestClient } from "./upstream-provider.ts";

const SIREN = "215707514";
/** An agent of Woippy the demonstration has. */
const AGENT = { email: "lou.maquette@woippy.example", id: "deux-facteurs" };

/** Where the demonstration's people may come from besides, in tests: a FranceConnect and a ProConnect of our own. */
export interface FederationProviders extends AsyncDisposable {
  /** The demonstration's federation.yaml with these providers in it. */
  file: string;
  /** Tells them where the identity provider is, once that is known. */
  open(issuer: string): void;
}

export async function federationProviders(): Promise<FederationProviders> {
  const stack = new AsyncDisposableStack();
  const people = agents(SIREN).map((person) =>
    person.id === AGENT.id ? { ...person, claims: { ...person.claims, email: AGENT.email } } : person,
  );
  const franceConnect = stack.use(await new UpstreamProvider("franceconnect", CITIZENS).start());
  const proConnect = stack.use(await new UpstreamProvider("proconnect", people).start());
  const folder = mkdtempSync(join(tmpdir(), "interco-upstreams-"));
  cpSync(resolve(import.meta.dirname, "../../../deploy/demo"), folder, { recursive: true });
  mkdirSync(join(folder, "secrets"));
  const opened: [UpstreamTestClient, string][] = [];
  const client = (provider: UpstreamProvider, id: string, upstream: string) => {
    const made = provider.register(id, "", upstream);
    opened.push([made, upstream]);
    writeFileSync(join(folder, "secrets", id), `${made.clientSecret}\n`, { mode: 0o600 });
    return `clientId: ${id}, secretFile: secrets/${id}`;
  };
  stack.defer(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "federation.yaml");
  appendFileSync(
    file,
    `
upstreams:
  franceConnect:
    issuer: ${franceConnect.issuer}
    clients:
      - { entity: "57751", ${client(franceConnect, "fc-woippy", "franceconnect")} }
      - { entity: "57463", ${client(franceConnect, "fc-metz", "franceconnect")} }
  proConnect: { issuer: ${proConnect.issuer}, ${client(proConnect, "pc", "proconnect")}, entities: [{ entity: "57751", sirens: ["${SIREN}"] }] }
`,
  );
  return {
    file,
    open(issuer) {
      for (const [made, upstream] of opened) {
        made.redirectUris = [`${issuer}/fournisseur/${upstream}/retour`];
        made.postLogoutRedirectUris = [`${issuer}/fournisseur/deconnexion`];
      }
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
