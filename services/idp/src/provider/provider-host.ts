import type { IncomingMessage, ServerResponse } from "node:http";
import type { CookieKeys } from "@interco/platform/cookie-keys";
import type { Logger } from "@interco/platform/log";
import Provider, { type JWKS, type KoaContextWithOIDC } from "oidc-provider";
import type { AccountRepository } from "../accounts/account-repository.ts";
import type { SignInEvent, SignInJournal } from "../audit/sign-in-journal.ts";
import { ClientAdapter } from "../clients/client-adapter.ts";
import { isSite } from "../clients/client-metadata.ts";
import type { ClientRepository } from "../clients/client-repository.ts";
import { ownClient } from "../clients/own-client.ts";
import { RegistrationTokenAdapter } from "../clients/registration-token-adapter.ts";
import { type OpenKeys, openKeys } from "../keys/signing-key.ts";
import type { SigningKeyRepository } from "../keys/signing-key-repository.ts";
import { SESSION_IDLE_SECONDS } from "./apply-statement.ts";
import { ArtifactAdapter } from "./artifact-adapter.ts";
import type { ArtifactRepository } from "./artifact-repository.ts";
import { refusedForSize } from "./input-limits.ts";
import { Issued } from "./just-issued.ts";
import { postedRequest } from "./posted-request.ts";
import { type ProviderParts, providerConfiguration, REQUESTS_SCOPE } from "./provider-configuration.ts";
import {
  type FormPost,
  keepClients,
  openToEntityAudiences,
  type ProviderClient,
  providerWithFormPost,
  queueBackchannelLogouts,
  type SendLogout,
} from "./provider-internals.ts";
import { currentWork, type IssuedHere, withRequestWork } from "./request-work.ts";

export interface HostParts
  extends Omit<ProviderParts, "jwks" | "adapter" | "cookieKeys" | "findAccount" | "siteExists" | "screens"> {
  artifacts: ArtifactRepository;
  accounts: AccountRepository;
  clients: ClientRepository;
  signingKeys: SigningKeyRepository;
  sealingKey: Buffer;
  /** Those of our own pages' cookies: they change with the provider's. */
  formKeys: CookieKeys;
  journal: SignInJournal;
  screens: ProviderParts["screens"] & { finish(ctx: KoaContextWithOIDC): Promise<void>; formPost: FormPost };
  /** Counts a sign-in that somebody unknown begins; the seconds to wait where it is one too many, else 0. */
  countBegun(request: IncomingMessage): number;
  /** Told of each sign-in with credentials, whichever, before its answer leaves. False: it isn't let in. */
  arrived(arrival: Arrival): Promise<boolean>;
  log: Logger;
}

export interface SignedIn {
  accountId: string;
  /** The sites this session signed in to. */
  clientIds: string[];
  /** Of the session, for as long as it lasts. */
  sessionUid: string;
  /** When credentials were last given. */
  signedInAt: Date;
  acr: string | undefined;
  amr: string[];
}

/** Somebody gave credentials, and this is the session they got. */
export interface Arrival {
  accountId: string;
  sessionUid: string;
  request: IncomingMessage;
}

/** A page of the account extends a session that loses more than this by not being extended. */
const EXTENSION_WORTH_A_WRITE_SECONDS = 60;

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
  readonly #issued: IssuedHere = new Issued();
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

  /** Answers a request to one of the protocol's addresses. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const refused = refusedForSize(request);
    if (refused) {
      this.#parts.log.info({ event: "input_too_large", path: pathOf(request), status: refused }, "refused");
      // What is left of it isn't read.
      response.writeHead(refused, { "content-type": "text/plain", connection: "close" }).end("Too large.\n");
      return;
    }
    const next = await postedRequest(request);
    if (next) response.writeHead(303, { location: next, "cache-control": "no-store" }).end();
    else await this.#current.handle(request, response);
  }

  async findClient(clientId: string): Promise<ProviderClient | undefined> {
    return (await this.provider.Client.find(clientId)) as ProviderClient | undefined;
  }

  /** Who is signed in here, from the session's cookie. */
  async sessionOf(request: IncomingMessage, response: ServerResponse): Promise<SignedIn | undefined> {
    return signedInOf(await this.#session(request, response));
  }

  /** The same, for pages that count as use of the session: its thirty minutes begin again. */
  async useSession(request: IncomingMessage, response: ServerResponse): Promise<SignedIn | undefined> {
    const session = await this.#session(request, response);
    const found = signedInOf(session);
    const left = (session.exp ?? 0) - Date.now() / 1000;
    if (found && left < SESSION_IDLE_SECONDS - EXTENSION_WORTH_A_WRITE_SECONDS)
      await this.#parts.artifacts.extendSession(session.uid);
    return found;
  }

  #session(request: IncomingMessage, response: ServerResponse) {
    const { provider } = this;
    return provider.Session.get(provider.createContext(request, response) as never);
  }

  /** Stores what a person answered to a site in its grant, the one it has or a new one; the grant's id. */
  async grantWith(
    clientId: string,
    accountId: string,
    knownId: string | undefined,
    answer: { accepted: string[]; refused: string[] },
  ): Promise<string> {
    const { Grant } = this.provider;
    const known = knownId ? await Grant.find(knownId) : undefined;
    const grant =
      known?.accountId === accountId && known.clientId === clientId
        ? known
        : new Grant({ clientId, accountId });
    // The latest answer counts; one given before is found where answers are kept.
    (grant as { rejected?: unknown }).rejected = undefined;
    if (answer.accepted.length > 0) grant.addOIDCScope(answer.accepted.join(" "));
    if (answer.refused.length > 0) grant.rejectOIDCScope(answer.refused.join(" "));
    return grant.save();
  }

  /** Signs and sends a logout token once. */
  readonly sendLogout: SendLogout = (client, accountId, sid) => this.#current.send(client, accountId, sid);

  /** Takes the keys of the database; returns true when they had changed. */
  async loadKeys(): Promise<boolean> {
    const stored = await this.#parts.signingKeys.list();
    const kids = stored.map((key) => `${key.kid}:${key.state}`).join();
    if (kids === this.#running?.kids) return false;
    const keys = openKeys(stored, this.#parts.sealingKey);
    this.#running = this.#build(keys, kids);
    this.#parts.formKeys.replace(keys.forms);
    return true;
  }

  #build(keys: OpenKeys, kids: string): Running {
    const { artifacts, accounts, clients, screens } = this.#parts;
    let forgetClients = () => {};
    const own = ownClient(this.#parts.issuer);
    const clientAdapter = new ClientAdapter(clients, own, this.#parts.sealingKey, () => forgetClients());
    const registrationTokens = new RegistrationTokenAdapter(clients);
    const WithFormPost = providerWithFormPost(screens.formPost);
    const provider = new WithFormPost(
      this.#parts.issuer,
      providerConfiguration({
        ...this.#parts,
        jwks: { keys: keys.tokens } as JWKS,
        cookieKeys: keys.cookies,
        adapter: (kind) => {
          if (kind === "Client") return clientAdapter;
          if (kind === "RegistrationAccessToken") return registrationTokens;
          return new ArtifactAdapter(kind, artifacts, this.#issued, clientOfRequest);
        },
        findAccount: async (id) => {
          const account = currentWork()?.accounts.get(id) ?? (await accounts.find(id));
          return account?.deactivated ? undefined : account;
        },
        siteExists: async (entity) => isSite(await this.findClient(entity)),
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
    for (const event of REFUSALS)
      provider.on(event as "server_error", (ctx, error) => this.#logRefusal(event, ctx, error));
    return { provider, handle: provider.callback(), send, kids };
  }

  /** Runs the provider on a request, then writes all it changed in one go, before anything is sent. */
  async #answer(ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> {
    ctx.set("referrer-policy", "same-origin");
    ctx.set("x-content-type-options", "nosniff");
    try {
      const outcome = await withRequestWork(this.#parts.artifacts, this.#issued, async () => {
        await next();
        if (beginsAnonymously(ctx)) this.#limitBegun(ctx);
        const arrival = arrivalOf(ctx);
        if (arrival && !(await this.#parts.arrived(arrival))) throw new NotLetIn();
        await this.#parts.screens.finish(ctx);
      });
      if (!outcome.fresh) await this.#refuse(ctx, 401, "invalid_client", "client authentication failed");
      else if (!outcome.unused || !outcome.present)
        await this.#refuse(ctx, 400, "invalid_grant", "grant request is invalid");
    } catch (err) {
      if (err instanceof TooManyBegun)
        return this.#refuse(ctx, 429, "temporarily_unavailable", "too many sign-ins from one network");
      if (err instanceof NotLetIn) {
        ctx.remove("set-cookie");
        return this.#refuse(ctx, 403, "access_denied", "the account lets nobody in");
      }
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
    provider.on("registration_update.success", (_ctx, client) =>
      add({ kind: "site_changed", clientId: client.clientId }),
    );
    provider.on("registration_delete.success", (_ctx, client) =>
      add({ kind: "site_removed", clientId: client.clientId }),
    );
    // Somebody else may hold what was used twice: the journal keeps whose it was.
    provider.on("grant.error", (ctx, error) => {
      const kind = REUSES[detailOf(error) ?? ""];
      // Read with the token, whose one account it is.
      const [accountId] = currentWork()?.accounts.keys() ?? [];
      if (kind) add({ kind, clientId: ctx.oidc.client?.clientId, accountId });
    });
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
class NotLetIn extends Error {}

/** What oidc-provider says when it refuses. */
const REFUSALS = [
  "server_error",
  "authorization.error",
  "pushed_authorization_request.error",
  "grant.error",
  "userinfo.error",
  "introspection.error",
  "revocation.error",
  "end_session.error",
  "end_session_confirm.error",
  "end_session_success.error",
  "registration_create.error",
  "registration_read.error",
  "registration_update.error",
  "registration_delete.error",
];

const REUSES: Record<string, SignInEvent["kind"]> = {
  "authorization code already consumed": "code_reused",
  "refresh token already used": "token_reused",
};

/** Without its query, which holds what was sent. */
function pathOf(request: IncomingMessage): string {
  return (request.url ?? "").split("?")[0]?.slice(0, 100) ?? "";
}

/** True where the answer to an authorization request is the sign-in page, and nobody is signed in. */
function beginsAnonymously({ oidc }: KoaContextWithOIDC): boolean {
  return oidc?.route === "authorization" && Boolean(oidc.entities.Interaction) && !oidc.session?.accountId;
}

function signedInOf(session: InstanceType<Provider["Session"]>): SignedIn | undefined {
  if (!session.accountId || !session.loginTs) return undefined;
  return {
    accountId: session.accountId,
    clientIds: Object.keys(session.authorizations ?? {}),
    sessionUid: session.uid,
    signedInAt: new Date(session.loginTs * 1000),
    acr: session.acr,
    amr: session.amr ?? [],
  };
}

/** Who has just given credentials: the answer is that of a sign-in page, and took them. */
function arrivalOf({ oidc, req }: KoaContextWithOIDC): Arrival | undefined {
  const accountId = oidc?.route === "resume" ? oidc.result?.login?.accountId : undefined;
  if (!accountId || oidc.session?.accountId !== accountId) return undefined;
  return { accountId, sessionUid: oidc.session.uid, request: req };
}

function detailOf(error: Error): string | undefined {
  const { error_description, error_detail } = error as { error_description?: string; error_detail?: string };
  return error_detail ?? error_description;
}

function clientOfRequest(): string {
  const id = Provider.ctx?.query.client_id;
  return typeof id === "string" ? id : "";
}
