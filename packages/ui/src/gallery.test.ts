import { axeViolations } from "@interco/testing/axe";
import { type Browser, type Page, startBrowser } from "@interco/testing/browser";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sampleScreen, screens } from "../test/gallery/render.ts";
import { type SiteName, sites } from "../test/gallery/sample.ts";
import { serveGallery } from "../test/gallery/serve.ts";
import { htmlFaults } from "../test/validate-html.ts";

const names = Object.keys(sites) as SiteName[];

test.each(screens)("%s is valid HTML", async (screen) => {
  expect(await htmlFaults(sampleScreen(screen, "metropole"), { mail: screen === "mail" })).toEqual([]);
});

describe("in a browser", { timeout: 60_000 }, () => {
  let browser: Browser;
  let gallery: Awaited<ReturnType<typeof serveGallery>>;
  beforeAll(async () => {
    gallery = await serveGallery();
    browser = await startBrowser();
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await gallery?.close();
  });

  const open = async (path: string, options: Parameters<Browser["newPage"]>[0]): Promise<Page> => {
    // A colour looked at halfway through its transition has a contrast nobody chose.
    const page = await (await browser.newContext({ reducedMotion: "reduce", ...options })).newPage();
    await page.goto(`${gallery.origin}/${path}`);
    return page;
  };

  // The kernel proves contrast for every brand: one theme a screen is enough here, in turn.
  test.each(screens.map((screen, index) => ({ screen, site: names[index % names.length] })))(
    "$screen has no axe violation, light and dark",
    async ({ screen, site }) => {
      const page = await open(`${site}/${screen}`, { viewport: { width: 1280, height: 900 } });
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme });
        expect(await axeViolations(page), colorScheme).toEqual([]);
      }
      await page.context().close();
    },
  );

  test.each(screens)("%s never scrolls sideways at 320 pixels", async (screen) => {
    const page = await open(`metropole/${screen}`, { viewport: { width: 320, height: 700 } });
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(320);
    await page.context().close();
  });

  test("without JavaScript the error summary still takes the focus and leads to its field", async () => {
    const page = await open("woippy/form-step", { javaScriptEnabled: false });
    await page.locator("#error-summary:focus").waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.locator("#f-lieu-address:focus").waitFor();
    await page.keyboard.type("3");
    expect(await page.locator("#f-lieu-address").inputValue()).toContain("3");
    await page.context().close();
  });

  test("the agent's shortcuts move, open the help, and leave typing alone", async () => {
    const page = await open("woippy/list", { viewport: { width: 1280, height: 900 } });
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    expect(await page.locator("tr.current .why").textContent()).toContain("WOI-2026-3M8RTC2");
    await page.keyboard.press("?");
    expect(await page.locator("#shortcuts").getAttribute("open")).not.toBeNull();
    await page.keyboard.press("/");
    await page.keyboard.type("jk?");
    expect(await page.locator("#search").inputValue()).toBe("jk?");
    await page.keyboard.press("Escape");
    await page.keyboard.press("g");
    await page.keyboard.press("r");
    await page.waitForURL("**/backoffice/demandes?file=retard");
    await page.context().close();
  });

  test("the queues are all there on a wide screen and fold on a narrow one, without JavaScript", async () => {
    const wide = await open("woippy/list", {
      javaScriptEnabled: false,
      viewport: { width: 1280, height: 900 },
    });
    expect(await wide.getByRole("link", { name: "En retard" }).isVisible()).toBe(true);
    const narrow = await open("woippy/list", {
      javaScriptEnabled: false,
      viewport: { width: 360, height: 700 },
    });
    expect(await narrow.getByRole("link", { name: "En retard" }).isVisible()).toBe(false);
    await narrow.getByText("Files et réglages").click();
    expect(await narrow.getByRole("link", { name: "En retard" }).isVisible()).toBe(true);
    await wide.context().close();
    await narrow.context().close();
  });
});
