import { type Browser, newPerson, type Page, startBrowser } from "@interco/testing/browser";
import { sharedFederation } from "@interco/testing/federation";
import pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { countMails, untilMails } from "./mails.ts";
import { account, fillReport, followByCode, giveCredentials, siteOf } from "./people.ts";

/** The product's main promise, as two people live it. Steps are tests, in order: each stands on the one before. */
const WOIPPY = siteOf("57751");
const METZ = siteOf("57463");
const METROPOLE = siteOf("200039865");

let browser: Browser;
let citizen: Page;
let agent: Page;
let number = "";
let code = "";
const camille = account("camille.exemple");

beforeAll(async () => {
  browser = await startBrowser();
  citizen = await (await newPerson(browser)).newPage();
  agent = await (await newPerson(browser)).newPage();
});
afterAll(() => browser.close());

it("signs in once on Woippy's site, and is known on Metz's without a second password", async () => {
  await citizen.goto(WOIPPY);
  await citizen.getByRole("link", { name: "Se connecter" }).click();
  expect(new URL(citizen.url()).host).toBe(new URL(sharedFederation().idp.issuer).host);
  await expect.poll(() => citizen.locator("main").innerText()).toContain("Woippy");
  await giveCredentials(citizen, camille);
  await expect.poll(() => citizen.url()).toBe(`${WOIPPY}/`);
  await citizen.goto(METZ);
  await citizen.getByRole("link", { name: "Se connecter" }).click();
  await expect.poll(() => citizen.url()).toBe(`${METZ}/`);
  expect(await citizen.locator("header").first().innerText()).toContain("Camille Exemple");
});

it("gives two communes two different subjects for one person", async () => {
  const subs = await Promise.all(["woippy", "metz"].map(lastSubject));
  expect(subs.every(Boolean)).toBe(true);
  expect(new Set(subs).size).toBe(2);
});

it("leads from Woippy's portal to the agglomeration's form, Woippy chosen, with no second login", async () => {
  await citizen.goto(`${WOIPPY}/demarches`);
  await citizen
    .getByRole("link", { name: /Signaler un problème/ })
    .first()
    .click();
  expect(citizen.url()).toBe(`${METROPOLE}/demarches/signaler-un-probleme?commune=57751`);
  expect(await citizen.locator("header").first().innerText()).toContain("Vous venez du site de");
  await citizen
    .getByRole("link", { name: /Commencer/ })
    .or(citizen.getByRole("button", { name: /Commencer/ }))
    .first()
    .click();
  ({ number, code } = await fillReport(citizen, {
    type: "depot-sauvage",
    address: "12 rue du Fort",
    description: "Un matelas et des sacs au pied des conteneurs.",
  }));
  expect(number).toMatch(/^EMM-\d{4}-/);
  const confirmation = await citizen.locator("main").innerText();
  expect(confirmation).toContain("Votre demande est suivie par");
  expect(confirmation).toContain("Mairie de Woippy");
});

it("sends one acknowledgement, in the name of Woippy's town hall", async () => {
  const mails = await untilMails(camille.email, number, 1);
  expect(mails[0]?.from).toBe("ne-pas-repondre@woippy.example");
  expect(mails[0]?.html).toContain("Mairie de Woippy");
  expect(mails[0]?.text).toContain("Votre demande est suivie par");
});

it("shows it in Woippy's backoffice, told apart, and opens it on the agglomeration's with no second login", async () => {
  await agent.goto(`${WOIPPY}/backoffice/`);
  await giveCredentials(agent, account("alix.modele"));
  const row = agent.getByRole("row").filter({ hasText: number });
  await expect
    .poll(async () => {
      await agent.reload();
      return row.count();
    })
    .toBe(1);
  expect(await row.innerText()).toContain("Métropole");
  await row.getByRole("link").first().click();
  expect(agent.url()).toContain(`${METROPOLE}/backoffice/demandes/${number}`);
  const page = await agent.locator("body").innerText();
  expect(page).toContain("Vous agissez pour Woippy");
  expect(page).toContain("Un matelas et des sacs");
});

it("lets Woippy's agent take it, note, write and close it", async () => {
  await agent.getByRole("button", { name: "Je m'en occupe" }).first().click();
  await agent
    .locator("summary, button, a")
    .filter({ hasText: /^\s*Note interne\s*$/ })
    .first()
    .click();
  await agent.getByLabel("Note interne").fill("Voir avec l'équipe du jeudi.");
  await agent.getByRole("button", { name: "Enregistrer la note" }).click();
  expect(await agent.locator("main").innerText()).toContain("Voir avec l'équipe du jeudi.");
  await agent
    .locator("summary, button, a")
    .filter({ hasText: /^\s*Message à l'usager\s*$/ })
    .first()
    .click();
  await agent.getByLabel("Message à l'usager").first().fill("L'équipe passera jeudi dans la matinée.");
  await agent.getByRole("button", { name: "Envoyer à l'usager" }).click();
  expect(await agent.locator("main").innerText()).toContain("L'équipe passera jeudi dans la matinée.");
  await agent
    .getByRole("button", { name: "Résolue" })
    .or(agent.getByRole("link", { name: "Résolue" }))
    .first()
    .click();
  const confirm = agent.getByRole("button", { name: /Résolue|Enregistrer|Confirmer/ });
  if (
    !(await agent.locator("main").innerText()).includes("L'état de la demande est à jour") &&
    (await confirm.count())
  )
    await confirm.first().click();
  await expect.poll(() => agent.locator("main").innerText()).toContain("Résolue");
});

it("shows the new status on Woippy's site, on the agglomeration's and by tracking code; never the internal note", async () => {
  await citizen.goto(`${WOIPPY}/demandes`);
  const mine = citizen.locator("main");
  expect(await mine.innerText()).toContain(number);
  expect(await mine.innerText()).toContain("Résolue");
  await citizen.goto(`${METROPOLE}/demandes/${number}`);
  const followed = await citizen.locator("main").innerText();
  expect(followed).toContain("Résolue");
  expect(followed).toContain("L'équipe passera jeudi dans la matinée.");
  expect(followed).not.toContain("Voir avec l'équipe du jeudi.");
  const anonymous = await (await newPerson(browser)).newPage();
  await followByCode(anonymous, METZ, number, code.toLowerCase());
  expect(new URL(anonymous.url()).origin).toBe(METROPOLE);
  expect(await anonymous.locator("main").innerText()).toContain("Résolue");
});

it("sends one mail for each thing that happened, not two", async () => {
  // The acknowledgement, the taking, the message, the closing.
  const mails = await untilMails(camille.email, number, 4);
  expect(new Set(mails.map((mail) => mail.subject)).size).toBe(4);
  expect(await countMails(camille.email, number)).toBe(4);
});

it("ends the sessions of every site with one logout", async () => {
  await citizen.goto(WOIPPY);
  await citizen.getByRole("button", { name: "Se déconnecter" }).click();
  for (const name of ["Me déconnecter", "Me déconnecter de tous les sites"]) {
    const button = citizen.getByRole("button", { name, exact: true });
    if (await button.isVisible().catch(() => false)) await button.click();
  }
  for (const site of [WOIPPY, METZ, METROPOLE]) {
    await expect
      .poll(async () => {
        await citizen.goto(site);
        return citizen.getByRole("link", { name: "Se connecter" }).count();
      })
      .toBe(1);
  }
  await citizen.goto(`${METROPOLE}/demandes`);
  expect(new URL(citizen.url()).host).toBe(new URL(sharedFederation().idp.issuer).host);
});

/** The subject of the newest citizen's session on an instance. */
async function lastSubject(instance: string): Promise<string | undefined> {
  const database = sharedFederation().instances.find(({ name }) => name === instance)?.database;
  const client = new pg.Client({ connectionString: database });
  await client.connect();
  try {
    const { rows } = await client.query<{ sub: string }>(
      "select sub from session where kind = 'citizen' order by created_at desc limit 1",
    );
    return rows[0]?.sub;
  } finally {
    await client.end();
  }
}
