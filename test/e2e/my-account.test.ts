import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { IdpConfig } from "@interco/contracts/idp-config";
import { serviceFetch } from "@interco/platform/http-client";
import { type Browser, newPerson, type Page, startBrowser } from "@interco/testing/browser";
import { sharedFederation, sharedFederationData } from "@interco/testing/federation";
import pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { untilMails } from "./mails.ts";
import { giveCredentials, siteOf } from "./people.ts";

const [WOIPPY, METZ] = [siteOf("57751"), siteOf("57463")];
const IDP = sharedFederation().idp.issuer;

let browser: Browser;
let database: pg.Client;
const person = {
  email: `compte-${crypto.randomUUID()}@courriel.example`,
  password: "quatre mots sans rapport",
};

beforeAll(async () => {
  browser = await startBrowser();
  const file = join(sharedFederationData(), "config/idp.json");
  const config = JSON.parse(readFileSync(file, "utf8")) as IdpConfig;
  database = new pg.Client({ connectionString: config.database.service });
  await database.connect();
  const made = await serviceFetch(`${IDP}/operator/accounts`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${config.secrets.operatorToken}`,
      "content-type": "application/json",
    },
    body: JSON.stringify({ ...person, kind: "personal", givenName: "Maryse", familyName: "Exemple" }),
  });
  expect(made.status).toBe(201);
});
afterAll(async () => {
  await browser.close();
  await database.end();
});

async function signIn(page: Page, site: string): Promise<void> {
  await page.goto(`${site}/connexion`);
  if (page.url().startsWith(IDP)) await giveCredentials(page, person);
  await expect.poll(() => page.url()).toContain(site);
}
const untilSignedOut = (page: Page, site: string) =>
  expect
    .poll(
      async () => {
        await page.goto(site);
        return page.getByRole("link", { name: "Se connecter" }).count();
      },
      { timeout: 10_000 },
    )
    .toBe(1);

it("is opened from a commune's site, corrected, closed everywhere, kept once, then erased", async () => {
  const page = await (await newPerson(browser)).newPage();
  await signIn(page, WOIPPY);
  await signIn(page, METZ);
  await page.goto(WOIPPY);
  await page.getByRole("link", { name: /Mon compte/ }).click();
  expect(page.url()).toBe(`${IDP}/compte`);

  await page.getByRole("link", { name: "Mon nom" }).click();
  await page.getByLabel("Prénom").fill("Maryse-Anne");
  await page.getByRole("button", { name: "Enregistrer" }).click();
  expect(await page.getByRole("status").innerText()).toContain("Votre nom est enregistré");
  await untilMails(person.email, "Votre nom a changé", 1);
  // A site has what it had until the next sign-in there.
  await page.goto(WOIPPY);
  expect(await page.locator(".visitor").innerText()).toContain("Maryse Exemple");

  await page.goto(`${IDP}/compte/connexions`);
  const sessions = await page.locator("main").innerText();
  for (const shown of ["Chrome sur un ordinateur Linux", "Cet appareil", "Woippy", "Metz"])
    expect(sessions).toContain(shown);
  await page.getByRole("button", { name: "Me déconnecter partout" }).click();
  expect(await page.locator("h1").innerText()).toBe("Vous êtes déconnecté partout");
  for (const site of [WOIPPY, METZ]) await untilSignedOut(page, site);

  await signIn(page, WOIPPY);
  await page.goto(WOIPPY);
  expect(await page.locator(".visitor").innerText()).toContain("Maryse-Anne Exemple");
  await askDeletion(page);
  await untilSignedOut(page, WOIPPY);
  await signIn(page, METZ);
  await untilMails(person.email, "Votre compte est gardé", 1);

  await askDeletion(page);
  await untilMails(person.email, "Votre compte va être supprimé", 2);
  await database.query("update account set deletion_due_at = now() where email = $1", [person.email]);
  await untilMails(person.email, "Votre compte est effacé", 1);
  expect((await database.query("select 1 from account where email = $1", [person.email])).rowCount).toBe(0);
  await page.goto(`${WOIPPY}/connexion`);
  await giveCredentials(page, person);
  expect(await page.locator(".error-summary").innerText()).toContain("n'est pas le bon");
});

async function askDeletion(page: Page): Promise<void> {
  await page.goto(`${IDP}/compte`);
  await page.getByRole("link", { name: "Supprimer mon compte" }).click();
  await page.getByRole("button", { name: "Supprimer mon compte" }).click();
  expect(await page.locator("h1").innerText()).toBe("Votre compte va être supprimé");
}
