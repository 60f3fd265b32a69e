import { type Browser, startBrowser } from "@interco/testing/browser";
import { sharedFederation } from "@interco/testing/federation";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { account, giveCredentials } from "../e2e/people.ts";
import { METROPOLE, METZ, press, signedIn, WOIPPY } from "./filing.ts";
import { type Inspector, newInspector } from "./inspector.ts";

/** Every page that needs nothing filed: portals, texts, problems, and the identity provider's own. */
const IDP = sharedFederation().idp.issuer.replace(/\/$/, "");

// A page looked at costs a second of an idle machine, and several of a busy one.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

let browser: Browser;
let visitor: Inspector;
beforeAll(async () => {
  browser = await startBrowser();
  visitor = await newInspector(browser);
});
afterAll(() => browser.close());

const texts = ["/mentions-legales", "/donnees-personnelles", "/accessibilite"];

it.each([
  {
    site: WOIPPY,
    paths: ["/", "/demarches", "/demarches?q=zzz", "/demarches/inscription-cantine", ...texts],
  },
  {
    site: METROPOLE,
    paths: ["/", "/demarches", "/demarches?q=carte", "/demarches/carte-de-decheterie", ...texts],
  },
  { site: METZ, paths: ["/", "/demarches/stationnement-residant"] },
])("portal of $site", async ({ site, paths }) => {
  for (const path of paths) await visitor.visit(site + path);
  await visitor.visit(`${site}/demarches/rien`, { status: 404 });
  expect(visitor.takeFaults()).toEqual([]);
});

it("a commune's pages about what the agglomeration does, and the other way round", async () => {
  await visitor.visit(`${METROPOLE}/demarches/signaler-un-probleme`);
  await visitor.visit(`${METROPOLE}/demarches/signaler-un-probleme?commune=57751`);
  await visitor.visit(`${METROPOLE}/demarches/inscription-cantine`, { status: 404 });
  await visitor.visit(`${WOIPPY}/connexion/retour?error=access_denied`, { status: 400 });
  await visitor.visit(`${WOIPPY}/deconnexion/retour`);
  expect(visitor.takeFaults()).toEqual([]);
});

it("identity provider, signed out", async () => {
  for (const path of ["/", "/inscription", "/mot-de-passe-oublie", ...texts]) await visitor.visit(IDP + path);
  // It leads to its sign-in, whose request names the language.
  await visitor.visit(`${IDP}/compte`, { again: false });
  await visitor.visit(`${IDP}/rien`, { status: 404 });
  await visitor.visit(`${IDP}/auth?client_id=personne`, { status: 400 });
  expect(visitor.takeFaults()).toEqual([]);
});

it("signing in, with and without mistakes, one's account, and signing out of everything", async () => {
  const { page } = visitor;
  const person = account("dominique.specimen");
  await page.goto(`${WOIPPY}/connexion`);
  await visitor.look("sign-in", { again: false });
  await press(page, "Se connecter");
  await visitor.look("sign-in, nothing typed", { status: 422, again: false });
  await giveCredentials(page, { email: person.email, password: "pas le bon" });
  await page.waitForLoadState();
  await visitor.look("sign-in, wrong password", { status: 422, again: false });
  await press(page, "Voir ce que je tape");
  await visitor.look("sign-in, password shown", { again: false });
  await giveCredentials(page, person);
  await page.waitForURL(`${WOIPPY}/`);
  await visitor.look("portal, signed in");
  await visitor.visit(`${IDP}/compte`);
  await page.goto(`${WOIPPY}/backoffice/`);
  await visitor.look("sign-in, a professional account is needed", { again: false });
  await visitor.visit(`${WOIPPY}/demandes`);
  await visitor.visit(`${WOIPPY}/deconnexion`);
  await page.locator("main").getByRole("button").first().click();
  await page.waitForURL(`${IDP}/**`);
  await visitor.look("sign-out, confirmation", { again: false });
  await page.locator("main").getByRole("button").first().click();
  await page.waitForURL(`${WOIPPY}/**`);
  await visitor.look("signed out");
  expect(visitor.takeFaults()).toEqual([]);
});

it("another account signs in: the first one is signed out, and the person is told", async () => {
  const person = await signedIn(browser, "dominique.specimen", `${WOIPPY}/connexion`);
  await person.page.goto(`${WOIPPY}/backoffice/`);
  await giveCredentials(person.page, account("maxime.fictif"));
  await person.page.waitForLoadState();
  await person.look("another account signs in", { again: false });
  expect(person.takeFaults()).toEqual([]);
});

it("signing in and filing in English", async () => {
  const english = await newInspector(browser, "en");
  const { page } = english;
  await page.goto(`${WOIPPY}/connexion`);
  await english.look("sign-in");
  await press(page, "Sign in");
  await english.look("sign-in, nothing typed", { status: 422 });
  await page.goto(`${METROPOLE}/demarches/signaler-un-probleme?commune=57751`);
  await page.locator("main form button").first().click();
  await page.locator("main form button").first().click();
  await english.look("report, nothing chosen", { status: 422 });
  expect(english.takeFaults()).toEqual([]);
});
