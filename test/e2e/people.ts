import type { Page } from "@interco/testing/browser";
import { sharedFederation } from "@interco/testing/federation";
import { passSecondStep } from "@interco/testing/second-step";

export interface Account {
  email: string;
  password: string;
  /** Secret of their authenticator program; null where they have none. */
  totp?: string | null;
}

/** The fictional person whose address starts so. */
export function account(start: string): Account {
  const found = sharedFederation().accounts.find(({ email }) => email.startsWith(start));
  if (!found?.password) throw new Error(`the demonstration has no account ${start}`);
  return { email: found.email, password: found.password, totp: found.totp };
}

/** Origin of an entity's site, without a slash. */
export function siteOf(code: string): string {
  const found = sharedFederation().entities.find((entity) => entity.code === code);
  if (!found) throw new Error(`the demonstration has no site for ${code}`);
  return found.portal.replace(/\/$/, "");
}

/** Types the password on the identity provider's page, where a site has led, then the code of who has a program. */
export async function giveCredentials(page: Page, { email, password, totp }: Account): Promise<void> {
  await page.getByLabel("Adresse électronique").fill(email);
  await page.getByLabel("Mot de passe", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Se connecter", exact: true }).click();
  if (!totp) return;
  await page.waitForURL("**/verification?**");
  await giveCode(page, totp);
}

/** Types an authenticator program's code where a page of the identity provider asks for one. */
export async function giveCode(page: Page, totp: string): Promise<void> {
  await passSecondStep(totp, async (code) => {
    await page.locator("[name=code]").fill(code);
    const answered = page.waitForResponse((response) => response.request().method() === "POST");
    await page.getByRole("button", { name: "Continuer", exact: true }).click();
    const taken = (await answered).status() === 303;
    await page.waitForLoadState();
    return taken;
  });
}

export interface Report {
  type: string;
  address: string;
  description: string;
  email?: string;
  commune?: string;
}

/** From the first page of the shared form to its confirmation. Gives what a citizen keeps. */
export async function fillReport(page: Page, report: Report): Promise<{ number: string; code: string }> {
  await page.locator(`details:has(input[value="${report.type}"]) > summary`).click();
  await page.locator(`input[value="${report.type}"]`).check({ force: true });
  await page.getByRole("button", { name: "Continuer" }).click();
  if (report.commune)
    await page.getByLabel("Commune", { exact: true }).selectOption({ label: report.commune });
  await page.getByLabel(/Numéro et rue/).fill(report.address);
  await page.getByRole("button", { name: "Continuer" }).click();
  await page.getByRole("textbox").first().fill(report.description);
  await page.getByRole("button", { name: "Continuer" }).click();
  if (report.email) await page.getByLabel(/lectronique/).fill(report.email);
  await page.getByRole("button", { name: "Continuer" }).click();
  await page.getByRole("button", { name: /Envoyer mon/ }).click();
  return kept(page);
}

/** The number and the tracking code of a confirmation. */
export async function kept(page: Page): Promise<{ number: string; code: string }> {
  const text = await page.locator("main").innerText();
  const number = /[A-Z]{2,5}-\d{4}-[A-Z0-9]{7}/.exec(text)?.[0];
  const code = /Code de suivi\s+([A-Z0-9]{5} [A-Z0-9]{5})/.exec(text)?.[1];
  if (!number || !code) throw new Error(`no number and code on ${page.url()}:\n${text}`);
  return { number, code };
}

/** Follows by number and code typed on any site, to the request's own page. */
export async function followByCode(page: Page, site: string, number: string, code: string): Promise<void> {
  await page.goto(`${site}/suivi`);
  await page.getByLabel("Numéro de la demande").fill(number);
  await page.getByLabel("Code de suivi").fill(code);
  await page.getByRole("button", { name: "Voir ma demande" }).click();
  const further = page.getByRole("button", { name: "Ouvrir ma demande" });
  if (await further.isVisible()) await further.click();
}
