import { type Browser, newPerson, type Page } from "@interco/testing/browser";
import { fillReport, type Report, siteOf } from "../e2e/people.ts";

export const METROPOLE = siteOf("200039865");
export const WOIPPY = siteOf("57751");
export const METZ = siteOf("57463");

/** Posts the page's main form by the button of that name. */
export async function press(page: Page, name: string | RegExp): Promise<void> {
  await page.getByRole("button", { name }).first().click();
  await page.waitForLoadState();
}

/** A report placed in Woippy, filed by somebody without an account. */
export async function fileReport(
  browser: Browser,
  report: Omit<Report, "description">,
): Promise<{ number: string; code: string }> {
  const context = await newPerson(browser);
  const page = await context.newPage();
  await page.goto(`${METROPOLE}/demarches/signaler-un-probleme?commune=57751`);
  await press(page, /Commencer/);
  const filed = await fillReport(page, { description: "Vu ce matin en passant.", ...report });
  await context.close();
  return filed;
}
