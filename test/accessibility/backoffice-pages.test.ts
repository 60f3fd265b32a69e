import { type Browser, type Page, startBrowser } from "@interco/testing/browser";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { fillReport } from "../e2e/people.ts";
import { fileReport, METROPOLE, METZ, press, signedIn, WOIPPY } from "./filing.ts";
import type { Inspector } from "./inspector.ts";

/** Every page an agent or an administrator meets, in each state a request leaves it in. */
// A page looked at costs a second of an idle machine, and several of a busy one.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

let browser: Browser;
const requests = { inCharge: "", gone: "", followed: "", triage: "" };

beforeAll(async () => {
  browser = await startBrowser();
  const place = { address: "12 rue du Fort" };
  requests.inCharge = (
    await fileReport(browser, { type: "depot-sauvage", email: "auteur@courriel.example", ...place })
  ).number;
  requests.gone = (await fileReport(browser, { type: "depot-sauvage", ...place })).number;
  requests.followed = (await fileReport(browser, { type: "fuite-eau", ...place })).number;
  requests.triage = (await fileReport(browser, { type: "autre", ...place })).number;
});
afterAll(() => browser.close());

const agentOf = (start: string, site: string) => signedIn(browser, start, `${site}/backoffice/`);

/** Lists learn of a shared request by events: opens one again until it is there. */
async function untilListed({ page }: Inspector, url: string, number: string): Promise<void> {
  await expect
    .poll(
      async () => {
        await page.goto(url);
        return page.getByRole("row").filter({ hasText: number }).count();
      },
      { timeout: 15_000 },
    )
    .toBe(1);
}

it("a commune's lists, full, filtered, searched and empty, and what is told of a request followed", async () => {
  const alix = await agentOf("alix.modele", WOIPPY);
  for (const [queue, number] of [
    ["/backoffice/", requests.inCharge],
    ["/backoffice/demandes?file=metropole", requests.followed],
  ] as const) {
    await untilListed(alix, WOIPPY + queue, number);
    await alix.look(`Woippy ${queue}`);
  }
  for (const path of [
    "/backoffice/demandes",
    "/backoffice/demandes?file=en-retard",
    "/backoffice/demandes?file=miennes",
    "/backoffice/demandes?file=a-traiter&equipe=technique&tri=oldest",
    "/backoffice/demandes?q=rien-de-tel",
    "/backoffice/a-orienter",
    "/backoffice/saisir",
  ])
    await alix.visit(WOIPPY + path);
  await alix.page.goto(`${WOIPPY}/backoffice/saisir`);
  await press(alix.page, "Commencer");
  await alix.look("filing for somebody, nothing chosen", { status: 422, again: false });
  await fileAtTheCounter(alix);
  await alix.visit(`${WOIPPY}/backoffice/rien`, { status: 404 });
  // Only the agglomeration has tables.
  await alix.visit(`${WOIPPY}/backoffice/orientation`, { status: 404 });
  await alix.visit(`${WOIPPY}/backoffice/demandes/WOI-2026-7K3MP9R`, { status: 404 });
  expect(alix.takeFaults()).toEqual([]);
});

/** "Saisir pour un usager", to the receipt the agent prints. */
async function fileAtTheCounter(agent: Inspector): Promise<void> {
  const { page } = agent;
  await page.goto(`${WOIPPY}/backoffice/saisir?demarche=inscription-cantine`);
  await page.locator("input[value=counter]").check({ force: true });
  await press(page, "Commencer");
  await agent.look("filing for somebody, first step");
  await press(page, "Continuer");
  await agent.look("filing for somebody, with mistakes", { status: 422, again: false });
  await page.goto(
    `${METROPOLE}/backoffice/saisir?entite=${await entityOf(page)}&demarche=signaler-un-probleme`,
  );
  await page.locator("input[value=phone]").check({ force: true });
  await press(page, "Commencer");
  await fillReport(page, {
    type: "depot-sauvage",
    address: "12 rue du Fort",
    description: "Dit au téléphone.",
  });
  await agent.look("filed for somebody");
  await page
    .getByRole("link", { name: /Imprimer le récépissé|reçu|récépissé/i })
    .first()
    .click();
  await agent.look("receipt to hand over");
}

/** The entity an agent works for, as the links of its own backoffice name it to the agglomeration's. */
async function entityOf(page: Page): Promise<string> {
  await page.goto(`${WOIPPY}/backoffice/saisir`);
  const href = await page.locator("a[href*='entite=']").first().getAttribute("href");
  return new URL(href ?? "", page.url()).searchParams.get("entite") ?? "";
}

it("a shared request: followed, in charge, with each box open, acted on, handed over, gone", async () => {
  const alix = await agentOf("alix.modele", WOIPPY);
  const { page } = alix;
  const desk = (number: string) => `${METROPOLE}/backoffice/demandes/${number}`;
  await alix.visit(desk(requests.followed));
  await alix.visit(desk(requests.inCharge));
  await press(page, "Je m'en occupe");
  await alix.look("request, taken");
  for (const box of [/^\s*Note interne\s*$/, /^\s*Message à l'usager\s*$/]) {
    await page.locator("summary").filter({ hasText: box }).click();
    await alix.look(`request, box ${box}`, { again: false });
  }
  await press(page, "Envoyer à l'usager");
  await alix.look("request, empty message", { status: 422, again: false });
  const asking = page.locator("details.act > summary").first();
  if (await asking.count()) {
    await asking.click();
    await alix.look("request, an action that asks why", { again: false, status: 422 });
  }
  await alix.visit(`${desk(requests.gone)}/transmettre`);
  await page.getByText("Le lieu indiqué est faux ?").click();
  await press(page, "Transmettre");
  await alix.look("hand-over, with mistakes", { status: 422, again: false });
  await page.getByLabel("Qui doit s'en occuper ?").selectOption({ label: "Ville de Metz" });
  await page.getByLabel(/^Raison/).fill("Le lieu est à Metz.");
  await press(page, "Transmettre");
  await alix.look("handed over");
  await alix.visit(desk(requests.gone));
  expect(alix.takeFaults()).toEqual([]);
});

it("the agglomeration's triage and dispatch", async () => {
  const andrea = await agentOf("andrea.gabarit", METROPOLE);
  await untilListed(andrea, `${METROPOLE}/backoffice/a-orienter`, requests.triage);
  await andrea.look("triage");
  for (const path of ["/backoffice/", "/backoffice/saisir", "/backoffice/orientation"])
    await andrea.visit(METROPOLE + path);
  await andrea.visit(`${METROPOLE}/backoffice/demandes/${requests.triage}`);
  await andrea.visit(`${METROPOLE}/backoffice/demandes/${requests.triage}/transmettre`);
  await andrea.visit(`${METROPOLE}/backoffice/demandes/${requests.followed}`);
  expect(andrea.takeFaults()).toEqual([]);
});

it("an administrator's pages", async () => {
  const eden = await agentOf("eden.prototype", METZ);
  for (const path of ["/backoffice/", "/backoffice/agents", "/backoffice/journal"])
    await eden.visit(METZ + path);
  await eden.page.goto(`${METZ}/backoffice/agents`);
  await press(eden.page, /Inviter|Ajouter/);
  await eden.look("agents, nothing typed", { status: 422, again: false });
  expect(eden.takeFaults()).toEqual([]);
});
