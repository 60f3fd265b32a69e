import { newEntityId } from "@interco/platform/ids";
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from "jose";
import * as client from "openid-client";
import type { Browser, Page } from "./browser.ts";
import { behindProxy, PASSWORD, type RunningIdp } from "./running-idp.ts";
import { secondStep } from "./second-step.ts";
import { siteMetadata } from "./site-metadata.ts";

export interface SignInOptions {
  scope?: string;
  parameters?: Record<string, string>;
  email?: string;
  password?: string;
  /** The parameters in the address, as only the client of a certification profile may send them. */
  unpushed?: boolean;
}

/** A site of the territory: registered as `interco apply` does, signing in as an instance does. */
export class TestSite {
  readonly entity: string;
  readonly origin: string;
  readonly configuration: client.Configuration;
  /** Its key, for what openid-client would never send. */
  readonly key: SiteKey;
  /** What its registration was answered. */
  readonly registered: Registered;

  constructor(
    entity: string,
    origin: string,
    configuration: client.Configuration,
    key: SiteKey,
    registered: Registered,
  ) {
    this.entity = entity;
    this.key = key;
    this.registered = registered;
    this.origin = origin;
    this.configuration = configuration;
  }

  /** What it says for itself to `/agents` (RFC 7523 §3); `claims` are laid over the right ones. */
  assertion(claims: JWTPayload = {}, lifetime = 60): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const { issuer } = this.configuration.serverMetadata();
    return new SignJWT({
      iss: this.entity,
      sub: this.entity,
      aud: `${issuer}/agents`,
      iat: now,
      exp: now + lifetime,
      jti: crypto.randomUUID(),
      ...claims,
    })
      .setProtectedHeader({ alg: "ES256", kid: `${this.entity}-1` })
      .sign(this.key.privateKey);
  }

  /** Says something of an agent, as its instance does. */
  async say(path: string, body: object, assertion?: string): Promise<Response> {
    const { issuer } = this.configuration.serverMetadata();
    return behindProxy(`${issuer}/agents/${path}`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${assertion ?? (await this.assertion())}`,
        "content-type": "application/json",
      },
      body: JSON.stringify({ saidAt: Date.now(), ...body }),
    });
  }

  get audience(): string {
    return `urn:interco:entity:${this.entity}`;
  }

  static async register(
    idp: RunningIdp,
    name: string,
    options: { origin?: string; entity?: string; metadata?: Record<string, unknown> } = {},
  ): Promise<TestSite> {
    const entity = options.entity ?? newEntityId();
    const origin = options.origin ?? `http://${name.toLowerCase()}.localhost:1`;
    const { privateKey, publicKey } = await generateKeyPair("ES256", { extractable: true });
    const kid = `${entity}-1`;
    const jwk = { ...(await exportJWK(publicKey)), kid, alg: "ES256", use: "sig" };
    const response = await registerSite(idp, siteMetadata(name, entity, origin, jwk, options.metadata));
    const registered = (await response.json()) as Registered;
    if (response.status !== 201) throw new Error(`registration: ${JSON.stringify(registered)}`);
    const configuration = await client.discovery(
      new URL(idp.issuer),
      registered.client_id,
      { id_token_signed_response_alg: "ES256" },
      authenticationOf(registered, privateKey, kid),
      { [client.customFetch]: behindProxy as never, execute: [client.allowInsecureRequests] },
    );
    configuration[client.customFetch] = behindProxy as never;
    return new TestSite(entity, origin, configuration, { privateKey, jwk, kid }, registered);
  }

  /** A pushed authorization request with PKCE, and what its answer is checked against. */
  async begin(options: SignInOptions = {}) {
    const verifier = client.randomPKCECodeVerifier();
    const [state, nonce] = [client.randomState(), client.randomNonce()];
    const url = client.buildAuthorizationUrl(this.configuration, {
      redirect_uri: `${this.origin}/connexion/retour`,
      scope: options.scope ?? "openid profile email offline_access requests",
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
      state,
      nonce,
      ...options.parameters,
    });
    return { url: options.unpushed ? url.href : await this.push(url.href), verifier, state, nonce };
  }

  /** A request pushed (RFC 9126): the address to open holds a reference only. Rejects with the provider's refusal. */
  async push(url: string): Promise<string> {
    const { searchParams } = new URL(url);
    return (await client.buildAuthorizationUrlWithPAR(this.configuration, searchParams)).href;
  }

  complete(answer: string, begun: { verifier: string; state: string; nonce: string }) {
    return client.authorizationCodeGrant(this.configuration, new URL(answer), {
      pkceCodeVerifier: begun.verifier,
      expectedState: begun.state,
      expectedNonce: begun.nonce,
      idTokenExpected: true,
    });
  }

  /** The whole journey: to the provider, through its form where it shows one, back, and the code exchanged. */
  async signIn(browser: Browser, options: SignInOptions = {}) {
    const begun = await this.begin(options);
    const email = options.email ?? "camille@exemple.test";
    let page: Page = await browser.open(begun.url);
    if (page.status === 200 && page.html.includes('name="password"'))
      page = await browser.submit(page, {
        email,
        password: options.password ?? PASSWORD,
        action: "connecter",
      });
    page = await secondStep(browser, page, email);
    if (!page.url.startsWith(this.origin))
      throw new Error(`stopped at ${page.url} (${page.status}): ${page.html}`);
    return this.complete(page.url, begun);
  }

  refresh(refreshToken: string, parameters: Record<string, string> = {}) {
    return client.refreshTokenGrant(this.configuration, refreshToken, parameters);
  }
}

export interface SiteKey {
  privateKey: CryptoKey;
  jwk: JWK;
  kid: string;
}

export interface Registered {
  client_id: string;
  client_secret?: string;
  token_endpoint_auth_method: string;
  registration_access_token: string;
  registration_client_uri: string;
}

function authenticationOf(registered: Registered, key: CryptoKey, kid: string): client.ClientAuth {
  switch (registered.token_endpoint_auth_method) {
    case "client_secret_basic":
      return client.ClientSecretBasic(registered.client_secret);
    case "client_secret_post":
      return client.ClientSecretPost(registered.client_secret);
    default:
      return client.PrivateKeyJwt({ key, kid });
  }
}

export function registerSite(
  idp: RunningIdp,
  metadata: object,
  token = idp.config.secrets.initialAccessToken,
) {
  return behindProxy(`${idp.issuer}/reg`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify(metadata),
  });
}
