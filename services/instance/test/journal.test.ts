import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import { setAuthorisation } from "../src/agents/agent-repository.ts";
import { SESSION_COOKIE } from "../src/sign-in/session-cookie.ts";
import { agentBrowser, createBackoffice, file } from "./backoffice-fixture.ts";
import { CitizenBrowser } from "./citizen-browser.ts";
import { IDS, type TestInstance } from "./test-instance.ts";
import { signedIn } from "./test-session.ts";

/** The agglomeration's instance, which hosts Woippy too; Metz has its own elsewhere, and sends its agents. */
let instance: TestInstance;
const NOA = { agentId: randomUUID(), name: "Noa Gabarit" };
const MAYOR = { agentId: randomUUID(), name: "Sacha Témoin" };

beforeAll(async () => {
  instance = await createBackoffice(["metropole", "woippy"]);
  await received(NOA.agentId, ["process"]);
  await received(MAYOR.agentId, ["process", "journal"]);
});
afterAll(() => instance?.[Symbol.asyncDispose]());

const received = (agentId: string, rights: string[]) =>
  instance.deps.db.within({ entities: [IDS.metz] }, (trx) =>
    setAuthorisation(trx, IDS.metz, agentId, rights, 1, false),
  );
async function guest(who: typeof NOA) {
  const { headers, token } = await signedIn(instance, { site: "metropole", ...who });
  const browser = new CitizenBrowser(instance, headers.host);
  browser.cookies.set(SESSION_COOKIE, token);
  return browser;
}
const page = (number: string, end = "") => `/backoffice/demandes/${number}${end}`;
const JOURNAL = "/backoffice/journal";

it("the agglomeration reads of a guest's acts those on its own requests, and neither their searches nor what is their commune's", async () => {
  const ours = await file(instance, { type: "fuite-eau", commune: "57463" });
  const theirs = await file(instance, { type: "depot-sauvage", commune: "57463" });
  const noa = await guest(NOA);
  await noa.open(page(ours.number));
  await noa.send({ note: "Vu." }, { action: page(ours.number, "/note") });
  await noa.open(page(theirs.number));
  expect(noa.page.statusCode).toBe(200);
  await noa.open("/backoffice/demandes?q=voisin");
  await noa.open(page("EMM-2026-AAAAAAA"));

  const charlie = await agentBrowser(instance, "metropole");
  await charlie.open(JOURNAL);
  expect(charlie.text()).toContain("Au nom de");
  expect(charlie.text()).toMatch(new RegExp(`Noa Gabarit Metz A ajouté une note ${ours.number}`));
  expect(charlie.text()).toContain("Noa Gabarit Metz A demandé une demande qui n'est pas ici");
  for (const hidden of [theirs.number, "voisin", "EMM-2026-AAAAAAA", "A cherché"])
    expect(charlie.text()).not.toContain(hidden);
  // Only what is shown can be filtered by.
  await charlie.open(`${JOURNAL}?agent=${NOA.agentId}`);
  expect(charlie.text()).not.toContain(theirs.number);
});

it("a commune finds on the agglomeration's instance all its agents did there, and nothing of anybody else", async () => {
  const charlie = await agentBrowser(instance, "metropole");
  await charlie.open("/backoffice/demandes?q=licorne");
  const sacha = await guest(MAYOR);
  await sacha.open(JOURNAL);
  expect(sacha.page.statusCode).toBe(200);
  expect(sacha.text()).toContain("A cherché voisin");
  expect(sacha.text()).toContain("EMM-2026-AAAAAAA");
  expect(sacha.text()).toContain("Noa Gabarit A ouvert la demande");
  expect(sacha.text()).not.toContain("licorne");
  expect(sacha.text()).not.toContain("Charlie");
  const noa = await guest(NOA);
  expect((await noa.open(JOURNAL)).statusCode).toBe(403);
  expect((await sacha.open("/backoffice/agents")).statusCode).toBe(403);
});

it("a commune hosted beside the agglomeration keeps its journal to itself, what its agents do on either site in one place", async () => {
  const request = await file(instance, { type: "depot-sauvage" });
  const alix = await agentBrowser(instance, "woippy", "metropole");
  await alix.open(page(request.number));
  const charlie = await agentBrowser(instance, "metropole");
  await charlie.open(JOURNAL);
  expect(charlie.text()).not.toContain("Alix Modèle");
  const home = await agentBrowser(instance, "woippy");
  await home.open(JOURNAL);
  expect(home.text()).toContain(`Alix Modèle A ouvert la demande ${request.number}`);
  expect(home.text()).not.toContain("Au nom de");
});

it("a search through the list API and a hand-over page opened are in the journal", async () => {
  const request = await file(instance, { type: "depot-sauvage" });
  const alix = await agentBrowser(instance, "woippy");
  await alix.open("/api/backoffice/demandes?q=quai+des+licornes");
  await alix.open(page(request.number, "/transmettre"));
  await alix.open(page("WOI-2026-BBBBBBB", "/transmettre"));
  await alix.open(JOURNAL);
  expect(alix.text()).toContain("A cherché quai des licornes");
  expect(alix.text()).toContain(`A ouvert la demande ${request.number}`);
  expect(alix.text()).toContain("A demandé une demande qui n'est pas ici WOI-2026-BBBBBBB");
});

it("a commune's own journal leads to the one kept on the agglomeration's instance", async () => {
  await using apart = await createBackoffice(["metz"]);
  const noa = await agentBrowser(apart, "metz");
  await noa.open(JOURNAL);
  expect(noa.page.body).toContain(
    `href="http://metropole.localhost:4404/backoffice/journal?entite=${IDS.metz}"`,
  );
});
