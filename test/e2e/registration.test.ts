import { type Browser, newPerson, startBrowser } from "@interco/testing/browser";
import { sharedFederation } from "@interco/testing/federation";
import { afterAll, beforeAll, expect, it } from "vitest";
import { untilMails } from "./mails.ts";
import { siteOf } from "./people.ts";

const METROPOLE = siteOf("200039865");

let browser: Browser;

beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(() => browser.close());

it("makes an account in the middle of a form, and comes back to it signed in, with all that was typed", async () => {
  const email = `nouvelle-${crypto.randomUUID()}@courriel.example`;
  const page = await (await newPerson(browser)).newPage();
  const next = () => page.getByRole("button", { name: "Continuer" }).click();
  await page.goto(`${METROPOLE}/demarches/signaler-un-probleme?commune=57751`);
  await page.getByRole("button", { name: /Commencer/ }).click();
  await page.locator('details:has(input[value="depot-sauvage"]) > summary').click();
  await page.locator('input[value="depot-sauvage"]').check({ force: true });
  await next();
  await page.getByLabel(/Numéro et rue/).fill("31 rue du Fort");
  await next();
  await page.getByRole("textbox").first().fill("Un canapé sur le trottoir.");
  await next();
  await next();
  const check = page.url();
  await page.getByRole("link", { name: /Se connecter pour la retrouver/ }).click();
  await page.getByRole("link", { name: "Créer mon compte" }).click();
  await page.getByLabel("Adresse électronique").fill(email);
  await page.getByLabel("Prénom").fill("Nouvelle");
  await page.getByLabel("Nom", { exact: true }).fill("Arrivée");
  await page.getByLabel("Mot de passe", { exact: true }).fill("quatre mots sans rapport");
  await page.getByRole("button", { name: "Créer mon compte" }).click();
  const [mail] = await untilMails(email, "Confirmer mon adresse", 1);
  expect(mail?.from).toBe(`ne-pas-repondre@${new URL(sharedFederation().idp.issuer).hostname}`);
  await page.getByLabel("Code reçu").fill(/\b\d{3} \d{3}\b/.exec(mail?.text ?? "")?.[0] ?? "");
  await page.getByRole("button", { name: "Continuer" }).click();
  await expect.poll(() => page.url()).toBe(check);
  const text = await page.locator("main").innerText();
  for (const kept of ["31 rue du Fort", "Un canapé sur le trottoir.", "Nouvelle Arrivée"])
    expect(text).toContain(kept);
});
