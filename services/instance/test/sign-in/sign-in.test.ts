import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import { SESSION_COOKIE } from "../../src/sign-in/session-cookie.ts";
import { type SmallFederation, startFederation, TestBrowser } from "./federation.ts";

let federation: SmallFederation;
const query = async <T>(text: string, values: unknown[] = []) =>
  (await federation.instance.deps.db.pool.query(text, values)).rows as T[];

beforeAll(async () => {
  federation = await startFederation(["woippy", "metz", "metropole"]);
});
afterAll(() => federation?.[Symbol.asyncDispose]());

it("a citizen signs in once and comes back to the page they were on, under their name", async () => {
  const browser = new TestBrowser();
  const page = await federation.signIn(browser, "woippy", { path: "/connexion?retour=%2Fsuivi%3Fx%3D1" });
  expect(page.url).toBe(`${federation.origin("woippy")}/suivi?x=1`);
  const home = await browser.open(`${federation.origin("woippy")}/`);
  expect(home.html).toContain("Camille Fictif");
  const cookies = [...browser.jarOf(federation.origin("woippy")).keys()];
  expect(cookies).toContain(SESSION_COOKIE);
  expect(cookies.filter((name) => name.includes("attempt"))).toEqual([]);
});

it("one login serves two sites, each under a subject of its own", async () => {
  const browser = new TestBrowser();
  await federation.signIn(browser, "woippy");
  const page = await browser.open(`${federation.origin("metz")}/connexion`);
  expect(page.url).toBe(`${federation.origin("metz")}/`);
  expect(page.html).toContain("Camille Fictif");
  const subjects = await query<{ sub: string }>("select distinct sub from session");
  expect(subjects.length).toBe(2);
});

it("one logout ends the sessions of both sites, and nobody else's", async () => {
  const [browser, other] = [new TestBrowser(), new TestBrowser()];
  await federation.signIn(browser, "woippy");
  await browser.open(`${federation.origin("metz")}/connexion`);
  await federation.signIn(other, "woippy");
  const question = await browser.open(`${federation.origin("woippy")}/deconnexion`);
  const confirm = await browser.submit(question);
  expect(confirm.url.startsWith(federation.idp.issuer)).toBe(true);
  const over = await browser.submit(confirm);
  expect(over.url).toBe(`${federation.origin("woippy")}/deconnexion/retour`);
  for (const site of ["woippy", "metz"] as const) {
    const home = await browser.open(`${federation.origin(site)}/`);
    expect(home.html).not.toContain("Camille Fictif");
  }
  expect((await other.open(`${federation.origin("woippy")}/`)).html).toContain("Camille Fictif");
});

it("signing in gives a new session: one planted before is worth nothing after", async () => {
  const browser = new TestBrowser();
  const jar = browser.jarOf(federation.origin("woippy"));
  jar.set(SESSION_COOKIE, "planted-by-somebody-else");
  await federation.signIn(browser, "woippy");
  const first = jar.get(SESSION_COOKIE);
  expect(first).not.toBe("planted-by-somebody-else");
  // Signing in again replaces the session one had.
  await browser
    .open(`${federation.origin("woippy")}/connexion?compte=autre`)
    .then((page) => browser.submit(page, { action: "garder" }));
  expect(jar.get(SESSION_COOKIE)).not.toBe(first);
  const thief = new TestBrowser();
  thief.jarOf(federation.origin("woippy")).set(SESSION_COOKIE, first ?? "");
  expect((await thief.open(`${federation.origin("woippy")}/`)).html).not.toContain("Camille Fictif");
  expect((await browser.open(`${federation.origin("woippy")}/`)).html).toContain("Camille Fictif");
});

it("a session's cookie opens nothing on another site of the same process", async () => {
  const browser = new TestBrowser();
  await federation.signIn(browser, "woippy");
  const stolen = browser.jarOf(federation.origin("woippy")).get(SESSION_COOKIE) ?? "";
  const elsewhere = new TestBrowser();
  elsewhere.jarOf(federation.origin("metz")).set(SESSION_COOKIE, stolen);
  expect((await elsewhere.open(`${federation.origin("metz")}/`)).html).not.toContain("Camille Fictif");
});

it.each(["https://evil.example/", "//evil.example/", "/\\evil.example", "/connexion", "javascript:alert(1)"])(
  "after signing in nobody is sent to %s",
  async (target) => {
    const page = await federation.signIn(new TestBrowser(), "woippy", {
      path: `/connexion?retour=${encodeURIComponent(target)}`,
    });
    expect(page.url).toBe(`${federation.origin("woippy")}/`);
  },
);

it("several tabs sign in side by side", async () => {
  const browser = new TestBrowser();
  const begin = (path: string) => browser.open(`${federation.origin("woippy")}/connexion?retour=${path}`);
  const [a, b] = [await begin("/a"), await begin("/b")];
  const values = {
    email: "camille@exemple.test",
    password: "un mot de passe assez long",
    action: "connecter",
  };
  expect((await browser.submit(b, values)).url).toBe(`${federation.origin("woippy")}/b`);
  expect(a.url).not.toBe(b.url);
});

it("somebody else's answer is refused: a code only serves the browser that asked for it", async () => {
  const attacker = new TestBrowser();
  const form = await attacker.open(`${federation.origin("woippy")}/connexion`);
  const answer = await attacker.submit(
    form,
    { email: "camille@exemple.test", password: "un mot de passe assez long", action: "connecter" },
    (url) => url.includes("/connexion/retour"),
  );
  const victim = new TestBrowser();
  const page = await victim.open(answer.url);
  expect(page.status).toBe(400);
  expect(page.html).toContain("Réessayer de me connecter");
  expect(victim.jarOf(federation.origin("woippy")).has(SESSION_COOKIE)).toBe(false);
});

it("a silent sign-in finds who is signed in elsewhere, and else shows the page as to anybody", async () => {
  const [known, stranger] = [new TestBrowser(), new TestBrowser()];
  await federation.signIn(known, "woippy");
  const path = "/connexion?silencieux=1&retour=%2Fsuivi";
  const found = await known.open(`${federation.origin("metz")}${path}`);
  expect(found.url).toBe(`${federation.origin("metz")}/suivi`);
  expect(found.html).toContain("Camille Fictif");
  const anonymous = await stranger.open(`${federation.origin("metz")}${path}`);
  expect(anonymous.url).toBe(`${federation.origin("metz")}/suivi`);
  expect(anonymous.html).not.toContain("Camille Fictif");
});

it("a visit without a session costs no query for one", async () => {
  const { pool } = federation.instance.deps.db;
  const texts: string[] = [];
  const connect = pool.query.bind(pool);
  const spy = (...args: unknown[]) => {
    texts.push(JSON.stringify(args[0]));
    return (connect as (...all: unknown[]) => unknown)(...args);
  };
  pool.query = spy as never;
  try {
    await new TestBrowser().open(`${federation.origin("woippy")}/mentions-legales?${randomUUID()}`);
  } finally {
    pool.query = connect as never;
  }
  expect(texts.filter((text) => text.includes("session"))).toEqual([]);
});
