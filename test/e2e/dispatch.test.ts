import { type Browser, newPerson, type Page, startBrowser } from "@interco/testing/browser";
import { afterAll, beforeAll, expect, it } from "vitest";
import { untilMails } from "./mails.ts";
import { account, fillReport, followByCode, giveCredentials, siteOf } from "./people.ts";

/** Who gets a request: by the tables, by a partner's mail, by hand; and what stays with whom when it moves on. */
const METROPOLE = siteOf("200039865");
const WOIPPY = siteOf("57751");
const METZ = siteOf("57463");
const FORM = `${METROPOLE}/demarches/signaler-un-probleme`;

let browser: Browser;
beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(() => browser.close());

async function report(
  from: string,
  what: { type: string; address: string; email?: string; commune?: string },
) {
  const page = await (await newPerson(browser)).newPage();
  await page.goto(`${FORM}?commune=${from}`);
  await page
    .getByRole("link", { name: /Commencer/ })
    .or(page.getByRole("button", { name: /Commencer/ }))
    .first()
    .click();
  const description = `Essai ${what.type} ${crypto.randomUUID()}`;
  return { page, description, ...(await fillReport(page, { description, ...what })) };
}

async function agentOf(start: string, site: string): Promise<Page> {
  const page = await (await newPerson(browser)).newPage();
  await page.goto(`${site}/backoffice/`);
  await giveCredentials(page, account(start));
  return page;
}

/** Opens a list again until a request is (or isn't) in it. */
async function untilListed(page: Page, url: string, number: string, count = 1): Promise<void> {
  await expect
    .poll(
      async () => {
        await page.goto(url);
        return page.getByRole("row").filter({ hasText: number }).count();
      },
      { timeout: 15_000 },
    )
    .toBe(count);
}

/** Hands a request over (or dispatches it) on the agglomeration's instance, where it lives. */
async function handOver(agent: Page, number: string, what: { to: string; reason: string; address?: string }) {
  await agent.goto(`${METROPOLE}/backoffice/demandes/${number}/transmettre`);
  const to = agent.getByLabel("Qui doit s'en occuper ?");
  const choice = to
    .locator("option")
    .filter({ hasText: new RegExp(`^\\s*((Mairie|Ville) de )?${what.to}\\s*$`) })
    .first();
  await to.selectOption((await choice.getAttribute("value")) ?? "");
  await agent.getByLabel(/^Raison/).fill(what.reason);
  if (what.address) {
    await agent.getByText("Le lieu indiqué est faux ?").click();
    await agent.getByLabel("Corriger le lieu de la demande").check();
    await agent.getByLabel("Commune", { exact: true }).selectOption({ label: what.to });
    await agent.getByLabel(/Numéro et rue/).fill(what.address);
  }
  await agent.getByRole("button", { name: /^(Orienter|Transmettre)$/ }).click();
}

it("the métropole's types go to the métropole, whose agents process them; Woippy follows without reading the answers", async () => {
  const { number, description } = await report("57751", { type: "fuite-eau", address: "3 rue de l'Exemple" });
  const charlie = await agentOf("charlie.patron", METROPOLE);
  await untilListed(charlie, `${METROPOLE}/backoffice/`, number);
  const alix = await agentOf("alix.modele", WOIPPY);
  await untilListed(alix, `${WOIPPY}/backoffice/demandes?file=metropole`, number);
  await alix.getByRole("row").filter({ hasText: number }).getByRole("link").first().click();
  const seen = await alix.locator("body").innerText();
  expect(seen).toContain(number);
  expect(seen).not.toContain(description);
});

it("a partner gets its request by mail, and the author is told who answers", async () => {
  const email = `auteur-${crypto.randomUUID()}@courriel.example`;
  const { number, page } = await report("57751", { type: "college", address: "1 rue du Collège", email });
  expect(await page.locator("main").innerText()).toContain("Département");
  const [toAuthor] = await untilMails(email, number, 1);
  expect(toAuthor?.text).toContain("Département");
  const [toPartner] = await untilMails("departement", number, 1);
  expect(toPartner?.text).toContain("1 rue du Collège");
});

it("what only a person can decide waits in triage, is dispatched by hand, and its author is told once", async () => {
  const email = `auteur-${crypto.randomUUID()}@courriel.example`;
  const { number, code, description } = await report("57751", {
    type: "autre",
    address: "5 rue du Fort",
    email,
  });
  const andrea = await agentOf("andrea.gabarit", METROPOLE);
  await untilListed(andrea, `${METROPOLE}/backoffice/a-orienter`, number);
  await handOver(andrea, number, { to: "Woippy", reason: "Relève de la commune." });
  const mails = await untilMails(email, number, 2);
  expect(mails).toHaveLength(2);
  expect(mails[1]?.html).toContain("Mairie de Woippy");
  const alix = await agentOf("alix.modele", WOIPPY);
  await untilListed(alix, `${WOIPPY}/backoffice/`, number);
  const author = await (await newPerson(browser)).newPage();
  await followByCode(author, WOIPPY, number, code);
  expect(await author.locator("main").innerText()).toContain("Mairie de Woippy");
  // The agglomeration's agents keep a tombstone: they don't open a request in a commune's charge.
  await andrea.goto(`${METROPOLE}/backoffice/demandes/${number}`);
  const left = await andrea.locator("body").innerText();
  expect(left).toContain("Woippy");
  expect(left).not.toContain(description);
  expect(left).not.toContain(email);
});

it("an agent of Woippy sees no request of Metz, and a guessed number is no request at all", async () => {
  const { number } = await report("57463", { type: "depot-sauvage", address: "8 rue du Modèle" });
  const noa = await agentOf("noa.echantillon", METZ);
  await untilListed(noa, `${METZ}/backoffice/`, number);
  const alix = await agentOf("alix.modele", WOIPPY);
  await untilListed(alix, `${WOIPPY}/backoffice/demandes`, number, 0);
  for (const site of [WOIPPY, METROPOLE]) {
    const answer = await alix.goto(`${site}/backoffice/demandes/${number}`);
    expect(answer?.status()).toBe(404);
  }
});

it("handed over from Woippy to Metz with its place corrected: Woippy keeps a tombstone, Metz has it, the author is told once", async () => {
  const email = `auteur-${crypto.randomUUID()}@courriel.example`;
  const { number, description } = await report("57751", {
    type: "depot-sauvage",
    address: "2 rue de la Limite",
    email,
  });
  const alix = await agentOf("alix.modele", WOIPPY);
  await untilListed(alix, `${WOIPPY}/backoffice/`, number);
  await alix.getByRole("row").filter({ hasText: number }).getByRole("link").first().click();
  await handOver(alix, number, { to: "Metz", reason: "Le lieu est à Metz.", address: "2 rue du Spécimen" });
  const noa = await agentOf("noa.echantillon", METZ);
  await untilListed(noa, `${METZ}/backoffice/`, number);
  await noa.getByRole("row").filter({ hasText: number }).getByRole("link").first().click();
  const read = await noa.locator("main").innerText();
  expect(read).toContain(description);
  expect(read).toMatch(/, 2 rue du Spécimen, Metz/);
  // The former place is in the history alone: it was there that the citizen saw it.
  expect(await noa.locator(".facts").first().innerText()).not.toContain("Limite");
  await untilListed(alix, `${WOIPPY}/backoffice/`, number, 0);
  await untilListed(alix, `${WOIPPY}/backoffice/demandes`, number);
  const row = await alix.getByRole("row").filter({ hasText: number }).innerText();
  expect(row).toContain("Transmise à");
  expect(row).not.toContain("Limite");
  const mails = await untilMails(email, number, 2);
  expect(mails).toHaveLength(2);
  expect(mails[1]?.subject).toContain("transmise");
});

it("placed in Woippy and handed to the agglomeration: Woippy still follows it, with its own notes", async () => {
  const { number, description } = await report("57751", { type: "graffiti", address: "9 rue du Fort" });
  const alix = await agentOf("alix.modele", WOIPPY);
  await untilListed(alix, `${WOIPPY}/backoffice/`, number);
  await alix.goto(`${METROPOLE}/backoffice/demandes/${number}`);
  await alix.locator("summary").filter({ hasText: "Note interne" }).click();
  await alix.getByLabel("Note interne").fill("Vu sur place le matin.");
  await alix.getByRole("button", { name: "Enregistrer la note" }).click();
  await handOver(alix, number, { to: "Eurométropole de Metz", reason: "Mur de la Métropole." });
  await untilListed(alix, `${WOIPPY}/backoffice/demandes?file=metropole`, number);
  await alix.goto(`${METROPOLE}/backoffice/demandes/${number}`);
  const seen = await alix.locator("body").innerText();
  expect(seen).toContain("Vu sur place le matin.");
  expect(seen).not.toContain(description);
  const charlie = await agentOf("charlie.patron", METROPOLE);
  await untilListed(charlie, `${METROPOLE}/backoffice/`, number);
  await charlie.goto(`${METROPOLE}/backoffice/demandes/${number}`);
  const processed = await charlie.locator("body").innerText();
  expect(processed).toContain(description);
  expect(processed).not.toContain("Vu sur place le matin.");
});
