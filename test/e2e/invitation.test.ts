import { type Browser, newPerson, type Page, startBrowser } from "@interco/testing/browser";
import { afterAll, beforeAll, expect, it } from "vitest";
import { untilMails } from "./mails.ts";
import { account, fillReport, giveCredentials, siteOf } from "./people.ts";

/** An agent's coming and going, as an administrator and the agent live it. Steps are tests, in order. */
const WOIPPY = siteOf("57751");
const METROPOLE = siteOf("200039865");
const BACKOFFICE = "/backoffice/";

const email = `nouvel-agent-${crypto.randomUUID().slice(0, 8)}@woippy.example`;
const PATIENCE = { timeout: 20_000 };
const credentials = { email, password: "quatre mots sans rapport" };

let browser: Browser;
let admin: Page;
let agent: Page;
let number = "";

beforeAll(async () => {
  browser = await startBrowser();
  [admin, agent] = [await somebody(), await somebody()];
});
afterAll(() => browser.close());

const somebody = async () => (await newPerson(browser)).newPage();
const main = (page: Page) => page.locator("main").innerText();

/** Codes printed at the first sign-in to a backoffice: each later one takes one of them. */
let printed: string[] = [];

async function passSecondStep(page: Page): Promise<void> {
  await page.waitForURL(/\/(securiser|verification)\?/);
  if (page.url().includes("/securiser")) {
    await page.getByRole("link", { name: "Codes imprimés" }).click();
    printed = await page.locator(".codes li").allInnerTexts();
    await page.getByLabel("Tapez un de ces codes").fill(printed[0] ?? "");
  } else await page.getByLabel("Un de vos codes imprimés").fill(printed.pop() ?? "");
  await page.getByRole("button", { name: "Continuer", exact: true }).click();
}

it("an administrator invites an agent by name and work address, and lets them act on shared requests", async () => {
  await admin.goto(`${WOIPPY}/backoffice/agents`);
  await giveCredentials(admin, account("maxime.fictif"));
  await admin.getByLabel("Adresse électronique professionnelle").fill(email);
  await admin.getByLabel("Prénom").fill("Ariel");
  await admin.getByLabel("Nom", { exact: true }).fill("Nouveau");
  await admin.getByLabel(/Habiliter aux demandes partagées/).check();
  await admin.getByRole("button", { name: "Inviter", exact: true }).click();
  await expect.poll(() => main(admin)).toContain("Agent invité.");
});

it("the mail's link makes the agent's account, with a password of their choice", async () => {
  const [mail] = await untilMails(email, "vous invite dans son espace des agents", 1);
  const link = /http\S+\/invitation\/\S+/.exec(mail?.text ?? "")?.[0] ?? "";
  await agent.goto(link);
  expect(await main(agent)).toContain("Ariel Nouveau");
  await agent.getByLabel("Choisissez votre mot de passe").fill(credentials.password);
  await agent.getByRole("button", { name: "Créer mon compte professionnel" }).click();
  await expect.poll(() => main(agent)).toContain("Votre compte est prêt");
});

it("it leads to the backoffice, where the agent sees what concerns their commune, there and on the agglomeration's", async () => {
  const citizen = await somebody();
  await citizen.goto(`${METROPOLE}/demarches/signaler-un-probleme?commune=57751`);
  await citizen.getByRole("button", { name: /Commencer/ }).click();
  ({ number } = await fillReport(citizen, {
    type: "depot-sauvage",
    address: "3 rue du Fort",
    description: "Des pneus au pied du mur.",
  }));
  await agent.getByRole("link", { name: /Ouvrir l'espace des agents/ }).click();
  expect(await agent.getByLabel("Adresse électronique").inputValue()).toBe(email);
  await giveCredentials(agent, credentials);
  await passSecondStep(agent);
  await expect.poll(() => agent.url()).toBe(`${WOIPPY}${BACKOFFICE}`);
  await expect
    .poll(async () => {
      await agent.goto(`${WOIPPY}${BACKOFFICE}`);
      return main(agent);
    }, PATIENCE)
    .toContain(number);
  await agent.getByRole("row").filter({ hasText: number }).getByRole("link").first().click();
  await expect.poll(() => agent.url()).toContain(METROPOLE);
  expect(await main(agent)).toContain("Des pneus au pied du mur.");
});

it("at the portal the agent goes on as themselves, with an account of their own for the same address", async () => {
  const page = await somebody();
  await page.goto(`${WOIPPY}${BACKOFFICE}`);
  await giveCredentials(page, credentials);
  await passSecondStep(page);
  await expect.poll(() => page.url()).toBe(`${WOIPPY}${BACKOFFICE}`);
  await page.goto(`${WOIPPY}/demandes`);
  await page.getByRole("link", { name: "Continuer à titre personnel" }).click();
  expect(await main(page)).toContain("Une demande se fait à titre personnel");
  await page.getByRole("link", { name: "Créer mon compte" }).click();
  await page.getByLabel("Adresse électronique").fill(email);
  await page.getByLabel("Prénom").fill("Ariel");
  await page.getByLabel("Nom", { exact: true }).fill("Chez Soi");
  await page.getByLabel("Mot de passe", { exact: true }).fill("cinq autres mots sans rapport");
  await page.getByRole("button", { name: "Créer mon compte" }).click();
  const [mail] = await untilMails(email, "Confirmer mon adresse", 1);
  await page.getByLabel("Code reçu").fill(/\b\d{3} \d{3}\b/.exec(mail?.text ?? "")?.[0] ?? "");
  await page.getByRole("button", { name: "Continuer" }).click();
  await page.getByRole("button", { name: "Continuer" }).click();
  await expect.poll(() => page.url()).toBe(`${WOIPPY}/demandes`);
  expect(await page.locator("header").first().innerText()).toContain("Ariel Chez Soi");
});

it("removed, the agent is out of both sites, and signs in nowhere", async () => {
  const row = admin.getByRole("row").filter({ hasText: email });
  await admin.goto(`${WOIPPY}/backoffice/agents`);
  expect(await row.innerText()).not.toContain("pas encore venu");
  await row.getByRole("button", { name: /Retirer Ariel/ }).click();
  await expect.poll(() => main(admin)).toContain("Agent retiré");
  for (const site of [WOIPPY, METROPOLE])
    await expect
      .poll(async () => {
        await agent.goto(`${site}${BACKOFFICE}`);
        return new URL(agent.url()).pathname;
      }, PATIENCE)
      .toMatch(/^\/connexion\//);
  await giveCredentials(agent, credentials);
  await expect.poll(() => main(agent)).toContain("Votre compte professionnel est désactivé");
});
