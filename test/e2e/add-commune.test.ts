import { type Browser, newPerson, startBrowser } from "@interco/testing/browser";
import { sharedFederation, sharedInterco } from "@interco/testing/federation";
import { afterAll, beforeAll, expect, it } from "vitest";
import { account, giveCredentials, siteOf } from "./people.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(() => browser.close());

/** Processes by name: none of them may be started again. */
function pids(): Record<string, number | null> {
  return Object.fromEntries(sharedFederation().instances.map(({ name, pid }) => [name, pid]));
}

it("gives a commune its site while the others go on, and lists it on the agglomeration's", async () => {
  const before = pids();
  const added = await sharedInterco("add-commune", "57032");
  expect(added.stderr + added.stdout, "its words").toContain("Ars-sur-Moselle");
  expect(added.code).toBe(0);
  expect(pids()).toMatchObject(before);

  const page = await (await newPerson(browser)).newPage();
  await page.goto(siteOf("57032"));
  expect(await page.locator("header").first().innerText()).toContain("Ars-sur-Moselle");
  await expect
    .poll(
      async () => {
        await page.goto(siteOf("200039865"));
        return page.getByRole("link", { name: /Ars-sur-Moselle/ }).count();
      },
      { timeout: 15_000 },
    )
    .toBeGreaterThan(0);

  // It lists what the agglomeration offers, and has a procedure and an administrator of its own.
  await expect
    .poll(
      async () => {
        await page.goto(`${siteOf("57032")}/demarches`);
        return page.getByRole("link", { name: /Signaler un problème/ }).count();
      },
      { timeout: 15_000 },
    )
    .toBeGreaterThan(0);
  await page.goto(`${siteOf("57032")}/backoffice/`);
  await giveCredentials(page, account("administration@ars-sur-moselle"));
  expect(await page.locator("h1").innerText()).toBe("À traiter");
});

it("has nothing to do the second time, and refuses a commune that is there or isn't of the territory", async () => {
  const again = await sharedInterco("apply");
  expect(again.stdout).toContain("nothing to do");
  expect((await sharedInterco("add-commune", "57032")).code).toBe(1);
  expect((await sharedInterco("add-commune", "75056")).code).toBe(1);
  expect((await sharedInterco("add-commune")).code).toBe(2);
});
