import { serviceFetch } from "@interco/platform/http-client";
import { Problem } from "@interco/platform/problem";
import type { JWTPayload, JWTVerifyOptions } from "jose";
import type { Configuration, ServerMetadata } from "openid-client";
import type { Config, HostedEntity } from "../config.ts";

/** How long a call to the provider may take before the person is told it doesn't answer. */
const TIMEOUT_SECONDS = 5;
/** The provider's own description is read again after this: its keys are looked after by themselves. */
const DESCRIPTION_KEPT_MS = 3_600_000;

type Keys = ReturnType<typeof import("jose").createRemoteJWKSet>;

/** A second factor that the provider's administrator asks to take away from an agent who lost it. */
export interface AskedReset {
  id: string;
  /** Whose it is. */
  agentId: string;
  email: string;
  givenName: string;
  familyName: string;
  askedBy: string;
  reason: string;
  askedAt: number;
  expiresAt: number;
}

interface Known {
  server: ServerMetadata;
  keys: Keys;
  clients: Map<string, Promise<Configuration>>;
  readAt: number;
}

/**
 * The identity provider, seen from here. It is discovered at the first use and not at start: an instance lives without it,
 * and finds it again when it is back. openid-client and jose are loaded then too: a site nobody signs in to doesn't pay them.
 */
export class IdentityProvider {
  readonly #config: Pick<Config, "idp" | "development">;
  #known: Known | undefined;
  #reading: Promise<Known> | undefined;

  constructor(config: Pick<Config, "idp" | "development">) {
    this.#config = config;
  }

  get issuer(): string {
    return this.#config.idp.issuer;
  }

  /** The library's view of one entity's client. Throws `sign-in.unavailable` (503) while the provider doesn't answer. */
  async clientOf(hosted: Pick<HostedEntity, "client">): Promise<Configuration> {
    const known = await this.#discover();
    const { id } = hosted.client;
    const client = known.clients.get(id) ?? this.#configure(known.server, hosted.client);
    known.clients.set(id, client);
    return client;
  }

  /** The claims of a token the provider signed, undefined when anything of it is not as it must be. */
  async verify(
    token: string,
    rules: Pick<JWTVerifyOptions, "audience" | "typ" | "requiredClaims" | "maxTokenAge">,
  ): Promise<JWTPayload | undefined> {
    const { keys } = await this.#discover();
    const { jwtVerify, errors } = await import("jose");
    try {
      const { payload } = await jwtVerify(token, keys, {
        ...rules,
        issuer: this.issuer,
        algorithms: ["ES256"],
        clockTolerance: 10,
      });
      return payload;
    } catch (cause) {
      // What its keys can't be read for is no fault of the token's.
      const known = cause instanceof errors.JOSEError && !(cause instanceof errors.JWKSTimeout);
      if (known && cause.code !== "ERR_JOSE_GENERIC") return undefined;
      throw new Problem("sign-in.unavailable", { status: 503, cause });
    }
  }

  /**
   * Says, in an entity's name, something of who works for it; the status of the answer. The entity proves itself by a JWT of its own
   * (RFC 7523 §3), good once and for a minute.
   */
  async tellOfAgent(
    hosted: Pick<HostedEntity, "client">,
    what: "invitations" | "departures",
    body: object,
  ): Promise<number> {
    const answer = await this.#say(hosted, what, body);
    await answer.arrayBuffer();
    return answer.status;
  }

  /** Second factors of this entity's agents that one of its administrators may confirm taking away. Throws while it can't be asked. */
  async resetsOf(hosted: Pick<HostedEntity, "client">): Promise<AskedReset[]> {
    const answer = await this.#say(hosted, "resets", {});
    if (!answer.ok) throw new Error(`the identity provider was asked for resets: ${answer.status}`);
    return (await answer.json()) as AskedReset[];
  }

  /** What this administrator answers; false where it doesn't wait any more, or isn't theirs to answer. */
  async answerReset(
    hosted: Pick<HostedEntity, "client">,
    id: string,
    said: { agentId: string; confirmed: boolean },
  ): Promise<boolean> {
    const answer = await this.#say(hosted, `resets/${id}`, said);
    await answer.arrayBuffer();
    if (answer.status >= 500) throw new Error(`the identity provider was told of a reset: ${answer.status}`);
    return answer.ok;
  }

  async #say({ client }: Pick<HostedEntity, "client">, what: string, body: object): Promise<Response> {
    const { importJWK, SignJWT } = await import("jose");
    const key = await importJWK(client.privateJwk, "ES256");
    const assertion = await new SignJWT({})
      .setProtectedHeader({ alg: "ES256", kid: client.privateJwk.kid })
      .setIssuer(client.id)
      .setSubject(client.id)
      .setAudience(`${this.issuer}/agents`)
      .setIssuedAt()
      .setExpirationTime("60s")
      .setJti(crypto.randomUUID())
      .sign(key);
    return serviceFetch(`${this.issuer}/agents/${what}`, {
      method: "POST",
      headers: { authorization: `Bearer ${assertion}`, "content-type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_SECONDS * 1000),
    });
  }

  async #discover(): Promise<Known> {
    if (this.#known && Date.now() - this.#known.readAt < DESCRIPTION_KEPT_MS) return this.#known;
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    try {
      return await this.#reading;
    } catch (cause) {
      if (this.#known) return this.#known;
      throw new Problem("sign-in.unavailable", { status: 503, cause });
    }
  }

  async #read(): Promise<Known> {
    const openid = await import("openid-client");
    const { createRemoteJWKSet, customFetch } = await import("jose");
    const found = await openid.discovery(new URL(this.issuer), "discovery", undefined, openid.None(), {
      timeout: TIMEOUT_SECONDS,
      [openid.customFetch]: serviceFetch as never,
      ...(this.#config.development ? { execute: [openid.allowInsecureRequests] } : {}),
    });
    const server = found.serverMetadata();
    if (!server.jwks_uri) throw new Error("the identity provider names no keys");
    const keys = createRemoteJWKSet(new URL(server.jwks_uri), {
      timeoutDuration: TIMEOUT_SECONDS * 1000,
      [customFetch]: serviceFetch as never,
    });
    this.#known = { server, keys, clients: new Map(), readAt: Date.now() };
    return this.#known;
  }

  async #configure(server: ServerMetadata, client: HostedEntity["client"]): Promise<Configuration> {
    const openid = await import("openid-client");
    const { importJWK } = await import("jose");
    const key = (await importJWK(client.privateJwk, "ES256")) as import("jose").CryptoKey;
    const configuration = new openid.Configuration(
      server,
      client.id,
      { id_token_signed_response_alg: "ES256" },
      openid.PrivateKeyJwt({ key, kid: client.privateJwk.kid }),
    );
    configuration.timeout = TIMEOUT_SECONDS;
    configuration[openid.customFetch] = serviceFetch as never;
    if (this.#config.development) openid.allowInsecureRequests(configuration);
    // The signature is checked as well as the channel it came by: in development that channel isn't encrypted.
    openid.enableNonRepudiationChecks(configuration);
    return configuration;
  }
}
