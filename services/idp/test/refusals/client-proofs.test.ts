import { createHmac, randomUUID } from "node:crypto";
import { generateKeyPair, type JWTPayload, SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { behindProxy, type RunningIdp, startIdp } from "../running-idp.ts";
import { TestSite } from "../test-site.ts";
import { refused } from "./refused.ts";

/** How a client proves itself: RFC 7523 §3, OpenID Connect Core 1.0 §9; and signs a request: RFC 9101 §10. */
let idp: RunningIdp;
let woippy: TestSite;
let metz: TestSite;

beforeAll(async () => {
  idp = await startIdp();
  [woippy, metz] = await Promise.all([TestSite.register(idp, "Woippy"), TestSite.register(idp, "Metz")]);
});
afterAll(() => idp?.close());

const now = () => Math.floor(Date.now() / 1000);
const right = (): JWTPayload => ({
  iss: woippy.entity,
  sub: woippy.entity,
  aud: idp.issuer,
  jti: randomUUID(),
  iat: now(),
  exp: now() + 60,
});
const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
const signed = (claims: JWTPayload, key = woippy.key) =>
  new SignJWT(claims).setProtectedHeader({ alg: "ES256", kid: key.kid }).sign(key.privateKey);
const unsigned = (claims: object) => `${part({ alg: "none" })}.${part(claims)}.`;
/** Signed with what everybody can read: a service that takes the algorithm's word for it would accept. */
const confused = (claims: object, alg: "HS256" | "HS512") => {
  const text = `${part({ alg, kid: woippy.key.kid })}.${part(claims)}`;
  const key = JSON.stringify(woippy.key.jwk);
  return `${text}.${createHmac(alg === "HS256" ? "sha256" : "sha512", key)
    .update(text)
    .digest("base64url")}`;
};

async function send(path: string, form: Record<string, string>) {
  const response = await behindProxy(`${idp.issuer}${path}`, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams(form).toString(),
  });
  const body = (await response.json()) as { error?: string; request_uri?: string };
  return { status: response.status, ...body };
}
const REQUEST = {
  response_type: "code",
  scope: "openid",
  code_challenge: "a".repeat(43),
  code_challenge_method: "S256",
};
const push = (assertion: string, more: Record<string, string> = {}) =>
  send("/request", {
    ...REQUEST,
    redirect_uri: `${woippy.origin}/connexion/retour`,
    client_id: woippy.entity,
    client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    client_assertion: assertion,
    ...more,
  });
const exchange = (assertion: string) =>
  send("/token", {
    grant_type: "refresh_token",
    refresh_token: "any",
    client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    client_assertion: assertion,
  });

test("an honest assertion is taken: what the refusals below refuse is the lie", async () => {
  expect((await push(await signed(right()))).request_uri).toMatch(/^urn:ietf:params:oauth:request_uri:/);
  expect(await exchange(await signed(right()))).toMatchObject({ error: "invalid_grant" });
});

const LIES: [string, () => Promise<string>][] = [
  ["no signature (alg none)", async () => unsigned(right())],
  ["alg none in another case", async () => `${part({ alg: "NONE" })}.${part(right())}.`],
  ["a public key as secret (HS256)", async () => confused(right(), "HS256")],
  ["a public key as secret (HS512)", async () => confused(right(), "HS512")],
  ["another site's key", async () => signed(right(), metz.key)],
  [
    "a key nobody registered",
    async () => signed(right(), { ...woippy.key, ...(await generateKeyPair("ES256")) }),
  ],
  ["another signature's algorithm", async () => rs256(right())],
  ["another issuer", async () => signed({ ...right(), iss: metz.entity })],
  ["no issuer", async () => signed({ ...right(), iss: undefined } as JWTPayload)],
  ["another subject", async () => signed({ ...right(), sub: metz.entity })],
  ["another audience", async () => signed({ ...right(), aud: "https://evil.example" })],
  ["no audience", async () => signed({ ...right(), aud: undefined } as JWTPayload)],
  ["no identifier", async () => signed({ ...right(), jti: undefined } as JWTPayload)],
  ["no expiry", async () => signed({ ...right(), exp: undefined } as JWTPayload)],
  ["a past expiry", async () => signed({ ...right(), iat: now() - 120, exp: now() - 60 })],
  ["a time to come", async () => signed({ ...right(), nbf: now() + 600 })],
  ["an altered claim", async () => altered(await signed(right()))],
];

async function rs256(claims: JWTPayload): Promise<string> {
  const { privateKey } = await generateKeyPair("RS256");
  return new SignJWT(claims).setProtectedHeader({ alg: "RS256", kid: woippy.key.kid }).sign(privateKey);
}

function altered(token: string): string {
  const [header, , signature] = token.split(".");
  return `${header}.${part({ ...right(), extra: true })}.${signature}`;
}

describe("a client's assertion with", () => {
  test.each(LIES)("%s is refused where a request is pushed", async (_name, lie) => {
    const { result } = await refused(idp, { event: "pushed_authorization_request.error" }, async () =>
      push(await lie()),
    );
    expect(["invalid_client", "invalid_request"]).toContain(result.error);
    expect(result.status).toBeGreaterThanOrEqual(400);
    expect(result.request_uri).toBeUndefined();
  });

  test.each(LIES)("%s is refused at the token endpoint", async (_name, lie) => {
    const { result } = await refused(idp, { event: "grant.error" }, async () => exchange(await lie()));
    expect(["invalid_client", "invalid_request"]).toContain(result.error);
  });
});

describe("a client's assertion", () => {
  test("is good once", async () => {
    const assertion = await signed(right());
    expect((await push(assertion)).status).toBe(201);
    const { result } = await refused(idp, { event: "invalid_client" }, () => push(assertion));
    expect(result).toMatchObject({ status: 401, error: "invalid_client" });
    expect(result.request_uri).toBeUndefined();
  });

  test("sent twenty times at once pushes one request", async () => {
    const assertion = await signed(right());
    const answers = await Promise.all(Array.from({ length: 20 }, () => push(assertion)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
  });

  test("isn't kept with the request it came with", async () => {
    const assertion = await signed(right());
    await push(assertion, { state: "an-own-state" });
    const { rows } = await idp.sql.query<{ request: string }>(
      "select payload->>'request' as request from artifact where kind = 'PushedAuthorizationRequest'",
    );
    const kept = rows.map(({ request }) => Buffer.from(request.split(".")[1] ?? "", "base64url").toString());
    expect(kept.some((text) => text.includes("an-own-state"))).toBe(true);
    expect(kept.join()).not.toContain(assertion);
  });

  test("is needed: neither a secret nor nothing takes its place", async () => {
    const proofs: Record<string, string>[] = [{ client_secret: "guessed" }, {}];
    for (const form of proofs) {
      const { result } = await refused(idp, { event: "grant.error", site: woippy.entity }, () =>
        send("/token", {
          grant_type: "refresh_token",
          refresh_token: "any",
          client_id: woippy.entity,
          ...form,
        }),
      );
      expect(result.error).toBe("invalid_client");
    }
  });
});

describe("a request object", () => {
  const asked = (): JWTPayload => ({
    ...REQUEST,
    iss: woippy.entity,
    aud: idp.issuer,
    client_id: woippy.entity,
    redirect_uri: `${woippy.origin}/connexion/retour`,
    exp: now() + 60,
  });

  test.each([
    ["unsigned (alg none)", async () => unsigned(asked())],
    ["signed with a public key as secret", async () => confused(asked(), "HS256")],
    ["signed by the site's own key", async () => signed(asked())],
  ])("%s is refused: requests are pushed, and nothing else is read", async (_name, object) => {
    const { result } = await refused(
      idp,
      { event: "pushed_authorization_request.error", reason: "request_not_supported" },
      async () => push(await signed(right()), { request: await object() }),
    );
    expect(result.error).toBe("request_not_supported");
  });
});
