import { type Browser, startBrowser } from "@interco/testing/browser";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { fillReport, kept } from "../e2e/people.ts";
import { METROPOLE, METZ, press, signedIn, WOIPPY } from "./filing.ts";
import { type Inspector, newInspector } from "./inspector.ts";

/** Every page between "Commencer" and the end of following, each with its mistakes. Steps are tests, in order. */
// A page looked at costs a second of an idle machine, and several of a busy one.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

let browser: Browser;
let citizen: Inspector;
let kit = { number: "", code: "" };
beforeAll(async () => {
  browser = await startBrowser();
  citizen = await newInspector(browser);
});
afterAll(() => browser.close());

const next = () => press(citizen.page, "Continuer");
/** The page as it comes, then as it comes back when nothing was typed. */
async function step(name: string): Promise<void> {
  await citizen.look(name);
  await next();
  await citizen.look(`${name}, with mistakes`, { status: 422, again: false });
}

it("the shared form, step by step, each with its mistakes, left for later and taken up again", async () => {
  const { page } = citizen;
  await page.goto(`${METROPOLE}/demarches/signaler-un-probleme?commune=57751`);
  await press(page, /Commencer/);
  await step("report: type");
  await page.locator(`details:has(input[value="depot-sauvage"]) > summary`).click();
  await page.locator(`input[value="depot-sauvage"]`).check({ force: true });
  await next();
  await page.getByLabel(/Numéro et rue/).fill("");
  await step("report: place");
  await page.getByLabel(/Numéro et rue/).fill("12 rue du Fort");
  await next();
  await step("report: details");
  await page.getByRole("textbox").first().fill("Un canapé devant le numéro 12.");
  await page.locator("input[type=file]").setInputFiles({
    name: "photo.jpg",
    mimeType: "image/jpeg",
    buffer: Buffer.from("MZ: this is no picture"),
  });
  await next();
  await citizen.look("report: disguised file", { status: 422, again: false });
  await page.locator("input[type=file]").setInputFiles({
    name: "photo.png",
    mimeType: "image/png",
    buffer: await page.screenshot({ clip: { x: 0, y: 0, width: 64, height: 48 } }),
  });
  await press(page, /plus tard/);
  await citizen.look("report: left for later", { again: false });
  await page
    .getByRole("link", { name: /Continuer|Reprendre/ })
    .first()
    .click();
  await citizen.look("report: taken up again, with a photo");
  await next();
  await citizen.look("report: contact");
  await page.getByLabel(/lectronique/).fill("pas une adresse");
  await next();
  await citizen.look("report: contact, with mistakes", { status: 422, again: false });
  await page.getByLabel(/lectronique/).fill(`auteur-${crypto.randomUUID()}@courriel.example`);
  await next();
  await citizen.look("report: check");
  await press(page, /Envoyer mon/);
  await citizen.look("report: confirmation");
  kit = await kept(page);
  const confirmation = page.url();
  await citizen.visit(confirmation.replace(/confirmation$/, "recu"));
  expect(citizen.takeFaults()).toEqual([]);
});

it("other procedures' fields: dates, numbers, choices", async () => {
  const { page } = citizen;
  await page.goto(`${WOIPPY}/demarches/inscription-cantine`);
  await press(page, /Commencer/);
  await step("canteen: child");
  await page.goto(`${METROPOLE}/demarches/carte-de-decheterie`);
  await press(page, /Commencer/);
  await step("card: application");
  expect(citizen.takeFaults()).toEqual([]);
});

it("one's requests, and the question asked when one is closed, answered by the link of its page", async () => {
  const camille = await signedIn(browser, "camille.exemple", `${WOIPPY}/connexion`);
  await camille.page.goto(
    `${METROPOLE}/connexion?silencieux=1&retour=${encodeURIComponent("/demarches/signaler-un-probleme?commune=57751")}`,
  );
  await press(camille.page, /Commencer/);
  const { number } = await fillReport(camille.page, {
    type: "depot-sauvage",
    address: "20 rue du Fort",
    description: "Des sacs devant le portail.",
  });
  await camille.visit(`${WOIPPY}/demandes`);
  await camille.visit(`${METROPOLE}/demandes/${number}`);
  const alix = await signedIn(browser, "alix.modele", `${WOIPPY}/backoffice/`);
  await alix.page.goto(`${METROPOLE}/backoffice/demandes/${number}`);
  await press(alix.page, "Résolue");
  await alix.page.getByText("L'état de la demande est à jour").waitFor();
  await camille.visit(`${METROPOLE}/demandes/${number}`);
  await camille.page.getByRole("link", { name: "Non, pas encore" }).click();
  await camille.look("settled?");
  await press(camille.page, "Envoyer ma réponse");
  await camille.look("settled?, with mistakes", { status: 422, again: false });
  await camille.page.getByRole("textbox").last().fill("Les sacs sont toujours là.");
  await press(camille.page, "Envoyer ma réponse");
  await camille.look("settled?, reopened");
  expect(camille.takeFaults()).toEqual([]);
});

it("following: by code, with a wrong one, from another site, and a word added", async () => {
  const { page } = citizen;
  await citizen.visit(`${METROPOLE}/demandes/${kit.number}`);
  await press(page, /Ajouter|Envoyer/);
  await citizen.look("followed request, empty message", { status: 422, again: false });
  await page.getByRole("textbox").last().fill("Il y a aussi un matelas.");
  await press(page, /Ajouter|Envoyer/);
  await citizen.look("followed request, message added");
  const stranger = await newInspector(browser);
  await stranger.visit(`${METZ}/suivi`);
  await press(stranger.page, "Voir ma demande");
  await stranger.look("follow, nothing typed", { status: 422, again: false });
  await stranger.visit(`${METROPOLE}/demandes/${kit.number}`, { status: 404 });
  await stranger.page.goto(`${METROPOLE}/suivi`);
  await stranger.page.getByLabel("Numéro de la demande").fill(kit.number);
  await stranger.page.getByLabel("Code de suivi").fill("22222 22222");
  await press(stranger.page, "Voir ma demande");
  await stranger.look("follow, wrong code", { status: 422, again: false });
  await stranger.page.goto(`${WOIPPY}/suivi`);
  await stranger.page.getByLabel("Numéro de la demande").fill(kit.number);
  await stranger.page.getByLabel("Code de suivi").fill(kit.code);
  await press(stranger.page, "Voir ma demande");
  await stranger.look("follow, on another site", { again: false });
  await press(stranger.page, "Ouvrir ma demande");
  await stranger.look("followed request, by code");
  expect([...citizen.takeFaults(), ...stranger.takeFaults()]).toEqual([]);
});
