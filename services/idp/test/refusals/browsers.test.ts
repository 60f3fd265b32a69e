import { request as httpRequest } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Browser, type Page } from "../browser.ts";
import { PASSWORD, type RunningIdp, startIdp } from "../running-idp.ts";
import { TestSite } from "../test-site.ts";
import { refused } from "./refused.ts";

/** What another page, a neighbour on a shared computer or somebody on the way may try with a person's browser. */
let idp: RunningIdp;
let woippy: TestSite;
const EMAIL = "camille@exemple.test";

beforeAll(async () => {
  idp = await startIdp();
  await idp.createAccount(EMAIL);
  woippy = await TestSite.register(idp, "Woippy");
});
afterAll(() => idp?.close());

const host = () => new URL(idp.issuer).host;
const credentials = { email: EMAIL, password: PASSWORD, action: "connecter" };
const sessionOf = (browser: Browser) => browser.cookiesOf(host()).get("session")?.value;

describe("session fixation", () => {
  test("a sign-in gives a session of its own: one planted before is worth nothing after", async () => {
    const attacker = new Browser();
    await attacker.open((await woippy.begin()).url);
    const planted = [...attacker.cookiesOf(host())];
    const victim = new Browser();
    for (const [name, cookie] of planted) victim.cookiesOf(host()).set(name, cookie);
    const page = await victim.open((await woippy.begin()).url);
    const before = sessionOf(victim);
    const done = await victim.submit(page, credentials);
    expect(done.url).toContain("code=");
    expect(sessionOf(victim)).toEqual(expect.any(String));
    expect(sessionOf(victim)).not.toBe(before);
    // Whoever planted it is as unknown as ever.
    const silent = await attacker.open((await woippy.begin({ parameters: { prompt: "none" } })).url);
    expect(silent.url).toContain("error=login_required");
  });

  test("nor is the session of before a further sign-in", async () => {
    const browser = new Browser();
    await woippy.signIn(browser);
    const stolen = new Browser();
    for (const [name, cookie] of browser.cookiesOf(host())) stolen.cookiesOf(host()).set(name, cookie);
    const page = await browser.open((await woippy.begin({ parameters: { prompt: "login" } })).url);
    await browser.submit(page, credentials);
    const silent = await stolen.open((await woippy.begin({ parameters: { prompt: "none" } })).url);
    expect(silent.url).toContain("error=login_required");
  });

  test("a sign-in under way is its browser's: its address alone is no way in", async () => {
    const page = await new Browser().open((await woippy.begin()).url);
    const other = new Browser();
    const taken = await other.open(page.url);
    expect(taken.status).toBe(400);
    const sent = await other.submit(page, credentials);
    expect(sent.status).toBe(400);
    expect(sent.url).not.toContain("code=");
    expect(sessionOf(other)).toBeUndefined();
  });
});

describe("login CSRF", () => {
  test("another site's form signs nobody in: it has no token of this browser's", async () => {
    const browser = new Browser();
    const page = await browser.open((await woippy.begin()).url);
    const foreign = await new Browser().open((await woippy.begin()).url);
    const token = /name="_csrf" value="([^"]*)"/.exec(foreign.html)?.[1] ?? "";
    for (const _csrf of [null, "", "guessed", token]) {
      const answer = await browser.submit(page, { ...credentials, _csrf });
      expect(answer.status).toBe(422);
      expect(answer.html).toContain("ouverte trop longtemps");
    }
    expect(sessionOf(browser)).toBeUndefined();
  });

  test("a sign-out needs the form's own token", async () => {
    const browser = new Browser();
    await woippy.signIn(browser);
    const page = await browser.open(`${idp.issuer}/session/end?client_id=${woippy.entity}`);
    const { result } = await refused(idp, { event: "end_session_confirm.error" }, () =>
      browser.submit(page, { logout: "yes", xsrf: "guessed" }),
    );
    expect(result.status).toBe(400);
    const silent = await browser.open((await woippy.begin({ parameters: { prompt: "none" } })).url);
    expect(silent.url).toContain("code=");
  });
});

describe("clickjacking", () => {
  const PAGES: [string, (browser: Browser) => Promise<Page>][] = [
    ["sign-in", async (browser) => browser.open((await woippy.begin()).url)],
    [
      "sign-in with errors",
      async (browser) =>
        browser.submit(await browser.open((await woippy.begin()).url), { ...credentials, password: "" }),
    ],
    ["a refused request", (browser) => browser.open(`${idp.issuer}/auth?client_id=unknown`)],
    [
      "sign-out",
      async (browser) => {
        await woippy.signIn(browser);
        return browser.open(`${idp.issuer}/session/end?client_id=${woippy.entity}`);
      },
    ],
    ["signed out", (browser) => browser.open(`${idp.issuer}/session/end/success`)],
    [
      "an answer in a form",
      async (browser) => {
        await woippy.signIn(browser);
        return browser.open((await woippy.begin({ parameters: { response_mode: "form_post" } })).url);
      },
    ],
    ["home", (browser) => browser.open(`${idp.issuer}/`)],
    ["registration", (browser) => browser.open(`${idp.issuer}/inscription`)],
    ["account", (browser) => browser.open(`${idp.issuer}/compte`)],
    ["an unknown page", (browser) => browser.open(`${idp.issuer}/inconnue`)],
  ];

  test.each(PAGES)("the page %s stands in no frame, and runs no script but its own", async (_name, reach) => {
    const { headers, html } = await reach(new Browser());
    const policy = headers.get("content-security-policy") ?? "";
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).toMatch(/script-src 'self'(?:;|$)/);
    expect(policy).not.toContain("unsafe-inline");
    expect(html).not.toMatch(/<script(?![^>]*\ssrc=)|\son\w+=|<style|style="/);
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("referrer-policy")).toMatch(/same-origin|no-referrer/);
  });
});

describe("a host that isn't ours", () => {
  /** Below fetch, which wouldn't let it be said. */
  const ask = (path: string, headers: Record<string, string>) =>
    new Promise<{ status: number; body: string; location: string }>((resolve, reject) => {
      const { port } = new URL(idp.issuer);
      httpRequest({ host: "127.0.0.1", port, path, headers }, (response) => {
        let body = "";
        response.on("data", (chunk) => {
          body += chunk;
        });
        response.on("end", () =>
          resolve({ status: response.statusCode ?? 0, body, location: response.headers.location ?? "" }),
        );
      })
        .on("error", reject)
        .end();
    });

  test.each([
    "/.well-known/openid-configuration",
    "/auth?client_id=x",
    "/connexion/x",
    "/inscription",
    "/session/end",
  ])("is refused at %s", async (path) => {
    for (const name of ["evil.example", `evil.example:${new URL(idp.issuer).port}`, `${host()}.evil.example`])
      expect((await ask(path, { host: name })).status).toBe(421);
  });

  test.each(["x-forwarded-host", "x-host", "forwarded", "x-original-host"])(
    "named beside the right one, in %s, is in no answer",
    async (header) => {
      const value = header === "forwarded" ? "host=evil.example" : "evil.example";
      const begun = new URL((await woippy.begin()).url);
      for (const path of [
        "/.well-known/openid-configuration",
        `${begun.pathname}${begun.search}`,
        "/inscription",
        "/session/end",
      ]) {
        const { body, location } = await ask(path, { host: host(), accept: "text/html", [header]: value });
        expect(`${body} ${location}`).not.toContain("evil");
      }
    },
  );
});

describe("a broken or replayed request", () => {
  test.each([
    "/auth",
    "/auth?client_id=unknown&state=a-secret-state",
    "/auth/unknown-interaction",
    "/auth?request_uri=urn:ietf:params:oauth:request_uri:x",
    "/session/end?id_token_hint=no.real.token",
    "/session/end/success?client_id=unknown",
  ])("gets a page that says so and quotes nothing: %s", async (path) => {
    const { result } = await refused(idp, {}, () => new Browser().open(`${idp.issuer}${path}`));
    expect(result.status).toBe(400);
    expect(result.html).toMatch(/ne peut pas aboutir|n'est plus valable/);
    expect(result.html).not.toMatch(/a-secret-state|invalid_|Error|at .*\.js|Camille/);
    expect(result.html).toContain('href="/"');
  });
});
