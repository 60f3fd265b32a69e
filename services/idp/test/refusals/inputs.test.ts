import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Browser } from "../browser.ts";
import { behindProxy, type RunningIdp, startIdp } from "../running-idp.ts";
import { siteMetadata } from "../site-metadata.ts";
import { registerSite, TestSite } from "../test-site.ts";
import { refused } from "./refused.ts";

/** Forms, queries and tokens are bounded before they are read. */
let idp: RunningIdp;
let woippy: TestSite;

beforeAll(async () => {
  idp = await startIdp();
  woippy = await TestSite.register(idp, "Woippy");
});
afterAll(() => idp?.close());

const post = (path: string, body: string) =>
  behindProxy(`${idp.issuer}${path}`, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body,
  });

describe("what is too large is refused before it is read", () => {
  test.each(["/auth", "/session/end", "/jwks"])("an address: %s", async (path) => {
    const { result } = await refused(idp, { event: "input_too_large", status: 414 }, () =>
      new Browser().request(`${idp.issuer}${path}?client_id=${woippy.entity}&state=${"a".repeat(8_200)}`),
    );
    expect(result.status).toBe(414);
  });

  test.each([
    "/token",
    "/request",
    "/token/revocation",
    "/token/introspection",
    "/auth",
    "/session/end/confirm",
    "/me",
  ])("a form: %s", async (path) => {
    const { result } = await refused(idp, { event: "input_too_large", status: 413 }, () =>
      post(path, `token=${"a".repeat(17_000)}`),
    );
    expect(result.status).toBe(413);
  });

  test("a registration", async () => {
    const metadata = siteMetadata("Woippy", woippy.entity, woippy.origin, woippy.key.jwk);
    const { result } = await refused(idp, { event: "input_too_large", status: 413 }, () =>
      registerSite(idp, { ...metadata, client_name: "a".repeat(33_000) }),
    );
    expect(result.status).toBe(413);
  });

  test("a page's form", async () => {
    const browser = new Browser();
    const page = await browser.open((await woippy.begin()).url);
    const long = await browser.submit(page, { email: "a".repeat(600), password: "b".repeat(3_000) });
    expect(long.status).toBe(422);
    const longer = await browser.submit(page, { email: "a".repeat(300_000), password: "b" });
    expect(longer.status).toBe(413);
  });

  test("a body that doesn't say how long it is", async () => {
    const { hostname, port, host } = new URL(idp.issuer);
    expect(hostname).toMatch(/localhost$/);
    const { result } = await refused(idp, { event: "input_too_large", status: 411 }, async () => {
      const socket = connect(Number(port), "127.0.0.1");
      socket.write(
        `POST /token HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n`,
      );
      const [chunk] =
        (await new Promise<Buffer[]>((resolve) => socket.once("data", (data) => resolve([data])))) ?? [];
      socket.destroy();
      return String(chunk);
    });
    expect(result).toMatch(/^HTTP\/1\.1 411/);
  });
});

test("a parameter given twice is refused", async () => {
  for (const twice of ["client_id", "request_uri"]) {
    const { url } = await woippy.begin();
    const value = new URL(url).searchParams.get(twice) ?? "";
    const page = await new Browser().open(`${url}&${twice}=${encodeURIComponent(value)}`);
    expect(page.url.includes("code=") || page.html.includes('name="password"')).toBe(false);
  }
});

test("what a request holds at most is stored once, and is gone with it", async () => {
  const state = "s".repeat(4_000);
  const begun = await woippy.begin({ parameters: { state } });
  await new Browser().open(begun.url);
  const { rows } = await idp.sql.query<{ size: number }>(
    "select max(octet_length(payload::text)) as size from artifact",
  );
  expect(rows[0]?.size).toBeLessThan(16 * 1024);
});
