import { createHash, randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from "jose";

/** A client as the State gives them: addresses are compared letter by letter. */
export interface UpstreamTestClient {
  clientId: string;
  clientSecret: string;
  redirectUris: string[];
  postLogoutRedirectUris: string[];
}

/** Somebody who can be chosen on the provider's page. */
export interface UpstreamTestPerson {
  id: string;
  /** Userinfo but `sub`. */
  claims: Record<string, string>;
  /** The highest level this person can reach. */
  acr: string;
  amr?: string[];
}

/** What a provider that has gone wrong, or an attacker in its place, answers. */
export interface Tampering {
  idTokenOfAnotherKey?: boolean;
  idToken?: Record<string, unknown>;
  userinfoOfAnotherKey?: boolean;
  userinfo?: Record<string, unknown>;
  plainUserinfo?: boolean;
  /** Of the authorization response. */
  iss?: string | null;
  error?: string;
}

type Rule = "franceconnect" | "proconnect" | "openid";

interface Code {
  client: UpstreamTestClient;
  person: UpstreamTestPerson;
  parameters: URLSearchParams;
  redirectUri: string;
  until: number;
}

/** Parameters of `authorize` each documentation names; anything else is refused. */
const DOCUMENTED: Record<Rule, { needed: string[]; allowed: string[] }> = {
  franceconnect: {
    needed: ["response_type", "client_id", "redirect_uri", "scope", "state", "nonce", "acr_values"],
    allowed: ["claims", "prompt", "idp_hint"],
  },
  proconnect: {
    needed: ["response_type", "client_id", "redirect_uri", "scope", "state", "nonce"],
    allowed: ["claims", "prompt", "idp_hint", "login_hint"],
  },
  openid: {
    needed: [
      "response_type",
      "client_id",
      "redirect_uri",
      "scope",
      "code_challenge",
      "code_challenge_method",
    ],
    allowed: ["state", "nonce", "prompt", "login_hint", "acr_values", "claims", "max_age"],
  },
};
const SCOPES: Record<Rule, string[]> = {
  franceconnect: [
    ..."openid given_name family_name birthdate gender birthplace birthcountry".split(" "),
    ..."preferred_username email profile birth identite_pivot".split(" "),
  ],
  proconnect: "openid given_name usual_name email uid siret siren idp_id phone organizational_unit".split(
    " ",
  ),
  openid: ["openid", "profile", "email"],
};
const LEVELS: Record<Rule, string[] | null> = {
  franceconnect: ["eidas1"],
  proconnect: null,
  openid: null,
};
const MINIMUM = 32;

/**
 * A provider of identity for tests, on a port of its own, that behaves as FranceConnect's or ProConnect's documentation says:
 * undocumented parameters, short states and nonces, unknown scopes and addresses that differ by a letter are refused; a code is
 * good once, for thirty seconds; userinfo is a signed JWT; FranceConnect's `sub` is another one for each client; signing out wants
 * its three parameters. `openid` is any other one, that wants PKCE.
 */
export class UpstreamProvider implements AsyncDisposable {
  readonly rule: Rule;
  readonly people: UpstreamTestPerson[];
  readonly clients: UpstreamTestClient[] = [];
  /** Why each request that was refused was. */
  readonly refusals: string[] = [];
  /** Parameters of each authorization request. */
  readonly asked: Record<string, string>[] = [];
  /** How many were signed out. */
  signedOut = 0;
  tampering: Tampering = {};
  down = false;
  issuer = "";
  readonly #algorithm: "ES256" | "RS256";
  readonly #server: Server;
  readonly #codes = new Map<string, Code>();
  readonly #tokens = new Map<string, Code>();
  #keys: { privateKey: CryptoKey; jwk: JWK }[] = [];

  constructor(rule: Rule, people: UpstreamTestPerson[], algorithm: "ES256" | "RS256" = "ES256") {
    this.rule = rule;
    this.people = people;
    this.#algorithm = algorithm;
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((error) => response.writeHead(500).end(String(error)));
    });
  }

  async start(port = 0): Promise<this> {
    // The second one is nobody's: what is signed with it was forged.
    for (const kid of ["known", "known"]) {
      const pair = await generateKeyPair(this.#algorithm, { extractable: true });
      const jwk = { ...(await exportJWK(pair.publicKey)), kid, alg: this.#algorithm, use: "sig" };
      this.#keys.push({ privateKey: pair.privateKey, jwk });
    }
    await new Promise<void>((resolve) => this.#server.listen(port, "127.0.0.1", resolve));
    this.issuer = `http://${this.rule}.localhost:${(this.#server.address() as { port: number }).port}/api/v2`;
    return this;
  }

  /** Registers a client; the secret is drawn. */
  register(clientId: string, issuer: string, upstream: string): UpstreamTestClient {
    const client = {
      clientId,
      clientSecret: randomBytes(24).toString("base64url"),
      redirectUris: [`${issuer}/fournisseur/${upstream}/retour`],
      postLogoutRedirectUris: [`${issuer}/fournisseur/deconnexion`],
    };
    this.clients.push(client);
    return client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", this.issuer);
    if (this.down) return void response.writeHead(503).end("down");
    switch (url.pathname) {
      case "/api/v2/.well-known/openid-configuration":
        return json(response, 200, this.#discovery());
      case "/api/v2/jwks":
        return json(response, 200, { keys: [this.#keys[0]?.jwk] });
      case "/api/v2/authorize":
        return this.#authorize(url, response);
      case "/api/v2/choose":
        return this.#choose(url, response);
      case "/api/v2/token":
        return this.#token(await bodyOf(request), request, response);
      case "/api/v2/userinfo":
        return this.#userinfo(request, response);
      case "/api/v2/session/end":
        return this.#endSession(url, response);
      default:
        return json(response, 404, { error: "not_found" });
    }
  }

  #discovery() {
    const at = (path: string) => `${this.issuer}/${path}`;
    return {
      issuer: this.issuer,
      authorization_endpoint: at("authorize"),
      token_endpoint: at("token"),
      userinfo_endpoint: at("userinfo"),
      end_session_endpoint: at("session/end"),
      jwks_uri: at("jwks"),
      response_types_supported: ["code"],
      subject_types_supported: ["pairwise"],
      id_token_signing_alg_values_supported: ["ES256", "RS256"],
      userinfo_signing_alg_values_supported: ["ES256", "RS256"],
      token_endpoint_auth_methods_supported: [
        this.rule === "openid" ? "client_secret_basic" : "client_secret_post",
      ],
      ...(this.rule === "openid" ? { code_challenge_methods_supported: ["S256"] } : {}),
      authorization_response_iss_parameter_supported: true,
    };
  }

  #authorize(url: URL, response: ServerResponse) {
    const parameters = url.searchParams;
    this.asked.push(Object.fromEntries(parameters));
    const fault = this.#authorizeFault(parameters);
    if (fault) return this.#refuse(response, fault);
    const links = this.people
      .map((person) => {
        const chosen = new URLSearchParams(parameters);
        chosen.set("person", person.id);
        return `<li><a href="/api/v2/choose?${asHtml(String(chosen))}">${asHtml(person.id)}</a></li>`;
      })
      .join("");
    page(response, 200, `<h1>Qui êtes-vous ?</h1><ul>${links}</ul>`);
  }

  #authorizeFault(parameters: URLSearchParams): string | undefined {
    const { needed, allowed } = DOCUMENTED[this.rule];
    const names = [...parameters.keys()];
    const repeated = names.find((name, at) => names.indexOf(name) < at);
    if (repeated) return `${repeated} is there twice`;
    const unknown = names.find((name) => ![...needed, ...allowed].includes(name));
    if (unknown) return `Y000400: ${unknown} isn't documented`;
    const missing = needed.find((name) => !parameters.get(name));
    if (missing) return `Y000400: ${missing} is missing`;
    if (parameters.get("response_type") !== "code") return "response_type must be code";
    const client = this.clients.find(({ clientId }) => clientId === parameters.get("client_id"));
    if (!client) return "unknown client";
    if (!client.redirectUris.includes(parameters.get("redirect_uri") ?? ""))
      return "Y030031: unknown redirect_uri";
    if (this.rule !== "openid")
      for (const name of ["state", "nonce"])
        if ((parameters.get(name) ?? "").length < MINIMUM) return `Y000400: ${name} is too short`;
    const scopes = (parameters.get("scope") ?? "").split(" ");
    if (!scopes.includes("openid")) return "scope must hold openid";
    const scope = scopes.find((one) => !SCOPES[this.rule].includes(one));
    if (scope) return `the scope ${scope} isn't known`;
    const level = parameters.get("acr_values");
    if (level && LEVELS[this.rule] && !LEVELS[this.rule]?.includes(level)) return "the level isn't known";
    return undefined;
  }

  #choose(url: URL, response: ServerResponse) {
    const parameters = url.searchParams;
    const person = this.people.find(({ id }) => id === parameters.get("person"));
    parameters.delete("person");
    const client = this.clients.find(({ clientId }) => clientId === parameters.get("client_id"));
    const fault = this.#authorizeFault(parameters);
    if (fault || !person || !client) return this.#refuse(response, fault ?? "unknown person");
    const redirectUri = parameters.get("redirect_uri") ?? "";
    const back = new URL(redirectUri);
    back.searchParams.set("state", parameters.get("state") ?? "");
    const iss = this.tampering.iss === undefined ? this.issuer : this.tampering.iss;
    if (iss) back.searchParams.set("iss", iss);
    const wanted = wantedLevels(parameters);
    const error =
      this.tampering.error ?? (wanted && !wanted.includes(person.acr) ? "access_denied" : undefined);
    if (error) {
      back.searchParams.set("error", error);
      back.searchParams.set("error_description", "User auth aborted");
    } else {
      const code = randomBytes(24).toString("base64url");
      this.#codes.set(code, { client, person, parameters, redirectUri, until: Date.now() + 30_000 });
      back.searchParams.set("code", code);
    }
    response.writeHead(303, { location: back.href }).end();
  }

  async #token(body: URLSearchParams, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const refuse = (error: string, why: string) => {
      this.refusals.push(why);
      json(response, error === "invalid_client" ? 401 : 400, { error });
    };
    const basic = /^Basic (.+)$/.exec(request.headers.authorization ?? "")?.[1];
    if (this.rule === "openid" ? !basic : basic)
      return refuse("invalid_client", "another way to authenticate was registered");
    const [id, secret] = basic
      ? Buffer.from(basic, "base64").toString().split(":").map(decodeURIComponent)
      : [body.get("client_id"), body.get("client_secret")];
    const client = this.clients.find(({ clientId }) => clientId === id);
    if (!client || client.clientSecret !== secret) return refuse("invalid_client", "wrong secret");
    const documented = ["grant_type", "client_id", "client_secret", "redirect_uri", "code"];
    if (this.rule === "openid") documented.push("code_verifier");
    const unknown = [...body.keys()].find((name) => !documented.includes(name));
    if (unknown) return refuse("invalid_request", `${unknown} isn't documented`);
    const code = this.#codes.get(body.get("code") ?? "");
    this.#codes.delete(body.get("code") ?? "");
    if (!code || code.until < Date.now() || code.client !== client)
      return refuse("invalid_grant", "unknown code");
    if (body.get("redirect_uri") !== code.redirectUri) return refuse("invalid_grant", "another redirect_uri");
    const challenge = code.parameters.get("code_challenge");
    if (challenge && sha256(body.get("code_verifier") ?? "") !== challenge)
      return refuse("invalid_grant", "wrong verifier");
    const accessToken = randomBytes(24).toString("base64url");
    this.#tokens.set(accessToken, code);
    const { person, parameters } = code;
    const asksAmr = /"amr"/.test(parameters.get("claims") ?? "");
    const idToken = await this.#sign(
      {
        sub: this.#subject(code),
        nonce: parameters.get("nonce"),
        acr: person.acr,
        auth_time: Math.floor(Date.now() / 1000),
        ...(asksAmr ? { amr: person.amr ?? ["pwd"] } : {}),
        ...this.tampering.idToken,
      },
      client.clientId,
      this.tampering.idTokenOfAnotherKey,
    );
    json(response, 200, {
      access_token: accessToken,
      token_type: "Bearer",
      expires_in: 60,
      id_token: idToken,
    });
  }

  async #userinfo(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const code = this.#tokens.get(/^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1] ?? "");
    if (!code) return json(response, 401, { error: "invalid_token" });
    const scopes = (code.parameters.get("scope") ?? "").split(" ");
    const released = this.rule === "openid" ? undefined : scopes;
    const claims = Object.fromEntries(
      Object.entries(code.person.claims).filter(
        ([name]) => released === undefined || released.includes(name),
      ),
    );
    const said = { sub: this.#subject(code), ...claims, ...this.tampering.userinfo };
    if (this.rule === "openid" || this.tampering.plainUserinfo) return json(response, 200, said);
    const jwt = await this.#sign(said, code.client.clientId, this.tampering.userinfoOfAnotherKey);
    response.writeHead(200, { "content-type": "application/jwt" }).end(jwt);
  }

  #endSession(url: URL, response: ServerResponse) {
    const { searchParams } = url;
    const hint = searchParams.get("id_token_hint") ?? "";
    const { aud } = JSON.parse(Buffer.from(hint.split(".")[1] ?? "e30", "base64url").toString()) as {
      aud?: string;
    };
    const client = this.clients.find(({ clientId }) => clientId === aud);
    const back = searchParams.get("post_logout_redirect_uri") ?? "";
    const unknown = [...searchParams.keys()].find(
      (name) => !["id_token_hint", "state", "post_logout_redirect_uri"].includes(name),
    );
    if (unknown) return this.#refuse(response, `${unknown} isn't documented`);
    if (!client) return this.#refuse(response, "id_token_hint is missing or unknown");
    if (!client.postLogoutRedirectUris.includes(back))
      return this.#refuse(response, "Y030111: unknown post_logout_redirect_uri");
    const state = searchParams.get("state") ?? "";
    if (state.length < MINIMUM) return this.#refuse(response, "state is too short");
    this.signedOut += 1;
    const target = new URL(back);
    target.searchParams.set("state", state);
    response.writeHead(303, { location: target.href }).end();
  }

  #subject({ client, person }: Code): string {
    // FranceConnect: of one person at one client. ProConnect: of one person at one provider of identity.
    return sha256(`${this.rule === "franceconnect" ? client.clientId : "one"}:${person.id}`);
  }

  async #sign(claims: JWTPayload, audience: string, forged = false): Promise<string> {
    const key = this.#keys[forged ? 1 : 0];
    if (!key) throw new Error("not started");
    const now = Math.floor(Date.now() / 1000);
    const all = { iss: this.issuer, aud: audience, iat: now, exp: now + 60, ...claims };
    return new SignJWT(all).setProtectedHeader({ alg: this.#algorithm, kid: "known" }).sign(key.privateKey);
  }

  #refuse(response: ServerResponse, why: string): void {
    this.refusals.push(why);
    page(response, 400, `<h1>Erreur</h1><p>${asHtml(why)}</p>`);
  }
}

/** Levels `claims` says are essential (OpenID Connect Core 1.0 §5.5.1.1). */
function wantedLevels(parameters: URLSearchParams): string[] | undefined {
  const claims = JSON.parse(parameters.get("claims") ?? "{}") as {
    id_token?: { acr?: { essential?: boolean; value?: string; values?: string[] } | null };
  };
  const acr = claims.id_token?.acr;
  if (!acr?.essential) return undefined;
  return acr.values ?? (acr.value ? [acr.value] : undefined);
}

async function bodyOf(request: IncomingMessage): Promise<URLSearchParams> {
  let body = "";
  for await (const part of request) body += part;
  return new URLSearchParams(body);
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

function page(response: ServerResponse, status: number, body: string): void {
  const head = '<!DOCTYPE html><html lang="fr"><head><title>Fournisseur de test</title></head>';
  response
    .writeHead(status, { "content-type": "text/html; charset=utf-8" })
    .end(`${head}<body><main>${body}</main></body></html>`);
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("base64url");
}

function asHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
