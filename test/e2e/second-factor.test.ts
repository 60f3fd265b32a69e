import { dataFolder } from "@interco/operator/state/data-folder";
import { readState } from "@interco/operator/state/state";
import { serviceFetch } from "@interco/platform/http-client";
import { type Browser, newPerson, type Page, startBrowser } from "@interco/testing/browser";
import { sharedFederation, sharedFederationData } from "@interco/testing/federation";
import { afterAll, beforeAll, expect, it } from "vitest";
import { mailsTo, untilMails } from "./mails.ts";
import { giveCode, siteOf } from "./people.ts";

const WOIPPY = siteOf("57751");
const IDP = sharedFederation().idp.issuer;
const PASSWORD = "quatre mots sans rapport";

let browser: Browser;
beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(() => browser.close());

/** Somebody new at the identity provider, as its operator makes them: the demonstration's own people are left as they are. */
async function newAccount(kind: "personal" | "professional"): Promise<string> {
  const email = `${kind}-${crypto.randomUUID()}@courriel.example`;
  const token = readState(dataFolder(sharedFederationData()))?.idp.operatorToken;
  const answer = await serviceFetch(`${IDP}/operator/accounts`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ email, kind, password: PASSWORD, givenName: "Noa", familyName: "Spécimen" }),
  });
  expect(answer.status).toBe(201);
  return email;
}

async function typePassword(page: Page, email: string, password = PASSWORD): Promise<void> {
  await page.getByLabel("Adresse électronique").fill(email);
  await page.getByLabel("Mot de passe", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Se connecter", exact: true }).click();
}

/** Chromium's own authenticator: a security key or a phone's, whose PIN or finger is always right. */
async function plugIn(page: Page): Promise<void> {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("WebAuthn.enable");
  await devtools.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
}

it("an agent's first sign-in to a backoffice sets up printed codes, without JavaScript and without a phone", async () => {
  const email = await newAccount("professional");
  const page = await (await newPerson(browser)).newPage();
  await page.goto(`${WOIPPY}/backoffice/`);
  await typePassword(page, email);
  await page.waitForURL("**/securiser?**");
  expect(await page.locator("main").innerText()).toContain("jamais d'utiliser votre téléphone personnel");
  await page.getByRole("link", { name: "Codes imprimés" }).click();
  const codes = await page.locator(".codes li").allInnerTexts();
  expect(codes).toHaveLength(10);
  await page.getByLabel("Tapez un de ces codes").fill(codes[7] ?? "");
  await page.getByRole("button", { name: "Continuer", exact: true }).click();
  // Signed in: the backoffice itself says that nobody has given them a seat yet.
  await page.waitForURL(`${WOIPPY}/backoffice/**`);
  expect(await page.locator("main").innerText()).toContain("réservé aux agents");
  await untilMails(email, "Des codes ont été imprimés pour votre compte", 1);

  const next = await (await newPerson(browser)).newPage();
  await next.goto(`${WOIPPY}/backoffice/`);
  await typePassword(next, email);
  await next.getByLabel("Un de vos codes imprimés").fill(codes[0] ?? "");
  await next.getByRole("button", { name: "Continuer", exact: true }).click();
  await next.waitForURL(`${WOIPPY}/backoffice/**`);
});

it("a citizen adds a passkey, signs in with it alone, and it is recognised as two factors", async () => {
  const email = await newAccount("personal");
  const page = await (await newPerson(browser, { javaScript: true })).newPage();
  await plugIn(page);
  await page.goto(`${IDP}/compte/securite`);
  await typePassword(page, email);
  await page.getByRole("link", { name: "Ajouter une clé" }).click();
  await page.getByLabel("Nom de cette clé").fill("Clé d'essai");
  await page.getByRole("button", { name: "Ajouter cette clé" }).click();
  await page.waitForURL("**/compte/securite/codes");
  await page.getByRole("button", { name: "Continuer sans codes" }).click();
  await page.waitForURL("**/compte/securite");
  expect(await page.locator("main").innerText()).toContain("Clé d'essai");
  await untilMails(email, "Une clé a été ajoutée à votre compte", 1);

  // Signed out, the address field offers the key, which Chromium's authenticator takes by itself: no address, no password.
  await page.context().clearCookies();
  await page.goto(`${WOIPPY}/connexion`);
  await page.waitForURL(`${WOIPPY}/`);
  expect(await page.locator("header").first().innerText()).toContain("Noa Spécimen");

  // A browser that offers nothing there has a button.
  await page.addInitScript("PublicKeyCredential.isConditionalMediationAvailable = async () => false");
  await page.context().clearCookies();
  await page.goto(`${WOIPPY}/connexion`);
  await page.getByRole("button", { name: "Se connecter avec une clé d'accès" }).click();
  await page.waitForURL(`${WOIPPY}/`);
  expect(await page.locator("header").first().innerText()).toContain("Noa Spécimen");
  // What asks for two factors asks for nothing more.
  await page.goto(`${IDP}/compte/securite/application`);
  expect(await page.locator("h1").innerText()).toBe("Application d'authentification");

  // With the password, the key is the second step.
  await page.context().clearCookies();
  await page.goto(`${WOIPPY}/connexion`);
  await typePassword(page, email);
  await page.waitForURL("**/verification?**");
  await page.getByRole("button", { name: "Utiliser ma clé d'accès ou ma clé de sécurité" }).click();
  await page.waitForURL(`${WOIPPY}/`);
});

it("a forgotten password is changed by who also shows their second factor, and leads back to the site", async () => {
  const email = await newAccount("personal");
  const page = await (await newPerson(browser)).newPage();
  await page.goto(`${IDP}/compte/securite/application`);
  await typePassword(page, email);
  const secret = (await page.locator(".secret").innerText()).replaceAll(/\s/g, "");
  await giveCode(page, secret);
  await page.waitForURL("**/compte/securite/codes");

  const forgetful = await (await newPerson(browser)).newPage();
  await forgetful.goto(`${WOIPPY}/connexion`);
  await forgetful.getByRole("link", { name: "Mot de passe oublié ?" }).click();
  await forgetful.getByLabel("Adresse électronique").fill(email);
  await forgetful.getByRole("button", { name: "Recevoir le message" }).click();
  const [mail] = await untilMails(email, "Choisissez un nouveau mot de passe", 1);
  await forgetful.goto(/http\S+\/mot-de-passe-oublie\/\S+/.exec(mail?.text ?? "")?.[0] ?? "");
  expect(await forgetful.locator("input[type=password]").count()).toBe(0);
  await giveCode(forgetful, secret);
  await forgetful.getByLabel("Nouveau mot de passe").fill("encore quatre mots choisis");
  await forgetful.getByRole("button", { name: "Changer mon mot de passe" }).click();
  await forgetful.waitForURL(`${WOIPPY}/`);
  expect(await forgetful.locator("header").first().innerText()).toContain("Noa Spécimen");
  expect(await mailsTo(email, "Votre mot de passe a été changé")).toHaveLength(1);
  // What the old password had opened is closed.
  await page.goto(`${IDP}/compte`);
  expect(await page.locator("input[type=password]").count()).toBe(1);
});
