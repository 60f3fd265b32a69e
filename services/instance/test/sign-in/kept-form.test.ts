import type { SeedAgent } from "@interco/contracts/instance-seed";
import { afterAll, beforeAll, expect, it } from "vitest";
import { SESSION_COOKIE } from "../../src/sign-in/session-cookie.ts";
import { file } from "../backoffice-fixture.ts";
import { demonstrationSeed } from "../demonstration-seed.ts";
import { IDS } from "../test-instance.ts";
import { type SmallFederation, startFederation, TestBrowser } from "./federation.ts";

/** An agent's session ends while they type: through the real provider and back, nothing is lost, and nobody else reads it. */
let federation: SmallFederation;
const [ALIX, LOU] = ["alix@exemple.test", "lou@exemple.test"];

beforeAll(async () => {
  federation = await startFederation(["metropole", "woippy"], async (idp) => ({
    ...demonstrationSeed(["metropole", "woippy"]),
    agents: [
      seat(ALIX, (await idp.createAccount(ALIX, "professional")).agentId ?? ""),
      seat(LOU, (await idp.createAccount(LOU, "professional")).agentId ?? ""),
    ],
  }));
});
afterAll(() => federation?.[Symbol.asyncDispose]());

const NOTICE = "Votre session avait pris fin.";
const url = (path: string) => `${federation.origin("woippy")}${path}`;

/** Cookies of the provider, by agent: a code is good once, and three hold at a time, so each agent types one. */
const atProvider = new Map<string, Map<string, string>>();

/** An agent in a browser of their own as far as the site sees. */
async function signedInAgent(email: string, path: string) {
  const browser = new TestBrowser();
  const { host } = new URL(federation.idp.issuer);
  browser.jars.set(host, atProvider.get(email) ?? new Map());
  atProvider.set(email, browser.jarOf(federation.idp.issuer));
  const page = await federation.signIn(browser, "woippy", { email, path });
  expect(page.status).toBe(200);
  return { browser, page };
}

/** Sends the form of a page with this action, and stops where `until` says. */
function send(
  browser: TestBrowser,
  html: string,
  action: string,
  fields: Record<string, string>,
  until?: (url: string) => boolean,
) {
  const form = html.split("<form").find((one) => one.includes(`action="${action}"`)) ?? "";
  const body = new URLSearchParams();
  for (const [, name = "", value = ""] of form.matchAll(/type="hidden" name="([^"]*)" value="([^"]*)"/g))
    body.set(name, value);
  for (const [name, value] of Object.entries(fields)) body.set(name, value);
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  return browser.open(url(action), { method: "POST", headers, body: body.toString() }, until);
}
const endSessions = () => federation.instance.deps.db.pool.query("delete from session");
const kept = async () =>
  (await federation.instance.deps.db.pool.query("select sealed from kept_form")).rows as { sealed: Buffer }[];

it("a note, a message, an action with its date and a hand-over come back filled in, and are sent", async () => {
  const request = await file(federation.instance, { type: "depot-sauvage" });
  const way = `/backoffice/demandes/${request.number}`;
  const cases: [string, string, Record<string, string>][] = [
    [way, `${way}/note`, { note: "Rappeler « Camille » avant midi <3." }],
    [way, `${way}/message`, { message: "Nous passons jeudi." }],
    [way, `${way}/actions/ask`, { "ask-reason": "Quel côté ?", "ask-date.day": "3" }],
    [`${way}/transmettre`, `${way}/transmettre`, { vers: IDS.metropole, raison: "Route métropolitaine." }],
    ["/backoffice/saisir", "/backoffice/saisir", { source: "phone" }],
    ["/backoffice/agents", "/backoffice/agents", { email: "nouveau@exemple.test", prenom: "Nour" }],
  ];
  for (const [path, action, fields] of cases) {
    const { browser, page } = await signedInAgent(ALIX, path);
    await endSessions();
    // Nothing to type again at the provider, whose own session lasts longer: the form is back at once.
    const back = await send(browser, page.html, action, fields);
    expect(back.status, action).toBe(200);
    expect(back.url, action).toMatch(new RegExp(`^${url(path)}\\?garde=`));
    expect(back.html, action).toContain(NOTICE);
    expect(await kept()).toEqual([]);
    for (const value of Object.values(fields))
      expect(back.html, action).toContain(value.replace("<", "&lt;"));
    if (!action.endsWith("/note")) continue;
    expect(back.html).toMatch(/<details name="compose" open>.*Rappeler/s);
    const sent = await send(browser, back.html, action, fields);
    expect(sent.url).toBe(url(`${path}?fait=note`));
    expect((await browser.open(back.url)).html).not.toContain(NOTICE);
  }
});

it("what is kept is sealed, and shown neither to another agent nor in another browser", async () => {
  const request = await file(federation.instance, { type: "depot-sauvage" });
  const way = `/backoffice/demandes/${request.number}`;
  const { browser, page } = await signedInAgent(ALIX, way);
  await endSessions();
  const atSignIn = await send(browser, page.html, `${way}/note`, { note: "Confidence." }, (to) =>
    to.includes("/connexion"),
  );
  const back = url(new URL(atSignIn.url).searchParams.get("retour") ?? "");
  expect(back).toContain("garde=");
  expect((await kept())[0]?.sealed.toString("latin1")).not.toContain("Confidence");

  const elsewhere = await signedInAgent(ALIX, "/backoffice/");
  expect((await elsewhere.browser.open(back)).html).not.toContain("Confidence.");
  const lou = await signedInAgent(LOU, "/backoffice/");
  for (const [name, value] of browser.jarOf(back))
    if (name.includes("kept")) lou.browser.jarOf(back).set(name, value);
  expect((await lou.browser.open(back)).html).not.toContain("Confidence.");

  await federation.signIn(browser, "woippy", { email: ALIX, path: "/backoffice/" });
  expect((await browser.open(back)).html).toContain("Confidence.");
});

it("a page left open by another agent acts in nobody else's name: it waits for its author", async () => {
  const request = await file(federation.instance, { type: "depot-sauvage" });
  const way = `/backoffice/demandes/${request.number}`;
  const { browser, page } = await signedInAgent(ALIX, way);
  const alix = browser.jarOf(url("/")).get(SESSION_COOKIE) ?? "";
  const lou = await signedInAgent(LOU, way);
  // The same browser, Lou having signed in meanwhile.
  browser.jarOf(url("/")).set(SESSION_COOKIE, lou.browser.jarOf(url("/")).get(SESSION_COOKIE) ?? "");
  const sent = await send(browser, page.html, `${way}/note`, { note: "D'Alix." });
  expect(sent.html).not.toContain("D'Alix.");
  expect(sent.url).toContain("garde=");
  browser.jarOf(url("/")).set(SESSION_COOKIE, alix);
  expect((await browser.open(sent.url)).html).toContain("D'Alix.");
});

it("words of an action the request no longer has are shown in its note, which leaves to nobody", async () => {
  const request = await file(federation.instance, { type: "depot-sauvage" });
  const way = `/backoffice/demandes/${request.number}`;
  const { browser, page } = await signedInAgent(ALIX, way);
  const other = await signedInAgent(LOU, way);
  await send(other.browser, other.page.html, `${way}/actions/resolve`, {});
  await endSessions();
  const back = await send(browser, page.html, `${way}/actions/dismiss`, {
    "dismiss-reason": "Déjà faite hier.",
  });
  expect(back.html).toMatch(/name="note"[^>]*>\s*Déjà faite hier\./);
});

it("without a page's mark nothing is kept, and the sign-in leads to the form's page all the same", async () => {
  const browser = new TestBrowser();
  const forged = await send(
    browser,
    "",
    "/backoffice/demandes/EMM-2026-AAAAAAA/note",
    { note: "x", _auteur: "AAAA" },
    (to) => to.includes("/connexion"),
  );
  expect(new URL(forged.url).searchParams.get("retour")).toBe("/backoffice/demandes/EMM-2026-AAAAAAA");
  expect(await kept()).toEqual([]);
});

it("a form whose token has expired is shown again with all that was typed", async () => {
  const request = await file(federation.instance, { type: "depot-sauvage" });
  const way = `/backoffice/demandes/${request.number}`;
  const { browser, page } = await signedInAgent(ALIX, way);
  const again = await send(browser, page.html, `${way}/message`, { message: "Toujours là.", _csrf: "old" });
  expect(again.status).toBe(422);
  expect(again.html).toContain("Toujours là.");
});

function seat(email: string, agentId: string): SeedAgent {
  return {
    entity: IDS.woippy,
    email,
    agentId,
    givenName: "Alix",
    familyName: "Modèle",
    role: "admin",
    teams: [],
    authorised: true,
  };
}
