import { serviceFetch } from "@interco/platform/http-client";
import { hashToken } from "@interco/platform/secrets";
import { decodeJwt } from "jose";
import { afterAll, beforeAll, expect, it } from "vitest";
import { fetchMyRequests } from "../../src/requests/fetch-my-requests.ts";
import type { Session } from "../../src/sign-in/session.ts";
import { SESSION_COOKIE } from "../../src/sign-in/session-cookie.ts";
import { findSession } from "../../src/sign-in/session-repository.ts";
import { file } from "../backoffice-fixture.ts";
import { demonstrationSeed } from "../demonstration-seed.ts";
import { IDS } from "../test-instance.ts";
import { type SmallFederation, startFederation, TestBrowser } from "./federation.ts";
import type { SiteName } from "./listening-instance.ts";

let federation: SmallFederation;

beforeAll(async () => {
  const hosts = ["woippy", "metropole", "metz"] as const;
  federation = await startFederation([...hosts], async () => demonstrationSeed(hosts));
});
afterAll(() => federation?.[Symbol.asyncDispose]());

it("asks the agglomeration for one's own requests with a token for it alone, under the subject one has there", async () => {
  const { deps } = federation.instance;
  const browser = new TestBrowser();
  const woippy = await session(browser, "woippy");
  const hub = await session(browser, "metropole");
  const mine = await file(federation.instance, { citizenSub: hub.sub });
  await file(federation.instance, { citizenSub: "somebody else" });
  const token = decodeJwt(await deps.tokens.accessTokenFor(woippy, IDS.metropole));
  expect(token).toMatchObject({
    aud: `urn:interco:entity:${IDS.metropole}`,
    sub: hub.sub,
    scope: "requests",
  });
  expect(hub.sub).not.toBe(woippy.sub);
  const requests = await fetchMyRequests(deps, woippy);
  expect(requests).toMatchObject([
    { number: mine.number, url: `${federation.origin("metropole")}/demandes/${mine.number}` },
  ]);
  expect(JSON.stringify(requests)).not.toContain(hub.sub);
});

it("a token is refused by every entity but its audience, and when anything of it is changed", async () => {
  const { deps } = federation.instance;
  const token = await deps.tokens.accessTokenFor(await session(new TestBrowser(), "woippy"), IDS.metropole);
  const [head, body, signature] = token.split(".") as [string, string, string];
  const claims = { ...decodeJwt(token), sub: "somebody else" };
  const forged = `${head}.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.${signature}`;
  const unsigned = `${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString("base64url")}.${body}.`;
  expect((await ask("metropole", token)).status).toBe(200);
  expect(await ask("woippy", token)).toMatchObject({ status: 401, code: "token.invalid" });
  for (const wrong of [forged, unsigned, "x", ""])
    expect(await ask("metropole", wrong)).toMatchObject({
      status: 401,
      code: "token.invalid",
      challenge: "Bearer",
    });
});

it("many pages at once renew one session without losing it: refresh tokens are used one after the other", async () => {
  const { deps } = federation.instance;
  const one = await session(new TestBrowser(), "woippy");
  const audiences = [IDS.metropole, IDS.metz, IDS.woippy];
  for (let round = 0; round < 3; round++) {
    deps.tokens.forget(one.idHash);
    const tokens = await Promise.all(
      [...audiences, ...audiences, ...audiences].map((entity) => deps.tokens.accessTokenFor(one, entity)),
    );
    expect(new Set(tokens).size).toBe(audiences.length);
  }
  expect(await findSession(deps.db, one.idHash, IDS.woippy)).toBeDefined();
});

it("two processes renew one session without losing it: the row's lock holds across them", async () => {
  const { deps } = federation.instance;
  const { AccessTokens } = await import("../../src/sign-in/access-tokens.ts");
  const one = await session(new TestBrowser(), "woippy");
  const other = new AccessTokens(deps);
  for (let round = 0; round < 4; round++) {
    deps.tokens.forget(one.idHash);
    other.forget(one.idHash);
    await Promise.all([
      deps.tokens.accessTokenFor(one, IDS.metropole),
      other.accessTokenFor(one, IDS.metropole),
    ]);
  }
  expect(await findSession(deps.db, one.idHash, IDS.woippy)).toBeDefined();
});

it("working on one site keeps the login of another alive", async () => {
  const { deps } = federation.instance;
  const browser = new TestBrowser();
  const one = await session(browser, "woippy");
  await deps.db.pool.query(
    "update session set renewed_at = now() - interval '6 minutes' where id_hash = $1",
    [one.idHash],
  );
  await browser.open(`${federation.origin("woippy")}/`);
  await expect
    .poll(async () => (await findSession(deps.db, one.idHash, IDS.woippy))?.renewedAt.getTime() ?? 0)
    .toBeGreaterThan(Date.now() - 60_000);
});

it("a sign-in that ended at the provider ends here at the next exchange", async () => {
  const { deps, config } = federation.instance;
  const one = await session(new TestBrowser(), "woippy");
  const client = await deps.identity.clientOf(config.entities[0] ?? (undefined as never));
  const openid = await import("openid-client");
  const { openRefreshToken } = await import("../../src/sign-in/access-tokens.ts");
  const { rows } = await deps.db.pool.query("select refresh_sealed from session where id_hash = $1", [
    one.idHash,
  ]);
  const refresh = openRefreshToken(config.keys.session, rows[0].refresh_sealed, one.idHash);
  expect(rows[0].refresh_sealed.includes(Buffer.from(refresh))).toBe(false);
  await openid.tokenRevocation(client, refresh);
  await expect(deps.tokens.accessTokenFor(one, IDS.metropole)).rejects.toMatchObject({
    code: "sign-in.ended",
  });
  expect(await findSession(deps.db, one.idHash, IDS.woippy)).toBeUndefined();
});

it("an agglomeration that doesn't answer costs a page 1.5 s, and the session nothing", async () => {
  const { createServer } = await import("node:net");
  const silent = createServer(() => {}).listen(0, "127.0.0.1");
  const { deps } = federation.instance;
  const one = await session(new TestBrowser(), "woippy");
  const address = silent.address() as import("node:net").AddressInfo;
  const config = {
    ...deps.config,
    agglomeration: { ...deps.config.agglomeration, origin: `http://metropole.localhost:${address.port}` },
  };
  const began = Date.now();
  expect(await fetchMyRequests({ ...deps, config }, one)).toBeUndefined();
  expect(Date.now() - began).toBeLessThan(2_500);
  silent.close();
  expect(await fetchMyRequests(deps, one)).toBeDefined();
});

it("says what its API is", async () => {
  const response = await serviceFetch(`${federation.origin("metropole")}/openapi.json`);
  const document = (await response.json()) as {
    openapi: string;
    paths: Record<string, object>;
    servers: object[];
  };
  expect(document.openapi).toBe("3.1.0");
  expect(document.paths["/api/demandes/miennes"]).toMatchObject({ get: { operationId: "listMyRequests" } });
  expect(document.servers).toEqual([{ url: federation.origin("metropole") }]);
});

async function session(browser: TestBrowser, site: SiteName): Promise<Session> {
  await federation.signIn(browser, site);
  const token = browser.jarOf(federation.origin(site)).get(SESSION_COOKIE) ?? "";
  const found = await findSession(federation.instance.deps.db, hashToken(token), IDS[site]);
  if (!found) throw new Error("not signed in");
  return found;
}

async function ask(site: SiteName, token: string) {
  const response = await serviceFetch(`${federation.origin(site)}/api/demandes/miennes`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const body = (await response.json()) as object;
  return { ...body, status: response.status, challenge: response.headers.get("www-authenticate") };
}
