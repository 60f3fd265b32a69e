import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Browser } from "../browser.ts";
import { type RunningIdp, startIdp } from "../running-idp.ts";
import { TestSite } from "../test-site.ts";
import { refused } from "./refused.ts";

/** OpenID Connect Core 1.0 §3.1.3, RFC 6749 §4.1.2 and §10.5, RFC 7636 §4.6, RFC 9700 §2.1 and §4.14. */
let idp: RunningIdp;
let woippy: TestSite;
let metz: TestSite;
let accountId: string;

beforeAll(async () => {
  idp = await startIdp();
  ({ accountId } = await idp.createAccount("camille@exemple.test"));
  [woippy, metz] = await Promise.all([TestSite.register(idp, "Woippy"), TestSite.register(idp, "Metz")]);
});
afterAll(() => idp?.close());

/** An answer with a code, not yet exchanged. */
async function answered() {
  const browser = new Browser();
  await woippy.signIn(browser);
  const begun = await woippy.begin({ parameters: { prompt: "none" } });
  const page = await browser.open(begun.url);
  const code = new URL(page.url).searchParams.get("code") ?? "";
  return { begun, answer: page.url, code };
}
const failure = (work: Promise<unknown>) =>
  work.then(
    () => "nothing",
    (error: { error?: string }) => error.error,
  );

describe("a code", () => {
  test("used again is refused, its grant is revoked, and the journal says whose it was", async () => {
    const { begun, answer, code } = await answered();
    const tokens = await woippy.complete(answer, begun);
    const { result, line } = await refused(idp, { event: "grant.error", reason: "invalid_grant" }, () =>
      failure(woippy.complete(answer, begun)),
    );
    expect(result).toBe("invalid_grant");
    expect(line).toMatchObject({ site: woippy.entity, detail: "authorization code already consumed" });
    expect(JSON.stringify(line)).not.toContain(code);
    expect(await failure(woippy.refresh(tokens.refresh_token ?? ""))).toBe("invalid_grant");
    expect(await idp.journalLine({ kind: "code_reused", account_id: accountId })).toMatchObject({
      client_id: woippy.entity,
    });
  });

  test.each([
    ["another verifier", { verifier: "a".repeat(43) }],
    ["its challenge as verifier, as the method plain would take it", {}],
  ])("with %s is refused", async (_name, change) => {
    const { begun, answer } = await answered();
    const challenge = Buffer.from(
      await crypto.subtle.digest("SHA-256", new TextEncoder().encode(begun.verifier)),
    ).toString("base64url");
    const { result } = await refused(idp, { event: "grant.error", site: woippy.entity }, () =>
      failure(woippy.complete(answer, { ...begun, verifier: challenge, ...change })),
    );
    expect(result).toBe("invalid_grant");
  });

  test("of another site is refused", async () => {
    const { begun, answer } = await answered();
    const { result } = await refused(idp, { event: "grant.error", detail: "client mismatch" }, () =>
      failure(metz.complete(answer.replace(woippy.origin, metz.origin), begun)),
    );
    expect(result).toBe("invalid_grant");
  });

  test("with another redirect address is refused", async () => {
    const { begun, answer } = await answered();
    const elsewhere = answer.replace("/connexion/retour", "/connexion/retour/");
    const { result } = await refused(
      idp,
      { event: "grant.error", detail: "authorization code redirect_uri mismatch" },
      () => failure(woippy.complete(elsewhere, begun)),
    );
    expect(result).toBe("invalid_grant");
  });

  test("a minute old is refused", async () => {
    const { begun, answer } = await answered();
    // Issued here a moment ago, it is remembered with its time; elsewhere it is read with the database's.
    await woippy.complete(answer, { ...begun, verifier: "a".repeat(43) }).catch(() => {});
    await idp.sql.query(
      "update artifact set expires_at = now() - interval '1 second' where kind = 'AuthorizationCode'",
    );
    const { result } = await refused(
      idp,
      { event: "grant.error", detail: "authorization code is expired" },
      () => failure(woippy.complete(answer, begun)),
    );
    expect(result).toBe("invalid_grant");
  });
});

describe("a pushed request", () => {
  const pushed = (parameters: Record<string, string>) => failure(woippy.begin({ parameters }));

  test.each([
    ["the method plain", { code_challenge_method: "plain" }],
    ["no method", { code_challenge_method: "" }],
    ["no challenge", { code_challenge: "", code_challenge_method: "" }],
    ["a challenge too short", { code_challenge: "abc" }],
  ])("with %s is refused", async (_name, parameters) => {
    const { result } = await refused(
      idp,
      { event: "pushed_authorization_request.error", reason: "invalid_request", site: woippy.entity },
      () => pushed(parameters),
    );
    expect(result).toBe("invalid_request");
  });

  test("is needed: the same parameters in an address are refused", async () => {
    const { url } = await woippy.begin({ unpushed: true });
    const { result } = await refused(
      idp,
      { event: "authorization.error", detail: "Pushed Authorization Request must be used" },
      () => new Browser().open(url),
    );
    expect(new URL(result.url).searchParams.get("error")).toBe("invalid_request");
  });

  test("begins one sign-in: its reference used again is refused", async () => {
    const browser = new Browser();
    await woippy.signIn(browser);
    const { url } = await woippy.begin({ parameters: { prompt: "none" } });
    expect((await browser.open(url)).url).toContain("code=");
    const { result } = await refused(
      idp,
      { event: "authorization.error", reason: "invalid_request_uri" },
      () => browser.open(url),
    );
    // The site's one address hears it, and says so in a page of its own; no code comes with it.
    expect(new URL(result.url).origin).toBe(woippy.origin);
    expect([...new URL(result.url).searchParams.keys()].sort()).toEqual([
      "error",
      "error_description",
      "iss",
    ]);
  });

  test("sent twenty times at once gives one code", async () => {
    const browser = new Browser();
    await woippy.signIn(browser);
    const { url } = await woippy.begin({ parameters: { prompt: "none" } });
    const pages = await Promise.all(Array.from({ length: 20 }, () => browser.request(url)));
    const codes = pages.filter((page) => page.headers.get("location")?.includes("code="));
    expect(codes).toHaveLength(1);
  });

  test("of another site, or none at all, is refused", async () => {
    const { url } = await woippy.begin();
    const { result } = await refused(idp, { event: "authorization.error" }, () =>
      new Browser().open(url.replace(woippy.entity, metz.entity)),
    );
    // Nothing of the other's request: neither its state nor its address.
    expect(new URL(result.url).origin).toBe(metz.origin);
    expect(new URL(result.url).searchParams.get("code")).toBeNull();
    expect(new URL(result.url).searchParams.get("state")).toBeNull();
    const unknown = await new Browser().open(
      `${idp.issuer}/auth?client_id=${woippy.entity}&request_uri=urn:ietf:params:oauth:request_uri:guessed`,
    );
    expect(new URL(unknown.url).searchParams.get("error")).toBe("invalid_request_uri");
  });

  test("elsewhere on the web is never fetched", async () => {
    const { result } = await refused(
      idp,
      { event: "authorization.error", reason: "request_uri_not_supported" },
      () =>
        new Browser().open(
          `${idp.issuer}/auth?client_id=${woippy.entity}&request_uri=${encodeURIComponent("https://evil.example/request.jwt")}`,
        ),
    );
    expect(result.url).not.toContain("evil");
  });
});

describe("a refresh token", () => {
  test("used again is refused, and the journal says whose it was", async () => {
    const { refresh_token: first = "" } = await woippy.signIn(new Browser());
    const { refresh_token: second = "" } = await woippy.refresh(first);
    const { result, line } = await refused(
      idp,
      { event: "grant.error", detail: "refresh token already used" },
      () => failure(woippy.refresh(first)),
    );
    expect(result).toBe("invalid_grant");
    expect(JSON.stringify(line)).not.toContain(first);
    expect(await failure(woippy.refresh(second))).toBe("invalid_grant");
    await idp.journalLine({ kind: "token_reused", account_id: accountId, client_id: woippy.entity });
  });

  test("of another site is refused", async () => {
    const { refresh_token: token = "" } = await woippy.signIn(new Browser());
    const { result } = await refused(idp, { event: "grant.error", site: metz.entity }, () =>
      failure(metz.refresh(token)),
    );
    expect(result).toBe("invalid_grant");
    await expect(woippy.refresh(token)).resolves.toBeDefined();
  });
});
