import { type Browser, newPerson, type Page, startBrowser } from "@interco/testing/browser";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { untilMails } from "./mails.ts";
import { account, siteOf } from "./people.ts";

const BACKOFFICE = `${siteOf("57751")}/backoffice/`;
let browser: Browser;

beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(() => browser.close());

async function throughProConnect(person: string): Promise<Page> {
  const page = await (await newPerson(browser)).newPage();
  await page.goto(BACKOFFICE);
  await page.getByRole("link", { name: "S'identifier avec ProConnect" }).click();
  await page.getByRole("link", { name: person, exact: true }).click();
  return page;
}

/** A federation somebody gave from outside may have no ProConnect of ours. Steps are tests, in order. */
describe.runIf(process.env.INTERCO_TEST_UPSTREAMS)("ProConnect", () => {
  it("leads an agent to their commune's backoffice, once their address has answered", async () => {
    const { email } = account("lou.maquette");
    const page = await throughProConnect("deux-facteurs");
    expect(await page.locator("main").innerText()).toContain(email);
    await page.getByRole("button", { name: "Recevoir un code" }).click();
    const [mail] = await untilMails(email, "ProConnect", 1);
    await page.getByLabel("Code reçu").fill(/\b\d{3} \d{3}\b/.exec(mail?.text ?? "")?.[0] ?? "");
    await page.getByRole("button", { name: "Continuer" }).click();
    await expect.poll(() => page.url()).toContain(BACKOFFICE);
    expect(await page.locator("body").innerText()).toContain("Lou Maquette");
  });

  it("leads there at once the next time", async () => {
    const page = await throughProConnect("deux-facteurs");
    await expect.poll(() => page.url()).toContain(BACKOFFICE);
  });

  it.each([
    ["ailleurs", "Votre organisme n'est pas sur ce territoire"],
    ["sans-invitation", "personne ne vous a invité"],
  ])("grants nothing to somebody %s", async (person, words) => {
    const page = await throughProConnect(person);
    expect((await page.locator("main").innerText()).replaceAll("’", "'")).toContain(words);
    await page.getByRole("link", { name: "Choisir une autre façon de me connecter" }).click();
    await expect.poll(() => page.getByLabel("Mot de passe", { exact: true }).count()).toBe(1);
  });
});
