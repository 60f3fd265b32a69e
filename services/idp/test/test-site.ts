import { newEntityId } from "@interco/platform/ids";
import { exportJWK, generateKeyPair } from "jose";
import * as client from "openid-client";
import type { Browser, Page } from "./browser.ts";
import { behindProxy, PASSWORD, type RunningIdp } from "./running-idp.ts";
import { siteMetadata } from "./site-metadata.ts";

export interface SignInOptions {
  scope?: string;
  parameters?: Record<string, string>;
  email?: string;
  password?: string;
}

/** A site of the territory: registered as `interco apply` does, signing in as an instance does. */
export class TestSite {
  readonly entity: string;
  readonly origin: string;
  readonly configuration: client.Configuration;

  constructor(entity: string, origin: string, configuration: client.Configuration) {
    this.entity = entity;
    this.origin = origin;
    this.configuration = configuration;
  }

  get audience(): string {
    return `urn:interco:entity:${this.entity}`;
  }

  static async register(
    idp: RunningIdp,
    name: string,
    options: { origin?: string; metadata?: Record<string, unknown> } = {},
  ): Promise<TestSite> {
    const entity = newEntityId();
    const origin = options.origin ?? `http://${name.toLowerCase()}.localhost:1`;
    const { privateKey, publicKey } = await generateKeyPair("ES256", { extractable: true });
    const kid = `${entity}-1`;
    const response = await registerSite(
      idp,
      siteMetadata(
        name,
        entity,
        origin,
        { ...(await exportJWK(publicKey)), kid, alg: "ES256", use: "sig" },
        options.metadata,
      ),
    );
    const registered = (await response.json()) as { client_id: string };
    if (response.status !== 201) throw new Error(`registration: ${JSON.stringify(registered)}`);
    const configuration = await client.discovery(
      new URL(idp.issuer),
      registered.client_id,
      { id_token_signed_response_alg: "ES256" },
      client.PrivateKeyJwt({ key: privateKey, kid }),
      { [client.customFetch]: behindProxy as never, execute: [client.allowInsecureRequests] },
    );
    configuration[client.customFetch] = behindProxy as never;
    return new TestSite(entity, origin, configuration);
  }

  /** An authorization request with PKCE, and what its answer is checked against. */
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
    return { url: url.href, verifier, state, nonce };
  }

  /** The same request, pushed (RFC 9126): the address to open holds a reference only. */
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
    let page: Page = await browser.open(begun.url);
    if (page.status === 200)
      page = await browser.submit(page, {
        email: options.email ?? "camille@exemple.test",
        password: options.password ?? PASSWORD,
        action: "connecter",
      });
    if (!page.url.startsWith(this.origin))
      throw new Error(`stopped at ${page.url} (${page.status}): ${page.html}`);
    return this.complete(page.url, begun);
  }

  refresh(refreshToken: string, parameters: Record<string, string> = {}) {
    return client.refreshTokenGrant(this.configuration, refreshToken, parameters);
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
