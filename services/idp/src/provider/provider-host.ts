import type { IncomingMessage, ServerResponse } from "node:http";
import type { Logger } from "@interco/platform/log";
import Provider, { type JWKS, type KoaContextWithOIDC } from "oidc-provider";
import type { AccountRepository } from "../accounts/account-repository.ts";
import type { SignInEvent, SignInJournal } from "../audit/sign-in-journal.ts";
import { ClientAdapter } from "../clients/client-adapter.ts";
import type { ClientRepository } from "../clients/client-repository.ts";
import { openSigningKey } from "../keys/signing-key.ts";
import type { SigningKeyRepository } from "../keys/signing-key-repository.ts";
import { ArtifactAdapter } from "./artifact-adapter.ts";
import type { ArtifactRepository } from "./artifact-repository.ts";
import { IssuedCodes } from "./issued-codes.ts";
import { type ProviderParts, providerConfiguration, REQUESTS_SCOPE } from "./provider-configuration.ts";
import {
  keepClients,
  openToEntityAudiences,
  type ProviderClient,
  queueBackchannelLogouts,
  type SendLogout,
} from "./provider-internals.ts";
import { currentWork, withRequestWork } from "./request-work.ts";

export interface HostParts
  extends Omit<ProviderParts, "jwks" | "adapter" | "findAccount" | "entityExists" | "screens"> {
  artifacts: ArtifactRepository;
  accounts: AccountRepository;
  clients: ClientRepository;
  signingKeys: SigningKeyRepository;
  sealingKey: Buffer;
  journal: SignInJournal;
  screens: ProviderParts["screens"] & { finish(ctx: KoaContextWithOIDC): Promise<void> };
  /** Counts a sign-in that somebody unknown begins; the seconds to wait where it is one too many, else 0. */
  countBegun(request: IncomingMessage): number;
  log: Logger;
}

export interface SignedIn {
  accountId: string;
  /** The sites this session signed in to. */
  clientIds: string[];
}

interface Running {
  provider: Provider;
  handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  send: SendLogout;
  kids: string;
}

/**
 * The one running oidc-provider. All its state is in PostgreSQL, so that new signing keys simply give a new
 * provider: requests under way end with the one they began with.
 */
export class ProviderHost {
  readonly #parts: HostParts;
  readonly #issuedCodes = new IssuedCodes();
  /** Where logouts are queued; set once the queue, which needs this host, exists. */
  queue: SendLogout | undefined;
  #running: Running | undefined;

  constructor(parts: HostParts) {
    this.#parts = parts;
  }

  get provider(): Provider {
    return this.#current.provider;
  }

  get #current(): Running {
    if (!this.#running) throw new Error("the provider has not started");
    return this.#running;
  }

  handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    return this.#current.handle(request, response);
  }

  async findClient(clientId: string): Promise<ProviderClient | undefined> {
    return (await this.provider.Client.find(clientId)) as ProviderClient | undefined;
  }

  /** Who is signed in here, from the session's cookie. */
  async sessionOf(request: IncomingMessage, response: ServerResponse): Promise<SignedIn | undefined> {
    const { provider } = this;
    const session = await provider.Session.get(provider.createContext(request, response) as never);
    if (!session.accountId) return undefined;
    return { accountId: session.accountId, clientIds: Object.keys(session.authorizations ?? {}) };
  }

  /** Signs and sends a logout token once. */
  readonly sendLogout: SendLogout = (client, accountId, sid) => this.#current.send(client, accountId, sid);

  /** Takes the keys of the database; returns true when they had changed. */
  async loadKeys(): Promise<boolean> {
    const stored = await this.#parts.signingKeys.list();
    if (stored.length === 0) throw new Error('there is no signing key; run the command "migrate"');
    const kids = stored.map((key) => `${key.kid}:${key.state}`).join();
    if (kids === this.#running?.kids) return false;
    const keys = stored.map((key) => openSigningKey(key, this.#parts.sealingKey));
    this.#running = this.#build({ keys } as JWKS, kids);
    return true;
  }

  #build(jwks: JWKS, kids: string): Running {
    const { artifacts, accounts, clients, screens } = this.#parts;
    let forgetClients = () => {};
    const clientAdapter = new ClientAdapter(clients, () => forgetClients());
    const provider = new Provider(
      this.#parts.issuer,
      providerConfiguration({
        ...this.#parts,
        jwks,
        adapter: (kind) =>
          kind === "Client"
            ? clientAdapter
            : new ArtifactAdapter(kind, artifacts, this.#issuedCodes, clientOfRequest),
        findAccount: async (id) => currentWork()?.accounts.get(id) ?? accounts.find(id),
        entityExists: async (entity) => (await provider.Client.find(entity)) !== undefined,
        screens,
      }),
    );
    provider.proxy = !this.#parts.development;
    forgetClients = keepClients(provider);
    openToEntityAudiences(provider, REQUESTS_SCOPE);
    const send = queueBackchannelLogouts(provider, (...logout) => {
      if (!this.queue) throw new Error("the logout queue has not started");
      return this.queue(...logout);
    });
    provider.use((ctx, next) => this.#answer(ctx as unknown as KoaContextWithOIDC, next));
    this.#keepJournal(provider);
    for (const event of ["server_error", "authorization.error", "grant.error", "registration_create.error"])
      provider.on(event as "server_error", (ctx, error) => this.#logRefusal(event, ctx, error));
    return { provider, handle: provider.callback(), send, kids };
  }

  /** Runs the provider on a request, then writes all it changed in one go, before anything is sent. */
  async #answer(ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> {
    ctx.set("referrer-policy", "same-origin");
    ctx.set("x-content-type-options", "nosniff");
    try {
      const outcome = await withRequestWork(this.#parts.artifacts, this.#issuedCodes, async () => {
        await next();
        if (beginsAnonymously(ctx)) this.#limitBegun(ctx);
        await this.#parts.screens.finish(ctx);
      });
      if (!outcome.fresh) await this.#refuse(ctx, 401, "invalid_client", "client authentication failed");
      else if (!outcome.unused || !outcome.present)
        await this.#refuse(ctx, 400, "invalid_grant", "grant request is invalid");
    } catch (err) {
      if (err instanceof TooManyBegun)
        return this.#refuse(ctx, 429, "temporarily_unavailable", "too many sign-ins from one network");
      this.#parts.log.error({ err, path: ctx.path }, "failed");
      await this.#refuse(ctx, 500, "server_error", "the service failed");
    }
  }

  /** Nothing is written of a sign-in that is one too many. Those of signed-in persons and silent ones never come here. */
  #limitBegun(ctx: KoaContextWithOIDC): void {
    const waitSeconds = this.#parts.countBegun(ctx.req);
    if (waitSeconds === 0) return;
    ctx.set("retry-after", String(waitSeconds));
    ctx.remove("set-cookie");
    throw new TooManyBegun();
  }

  /** Takes an answer back: what it said was not stored. People get a page, programs get JSON. */
  async #refuse(ctx: KoaContextWithOIDC, status: number, error: string, description: string): Promise<void> {
    this.#parts.log.info({ event: error, path: ctx.path, reason: description }, "refused");
    ctx.remove("location");
    ctx.status = status;
    if (ctx.method === "GET" && ctx.accepts("json", "html") === "html")
      return this.#parts.screens.error(ctx, Object.assign(new Error(description), { statusCode: status }));
    ctx.body = { error, error_description: description };
  }

  #keepJournal(provider: Provider): void {
    const add = (event: SignInEvent) => {
      this.#parts.journal
        .add(event)
        .catch((err) => this.#parts.log.error({ err }, "the journal lacks a line"));
    };
    provider.on("end_session.success", (ctx) =>
      add({
        kind: "signed_out",
        accountId: ctx.oidc.session?.accountId,
        clientId: ctx.oidc.client?.clientId,
        detail: { everywhere: Boolean(ctx.oidc.params?.logout) },
      }),
    );
    provider.on("registration_create.success", (_ctx, client) =>
      add({ kind: "site_registered", clientId: client.clientId }),
    );
  }

  /** What was refused and why, without what was sent: parameters hold codes, tokens and addresses. */
  #logRefusal(event: string, ctx: KoaContextWithOIDC, error: Error): void {
    const { log } = this.#parts;
    const line = { event, site: ctx.oidc?.client?.clientId, reason: error.message, detail: detailOf(error) };
    if (event === "server_error") log.error({ ...line, err: error }, "the provider failed");
    else log.info(line, "refused");
  }
}

class TooManyBegun extends Error {}

/** True where the answer to an authorization request is the sign-in page, and nobody is signed in. */
function beginsAnonymously({ oidc }: KoaContextWithOIDC): boolean {
  return oidc?.route === "authorization" && Boolean(oidc.entities.Interaction) && !oidc.session?.accountId;
}

function detailOf(error: Error): string | undefined {
  const { error_description, error_detail } = error as { error_description?: string; error_detail?: string };
  return error_detail ?? error_description;
}

function clientOfRequest(): string {
  const id = Provider.ctx?.query.client_id;
  return typeof id === "string" ? id : "";
}
