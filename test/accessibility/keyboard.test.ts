import { type Browser, newPerson, type Page, startBrowser } from "@interco/testing/browser";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { account, giveCredentials, kept, siteOf } from "../e2e/people.ts";
import { fileReport, WOIPPY } from "./filing.ts";

// A page looked at costs a second of an idle machine, and several of a busy one.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

let browser: Browser;
beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(() => browser.close());

interface Focused {
  name: string;
  selector: string;
  /** Whether a ring of at least 2 pixels surrounds it, or the label or card that stands for it. */
  ring: boolean;
}

/** What has the focus, and whether it shows. */
function focused(page: Page): Promise<Focused> {
  return page.evaluate<Focused>(`(() => {
    const e = document.activeElement ?? document.body;
    const rings = (x) => {
      const style = getComputedStyle(x);
      return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2) || style.boxShadow !== "none";
    };
    const shown = [e, ...(e.labels ?? []), e.parentElement, e.nextElementSibling].filter(Boolean);
    const name = e.getAttribute("aria-label") ?? (e.labels?.[0] ?? e).textContent ?? "";
    return { name: name.replace(/\\s+/g, " ").trim(), selector: e.tagName + "#" + e.id + "[" + (e.getAttribute("value") ?? "") + "]", ring: shown.some(rings) };
  })()`);
}

/** Tab until something of that name has the focus; every stop on the way must show its focus. */
async function tabTo(page: Page, wanted: RegExp, by: "name" | "selector" = "name"): Promise<void> {
  const passed: string[] = [];
  for (let stop = 0; stop < 90; stop++) {
    await page.keyboard.press("Tab");
    const here = await focused(page);
    if (here.selector !== "BODY#[]")
      expect(here.ring, `no visible focus on ${here.selector} "${here.name}"`).toBe(true);
    if (wanted.test(here[by])) return;
    passed.push(here.name || here.selector);
  }
  throw new Error(`Tab never reaches ${wanted} on ${page.url()}: ${passed.join(" | ")}`);
}

async function enter(page: Page, wanted: RegExp): Promise<void> {
  await tabTo(page, wanted);
  const before = page.url();
  await page.keyboard.press("Enter");
  await page.waitForURL((url) => url.href !== before);
}

it("leads from Woippy's home page to a report sent by Tab, Space and Enter alone, without JavaScript", async () => {
  const page = await (await newPerson(browser)).newPage();
  await page.goto(WOIPPY);
  await enter(page, /Signaler un problème/);
  await enter(page, /^Commencer/);
  await tabTo(page, /Propreté|dépôt/i);
  await page.keyboard.press("Enter");
  await tabTo(page, /^INPUT.*\[depot-sauvage\]$/, "selector");
  await page.keyboard.press("Space");
  await enter(page, /^Continuer$/);
  await tabTo(page, /Numéro et rue/);
  await page.keyboard.type("12 rue du Fort");
  await enter(page, /^Continuer$/);
  await tabTo(page, /^TEXTAREA/, "selector");
  await page.keyboard.type("Un canapé devant le numéro 12.");
  await enter(page, /^Continuer$/);
  await enter(page, /^Continuer$/);
  await enter(page, /^Envoyer mon/);
  expect((await kept(page)).number).toMatch(/^EMM-/);
  await page.context().close();
});

/** What a person can act on in a page, by eye; one of a group of radio buttons stands for all of it. */
const CONTROLS = `[...document.querySelectorAll("a[href], button, input, select, textarea, summary")]
  .filter((e) => !e.disabled && e.type !== "hidden" && e.tabIndex >= 0 && e.checkVisibility({ visibilityProperty: true }))
  .map((e) => (e.type === "radio" ? "radio " + e.name : Array.prototype.indexOf.call(document.querySelectorAll("*"), e)))`;
const HERE = `(() => { const e = document.activeElement;
  return e.type === "radio" ? "radio " + e.name : Array.prototype.indexOf.call(document.querySelectorAll("*"), e); })()`;

it("reaches every control of a page by Tab alone", async () => {
  const page = await (await newPerson(browser)).newPage();
  const look = async (url: string) => {
    if (url !== "") await page.goto(url);
    const wanted = new Set(await page.evaluate<(string | number)[]>(CONTROLS));
    expect(wanted.size).toBeGreaterThan(3);
    for (let stop = wanted.size + 20; stop > 0 && wanted.size > 0; stop--) {
      await page.keyboard.press("Tab");
      wanted.delete(await page.evaluate<string | number>(HERE));
    }
    expect([page.url(), ...wanted]).toEqual([page.url()]);
  };
  for (const path of ["/", "/demarches", "/demarches/inscription-cantine", "/suivi", "/connexion"])
    await look(`${WOIPPY}${path}`);
  await giveCredentials(page, account("alix.modele"));
  for (const path of ["/backoffice/", "/backoffice/demandes", "/backoffice/saisir", "/backoffice/a-orienter"])
    await look(`${WOIPPY}${path}`);
  await page.context().close();
});

it("an agent finds, opens, takes and comments a request with the shortcuts", async () => {
  const { number } = await fileReport(browser, { type: "depot-sauvage", address: "14 rue du Fort" });
  const page = await (await newPerson(browser, { javaScript: true })).newPage();
  await page.goto(`${WOIPPY}/backoffice/`);
  await giveCredentials(page, account("alix.modele"));
  await page.waitForURL(`${WOIPPY}/backoffice/**`);
  await expect
    .poll(
      async () => {
        await page.reload();
        return page.getByRole("row").filter({ hasText: number }).count();
      },
      { timeout: 15_000 },
    )
    .toBe(1);
  await page.keyboard.press("/");
  await page.keyboard.type(number);
  await page.keyboard.press("Enter");
  await page.waitForURL(`**/backoffice/demandes/${number}**`);
  // The script that listens to keys has run once the page has loaded.
  await page.waitForLoadState("load");
  await page.keyboard.press("t");
  await page.getByText("Vous vous en occupez").first().waitFor();
  await page.waitForLoadState("load");
  await page.keyboard.press("c");
  await expect.poll(() => page.locator(".compose details[open]").count()).toBe(1);
  await page.keyboard.press("Escape");
  await page.locator("body").press("?");
  await expect.poll(() => page.locator("#shortcuts[open]").count()).toBe(1);
  await page.goto(`${siteOf("57751")}/backoffice/`);
  await page.keyboard.press("g");
  await page.keyboard.press("m");
  await page.waitForURL("**/backoffice/demandes?file=miennes");
  await page.context().close();
});
