import { type Browser, newPerson, type Page, startBrowser } from "@interco/testing/browser";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { untilMails } from "./mails.ts";
import { siteOf } from "./people.ts";

const email = `angela-${crypto.randomUUID()}@courriel.example`;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  browser = await startBrowser();
  page = await (await newPerson(browser)).newPage();
});
afterAll(() => browser.close());

const text = () => page.locator("main").innerText();

async function throughFranceConnect(site: string): Promise<void> {
  await page.goto(`${site}/connexion`);
  await page.getByRole("link", { name: "S'identifier avec FranceConnect" }).click();
  await page.getByRole("link", { name: "angela" }).click();
}

/** A federation somebody gave from outside may have no FranceConnect of ours. Steps are tests, in order. */
describe.runIf(process.env.INTERCO_TEST_UPSTREAMS)("FranceConnect", () => {
  it("makes an account at a commune's site, with an address that answers, and comes back signed in", async () => {
    await throughFranceConnect(siteOf("57751"));
    expect(await text()).toContain("Angela Exemple");
    await page.getByLabel("Adresse électronique", { exact: true }).fill(email);
    await page.getByRole("button", { name: "Créer mon compte" }).click();
    const [mail] = await untilMails(email, "FranceConnect", 1);
    await page.getByLabel("Code reçu").fill(/\b\d{3} \d{3}\b/.exec(mail?.text ?? "")?.[0] ?? "");
    await page.getByRole("button", { name: "Continuer" }).click();
    await expect.poll(() => page.url()).toContain(siteOf("57751"));
    expect(await page.locator("body").innerText()).toContain("Angela Exemple");
  });

  it("signs out of the site, of the provider and of FranceConnect, and comes back to the site", async () => {
    const asked: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    await signOut(page);
    await expect.poll(() => page.url()).toContain(siteOf("57751"));
    expect(asked.some((url) => url.includes("/api/v2/session/end?"))).toBe(true);
    expect(await page.locator("body").innerText()).not.toContain("Angela Exemple");
  });

  it("is the same account by another commune, once confirmed", async () => {
    await throughFranceConnect(siteOf("57463"));
    expect(await text()).toContain("Est-ce bien votre compte");
    await page.getByRole("button", { name: "Oui, continuer avec ce compte" }).click();
    await expect.poll(() => page.url()).toContain(siteOf("57463"));
    expect(await page.locator("body").innerText()).toContain("Angela Exemple");
  });

  it("isn't offered by a commune without a grant", async () => {
    const other = await (await newPerson(browser)).newPage();
    await other.goto(`${siteOf("57480")}/connexion`);
    expect(await other.locator("body").innerText()).not.toContain("FranceConnect");
  });
});

async function signOut(page: Page): Promise<void> {
  await page.goto(`${siteOf("57751")}/deconnexion`);
  const leave = page.getByRole("button", { name: /déconnecter/i });
  if (page.url().includes("/deconnexion") && (await leave.count()) > 0) await leave.first().click();
  await page.getByRole("button", { name: "Me déconnecter de tous les sites" }).click();
}
