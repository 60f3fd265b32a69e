import { type Browser, newPerson, type Page } from "@interco/testing/browser";
import { account, fillReport, giveCredentials, type Report, siteOf } from "../e2e/people.ts";
import { type Inspector, newInspector } from "./inspector.ts";

export const METROPOLE = siteOf("200039865");
export const WOIPPY = siteOf("57751");
export const METZ = siteOf("57463");

/** Posts the page's main form by the button of that name. */
export async function press(page: Page, name: string | RegExp): Promise<void> {
  await page.getByRole("button", { name }).first().click();
  await page.waitForLoadState();
}

/** The browser of somebody of the demonstration, signed in where that page asks for it. */
export async function signedIn(browser: Browser, start: string, url: string): Promise<Inspector> {
  const person = await newInspector(browser);
  await person.page.goto(url);
  await giveCredentials(person.page, account(start));
  await person.page.waitForURL(`${new URL(url).origin}/**`);
  return person;
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
