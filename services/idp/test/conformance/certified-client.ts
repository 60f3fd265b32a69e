import { createHash, randomBytes } from "node:crypto";
import { serviceFetch } from "@interco/platform/http-client";
import { createRemoteJWKSet, customFetch, type JWTPayload, jwtVerify } from "jose";
import type { Browser, Page } from "../browser.ts";
import { behindProxy, PASSWORD, type RunningIdp } from "../running-idp.ts";
import { TestSite } from "../test-site.ts";

export interface TokenAnswer {
  status: number;
  headers: Headers;
  body: Record<string, unknown> & {
    id_token?: string;
    access_token?: string;
    refresh_token?: string;
    error?: string;
  };
}

/**
 * The client of OpenID's certification profiles: registered without PKCE and without pushed requests, with a secret. It speaks
 * plain HTTP, so that a test says what it sends and what comes back.
 */
export class CertifiedClient {
  readonly idp: RunningIdp;
  readonly site: TestSite;

  constructor(idp: RunningIdp, site: TestSite) {
    this.idp = idp;
    this.site = site;
  }

  static async register(
    idp: RunningIdp,
    name: string,
    options: { origin?: string; metadata?: Record<string, unknown> } = {},
  ): Promise<CertifiedClient> {
    const site = await TestSite.register(idp, name, {
      ...options,
      metadata: {
        entity_kind: "certification",
        token_endpoint_auth_method: "client_secret_basic",
        require_pushed_authorization_requests: false,
        require_pkce: false,
        id_token_signed_response_alg: "RS256",
        ...options.metadata,
      },
    });
    return new CertifiedClient(idp, site);
  }

  get id(): string {
    return this.site.entity;
  }

  get redirectUri(): string {
    return `${this.site.origin}/connexion/retour`;
  }

  /** The address of an authorization request; `null` leaves a parameter out. */
  request(parameters: Record<string, string | null> = {}): string {
    const all: Record<string, string | null> = {
      client_id: this.id,
      response_type: "code",
      scope: "openid",
      redirect_uri: this.redirectUri,
      state: "a-state",
      nonce: "a-nonce",
      ...parameters,
    };
    const given = Object.entries(all).filter((pair): pair is [string, string] => pair[1] !== null);
    return `${this.idp.issuer}/auth?${new URLSearchParams(given)}`;
  }

  /** Opens a request, signing in where the form is shown. Where the browser ends. */
  async authorize(browser: Browser, parameters: Record<string, string | null> = {}): Promise<Page> {
    const page = await browser.open(this.request(parameters));
    return page.html.includes('name="password"') ? this.signIn(browser, page) : page;
  }

  signIn(browser: Browser, form: Page): Promise<Page> {
    return browser.submit(form, { email: "camille@exemple.test", password: PASSWORD, action: "connecter" });
  }

  /** The parameters of an answer that came in the address. */
  answerOf(page: Page): Record<string, string> {
    if (!page.url.startsWith(this.site.origin))
      throw new Error(`no answer, but ${page.status} at ${page.url}`);
    return Object.fromEntries(new URL(page.url).searchParams);
  }

  async exchange(code: string | undefined, more: Record<string, string> = {}): Promise<TokenAnswer> {
    return this.token({
      grant_type: "authorization_code",
      code: code ?? "",
      redirect_uri: this.redirectUri,
      ...more,
    });
  }

  /** Asks the token endpoint, proving itself by HTTP Basic (RFC 6749 §2.3.1). */
  async token(
    form: Record<string, string>,
    headers: Record<string, string> = this.basic(),
  ): Promise<TokenAnswer> {
    const response = await behindProxy(`${this.idp.issuer}/token`, {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
      body: new URLSearchParams(form).toString(),
    });
    return {
      status: response.status,
      headers: response.headers,
      body: (await response.json()) as TokenAnswer["body"],
    };
  }

  basic(secret = this.site.registered.client_secret): Record<string, string> {
    return { authorization: `Basic ${Buffer.from(`${this.id}:${secret}`).toString("base64")}` };
  }

  /** A whole sign-in, and what came of it. */
  async tokens(browser: Browser, parameters: Record<string, string | null> = {}) {
    const { code } = this.answerOf(await this.authorize(browser, parameters));
    const { body } = await this.exchange(code);
    if (!body.id_token) throw new Error(`no tokens: ${JSON.stringify(body)}`);
    return { ...body, idToken: body.id_token, claims: await this.claimsOf(body.id_token) };
  }

  async claimsOf(token: string, typ?: string): Promise<JWTPayload & Record<string, unknown>> {
    const keys = createRemoteJWKSet(new URL(`${this.idp.issuer}/jwks`), {
      [customFetch]: serviceFetch as never,
    });
    const rules = { issuer: this.idp.issuer, audience: this.id, ...(typ ? { typ } : {}) };
    return (await jwtVerify(token, keys, rules)).payload;
  }
}

/** A verifier of RFC 7636 and its S256 challenge. */
export function pkce() {
  const verifier = randomBytes(32).toString("base64url");
  return { verifier, challenge: createHash("sha256").update(verifier).digest("base64url") };
}
