import { createHmac, randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { freePort } from "@interco/operator/parts/free-port";
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";

/** What the next token answer is: claims laid over the right ones, or an error. */
export interface Script {
  claims?: (right: JWTPayload) => JWTPayload;
  /** Signs with a key that isn't published. */
  foreignKey?: boolean;
  /** Says another algorithm than its key's. */
  disguise?: "none" | "HS256";
  error?: { status: number; body: object };
}

/**
 * An OpenID provider that can lie: discovery, keys and a token endpoint whose answers a test writes. Everything it doesn't script
 * is as the specification wants it.
 */
export async function startScriptedProvider() {
  const port = await freePort();
  const issuer = `http://connexion.localhost:${port}`;
  const [own, foreign] = [await generateKeyPair("ES256"), await generateKeyPair("ES256")];
  const jwk = { ...(await exportJWK(own.publicKey)), kid: "k1", alg: "ES256", use: "sig" };
  const scripts: Script[] = [];
  const refreshed: string[] = [];
  const pushed = new Map<string, URLSearchParams>();
  let nonce = "";

  const sign = (payload: JWTPayload, options: { typ?: string; foreign?: boolean } = {}) =>
    new SignJWT(payload)
      .setProtectedHeader({ alg: "ES256", kid: "k1", typ: options.typ ?? "JWT" })
      .sign(options.foreign ? foreign.privateKey : own.privateKey);

  /** Unsigned, or signed with what everybody can read. */
  const disguised = (payload: JWTPayload, alg: "none" | "HS256") => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const text = `${part({ alg, kid: "k1", typ: "JWT" })}.${part(payload)}`;
    const secret = JSON.stringify(jwk);
    return `${text}.${alg === "none" ? "" : createHmac("sha256", secret).update(text).digest("base64url")}`;
  };

  const idToken = (audience: string, script: Script) => {
    const now = Math.floor(Date.now() / 1000);
    const right: JWTPayload = {
      iss: issuer,
      aud: audience,
      sub: "subject",
      sid: "session-1",
      nonce,
      iat: now,
      exp: now + 600,
      name: "Camille Fictif",
      given_name: "Camille",
      family_name: "Fictif",
      email: "camille@exemple.test",
      email_verified: true,
      account_kind: "personal",
    };
    if (script.disguise) return disguised(right, script.disguise);
    return sign(script.claims?.(right) ?? right, { foreign: script.foreignKey ?? false });
  };

  const server = createServer(async (request, response) => {
    const json = (status: number, body: object) =>
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    if (request.url === "/.well-known/openid-configuration")
      return json(200, {
        issuer,
        authorization_endpoint: `${issuer}/auth`,
        pushed_authorization_request_endpoint: `${issuer}/request`,
        token_endpoint: `${issuer}/token`,
        revocation_endpoint: `${issuer}/revoke`,
        end_session_endpoint: `${issuer}/session/end`,
        jwks_uri: `${issuer}/jwks`,
        response_types_supported: ["code"],
        subject_types_supported: ["pairwise"],
        id_token_signing_alg_values_supported: ["ES256"],
        authorization_response_iss_parameter_supported: true,
      });
    if (request.url === "/jwks") return json(200, { keys: [jwk] });
    const form = new URLSearchParams(await text(request));
    if (request.url === "/request") {
      const reference = `urn:ietf:params:oauth:request_uri:${randomUUID()}`;
      pushed.set(reference, form);
      return json(201, { request_uri: reference, expires_in: 60 });
    }
    if (request.url !== "/token") return json(200, {});
    const assertion = form.get("client_assertion") ?? "";
    const client = JSON.parse(Buffer.from(assertion.split(".")[1] ?? "", "base64url").toString()).sub;
    const script = scripts.shift() ?? {};
    if (script.error) return json(script.error.status, script.error.body);
    const tokens = {
      access_token: randomUUID(),
      token_type: "Bearer",
      expires_in: 60,
      refresh_token: randomUUID(),
    };
    if (form.get("grant_type") === "refresh_token") {
      refreshed.push(form.get("refresh_token") ?? "");
      return json(200, tokens);
    }
    return json(200, { ...tokens, id_token: await idToken(client, script) });
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));

  return {
    issuer,
    /** What the token endpoint answers next, one script for each call; afterwards it tells the truth. */
    script: (...next: Script[]) => void scripts.push(...next),
    /** Refresh tokens it was given. */
    refreshed,
    /** What was pushed for the authorization request at this address. */
    asked(authorizationUrl: string): URLSearchParams {
      const request = pushed.get(new URL(authorizationUrl).searchParams.get("request_uri") ?? "");
      if (!request) throw new Error(`nothing was pushed for ${authorizationUrl}`);
      return request;
    },
    /** Where a person is sent back to by the authorization endpoint, having agreed. */
    answer(authorizationUrl: string, overrides: Record<string, string | null> = {}): string {
      const asked = this.asked(authorizationUrl);
      nonce = asked.get("nonce") ?? "";
      const url = new URL(asked.get("redirect_uri") ?? "");
      const parameters = { code: randomUUID(), state: asked.get("state"), iss: issuer, ...overrides };
      for (const [name, value] of Object.entries(parameters))
        if (value !== null) url.searchParams.set(name, value);
      return url.href;
    },
    sign,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export type ScriptedProvider = Awaited<ReturnType<typeof startScriptedProvider>>;
