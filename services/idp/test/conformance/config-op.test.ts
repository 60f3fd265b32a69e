import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { behindProxy, type RunningIdp, startIdp } from "../running-idp.ts";

/** What a Config OP publishes, from OpenID Connect Discovery 1.0, RFC 8414, RFC 9126 §5 and RFC 9207 §3. */
let idp: RunningIdp;
let found: Record<string, unknown>;

beforeAll(async () => {
  idp = await startIdp({ production: true });
  const response = await behindProxy(`${idp.issuer}/.well-known/openid-configuration`, {});
  expect(response.headers.get("content-type")).toMatch(/^application\/json/);
  found = (await response.json()) as Record<string, unknown>;
});
afterAll(() => idp?.close());

describe("Discovery §3 and §4, the configuration", () => {
  test("is the issuer's that was asked (§4.3)", () => {
    expect(found.issuer).toBe(idp.issuer);
  });

  test("has all that is required (§3)", () => {
    expect(found).toMatchObject({
      authorization_endpoint: expect.any(String),
      token_endpoint: expect.any(String),
      userinfo_endpoint: expect.any(String),
      jwks_uri: expect.any(String),
      registration_endpoint: expect.any(String),
      scopes_supported: expect.arrayContaining(["openid"]),
      response_types_supported: ["code"],
      grant_types_supported: expect.arrayContaining(["authorization_code", "refresh_token"]),
      subject_types_supported: ["pairwise"],
      id_token_signing_alg_values_supported: expect.arrayContaining(["RS256"]),
      claims_supported: expect.arrayContaining(["sub", "iss", "auth_time", "name", "email"]),
    });
  });

  test("names addresses of https alone, on the issuer's own host", () => {
    const addresses = Object.entries(found).filter(([name]) => /_endpoint$|_uri$/.test(name));
    expect(addresses.length).toBeGreaterThan(6);
    for (const [, address] of addresses) expect(new URL(String(address)).origin).toBe(idp.issuer);
  });

  test("says what isn't there: request objects, unsigned tokens, implicit flows", () => {
    expect(found.request_uri_parameter_supported).toBe(false);
    expect(found.request_parameter_supported ?? false).toBe(false);
    expect(JSON.stringify(found.id_token_signing_alg_values_supported)).not.toMatch(/none|HS/);
    expect(JSON.stringify(found.token_endpoint_auth_signing_alg_values_supported)).not.toMatch(/none|HS/);
    expect(found.code_challenge_methods_supported).toEqual(["S256"]);
    expect(JSON.stringify(found.grant_types_supported)).not.toMatch(/implicit|password|client_credentials/);
  });

  test("says that requests may be pushed (RFC 9126 §5), and that answers name their issuer (RFC 9207 §3)", () => {
    expect(found.pushed_authorization_request_endpoint).toBe(`${idp.issuer}/request`);
    expect(found.authorization_response_iss_parameter_supported).toBe(true);
    // For `acr` alone (Core §5.5.1.1).
    expect(found.claims_parameter_supported).toBe(true);
  });

  test("says how to sign out (RP-Initiated Logout §2.1, Back-Channel Logout §2.1)", () => {
    expect(found).toMatchObject({
      end_session_endpoint: `${idp.issuer}/session/end`,
      backchannel_logout_supported: true,
      backchannel_logout_session_supported: true,
    });
  });

  test("is where OAuth looks for it too (RFC 8414 §3)", async () => {
    const response = await behindProxy(`${idp.issuer}/.well-known/oauth-authorization-server`, {});
    expect(await response.json()).toEqual(found);
  });
});

describe("RFC 7517, the keys", () => {
  test("are public, each with its name, its use and its algorithm, and no two alike", async () => {
    const { keys } = (await (await behindProxy(String(found.jwks_uri), {})).json()) as {
      keys: Record<string, string>[];
    };
    expect(new Set(keys.map(({ kid }) => kid)).size).toBe(keys.length);
    for (const key of keys) {
      expect(key).toMatchObject({
        use: "sig",
        kid: expect.any(String),
        alg: expect.stringMatching(/^[ER]S256$/),
      });
      for (const secret of ["d", "p", "q", "dp", "dq", "qi", "k"]) expect(key).not.toHaveProperty(secret);
    }
    expect(keys.map(({ alg }) => alg)).toEqual(expect.arrayContaining(["ES256", "RS256"]));
  });
});
