import { type CaughtMail, type MailCatcher, startTestMail } from "@interco/testing/mail";
import { passSecondStep, totpOf } from "@interco/testing/second-step";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { ACR } from "../src/provider/acr.ts";
import { Browser, type Page } from "./browser.ts";
import { PASSWORD, type RunningIdp, startIdp, statementsOf } from "./running-idp.ts";
import { secondStep } from "./second-step.ts";
import { TestSite } from "./test-site.ts";

const NEW = "quatre autres mots ensemble";
const AGENT = { scope: "openid profile email agent offline_access" };

let mail: MailCatcher;
let idp: RunningIdp;
let woippy: TestSite;
let people = 0;

beforeAll(async () => {
  mail = await startTestMail();
  idp = await startIdp({ smtp: mail.smtp });
  woippy = await TestSite.register(idp, "Woippy");
});
afterAll(async () => {
  await idp?.close();
  await mail?.stop();
});
beforeEach(() => idp.sql.query("delete from throttle"));

async function somebody(kind: "personal" | "professional" = "personal", totp = false) {
  const email = `personne${++people}@exemple.test`;
  const { accountId } = await idp.createAccount(email, kind, { totp });
  return { email, accountId };
}
/** The form, come to from a site's sign-in page. */
async function begin(options: Parameters<TestSite["begin"]>[0] = {}, browser = new Browser()) {
  const begun = await woippy.begin(options);
  const signIn = await browser.open(begun.url);
  const link = /href="(\/mot-de-passe-oublie[^"]*)"/.exec(signIn.html)?.[1] ?? "";
  const form = await browser.open(
    new URL(link.replaceAll("&amp;", "&").replaceAll("&#x3D;", "="), signIn.url).href,
  );
  return { browser, begun, form };
}
async function lastMail(email: string, count = 1): Promise<CaughtMail> {
  const about = () =>
    mail.mails.list(email).filter(({ subject }) => /mot de passe$|Aucun compte/.test(subject));
  await expect.poll(() => about().length, { timeout: 10_000 }).toBe(count);
  return about().at(-1) as CaughtMail;
}
const linkOf = ({ text }: CaughtMail) => /http\S+\/mot-de-passe-oublie\/\S+/.exec(text)?.[0] ?? "";
async function ask(email: string, options: Parameters<TestSite["begin"]>[0] = {}) {
  const { browser, begun, form } = await begin(options);
  const sent = await browser.submit(form, { email });
  return { browser, begun, sent, link: linkOf(await lastMail(email)) };
}
const text = (page: Page) => page.html.replaceAll(/uid=[\w-]+/g, "").replaceAll(/_csrf" value="[^"]*"/g, "");

describe("who forgot their password", () => {
  test("chooses another by the link of the mail, and is back at the site signed in", async () => {
    const { email, accountId } = await somebody();
    const { browser, begun, link } = await ask(email);
    const page = await browser.open(link);
    expect(page.html).toContain(email);
    const back = await browser.submit(page, { password: NEW, action: "changer" });
    const tokens = await woippy.complete(back.url, begun);
    expect(tokens.claims()).toMatchObject({ email, acr: ACR.single });
    expect((await woippy.signIn(new Browser(), { email, password: NEW })).claims()?.email).toBe(email);
    await expect(woippy.signIn(new Browser(), { email })).rejects.toThrow("stopped at");
    const told = () => mail.mails.list(email).map(({ subject }) => subject);
    await expect.poll(told).toContain("Votre mot de passe a été changé");
    const { rows } = await idp.sql.query("select kind from sign_in_event where account_id = $1 order by id", [
      accountId,
    ]);
    expect(rows.map(({ kind }) => kind).slice(0, 4)).toEqual([
      "account_created",
      "recovery_asked",
      "password_changed",
      "signed_in",
    ]);
  });

  test("elsewhere than where they asked, is told to sign in, and isn't signed in there", async () => {
    const { email } = await somebody();
    const { link } = await ask(email);
    const elsewhere = new Browser();
    const done = await elsewhere.submit(await elsewhere.open(link), { password: NEW, action: "changer" });
    expect(done.html).toContain("Votre mot de passe est changé");
    expect(done.html).toContain(`href="${woippy.origin}/connexion"`);
    expect((await elsewhere.open(`${idp.issuer}/compte`)).html).toContain('name="password"');
  });

  test("comes without a site too", async () => {
    const { email } = await somebody();
    const browser = new Browser();
    await browser.submit(await browser.open(`${idp.issuer}/mot-de-passe-oublie`), { email });
    const page = await browser.open(linkOf(await lastMail(email)));
    const done = await browser.submit(page, { password: NEW, action: "changer" });
    expect(done.html).toContain("Votre mot de passe est changé");
  });

  test("is signed out everywhere: what the old password opened ends", async () => {
    const { email } = await somebody();
    const before = await woippy.signIn(new Browser(), { email });
    const { browser, link } = await ask(email);
    await browser.submit(await browser.open(link), { password: NEW, action: "changer" });
    await expect(woippy.refresh(before.refresh_token ?? "")).rejects.toMatchObject({
      error: "invalid_grant",
    });
  });

  test("with two accounts gets a link for each", async () => {
    const { email } = await somebody();
    await idp.createAccount(email, "professional");
    const { browser, form } = await begin();
    await browser.submit(form, { email });
    const { text } = await lastMail(email);
    expect(text.match(/\/mot-de-passe-oublie\/\S+/g)).toHaveLength(2);
    expect(text).toContain("compte professionnel");
  });

  test("is refused a password that is too easy, and loses nothing", async () => {
    const { email } = await somebody();
    const { browser, link } = await ask(email);
    const page = await browser.submit(await browser.open(link), {
      password: "motdepasse123",
      action: "changer",
    });
    expect(page.status).toBe(422);
    expect(page.html).toContain("error-summary");
    expect((await browser.submit(page, { password: NEW, action: "changer" })).url).toContain(woippy.origin);
  });

  test("after having said that it wasn't them, can sign in again", async () => {
    const { email, accountId } = await somebody();
    await idp.sql.query("update account set must_recover_since = now() where id = $1", [accountId]);
    const { browser, link } = await ask(email);
    await browser.submit(await browser.open(link), { password: NEW, action: "changer" });
    const { rows } = await idp.sql.query("select must_recover_since from account where id = $1", [accountId]);
    expect(rows).toEqual([{ must_recover_since: null }]);
  });
});

describe("a second factor", () => {
  test("is asked for before the new password, and then the sign-in is whole", async () => {
    const { email } = await somebody("professional", true);
    const { browser, begun, link } = await ask(email, AGENT);
    let page = await browser.open(link);
    expect(page.html).not.toContain('name="password"');
    // The new password sent at once, in the form of another account's page.
    const forced = await browser.open(link, {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({
        password: NEW,
        _csrf: /_csrf" value="([^"]*)"/.exec(page.html)?.[1] ?? "",
      }).toString(),
    });
    expect(forced.html).not.toContain('name="password"');
    await passSecondStep(totpOf(email), async (code) => {
      page = await browser.submit(page, { code });
      return page.status < 400;
    });
    expect(page.html).toContain('name="password"');
    // Another browser that has the link starts with the second factor too.
    const thief = await new Browser().open(link);
    expect(thief.html).not.toContain('name="password"');
    const back = await browser.submit(page, { password: NEW, action: "changer" });
    const tokens = await woippy.complete(back.url, begun);
    expect(tokens.claims()).toMatchObject({ acr: ACR.multi, amr: ["pwd", "otp", "mfa"] });
  });

  test("that is wrong changes nothing, and is delayed as at a sign-in", async () => {
    const { email, accountId } = await somebody("personal", true);
    const before = await idp.sql.query("select hash from password where account_id = $1", [accountId]);
    const { browser, link } = await ask(email);
    let page = await browser.open(link);
    for (let n = 0; n < 7; n++) page = await browser.submit(page, { code: "000000" });
    expect(page.status).toBe(429);
    const after = await idp.sql.query("select hash from password where account_id = $1", [accountId]);
    expect(after.rows).toEqual(before.rows);
  });

  test("lost means help, not a way around", async () => {
    const { email, accountId } = await somebody("personal");
    await idp.sql.query(
      "insert into printed_code (account_id, code, used_at) values ($1, sha256('x'), now())",
      [accountId],
    );
    const { browser, link } = await ask(email);
    const page = await browser.open(link);
    expect(page.html).toContain("Contactez");
    expect(page.html).not.toContain('name="password"');
  });

  test("set up for an agent who has none, once their password is new", async () => {
    const { email } = await somebody("professional");
    const { browser, link } = await ask(email, AGENT);
    const page = await browser.submit(await browser.open(link), { password: NEW, action: "changer" });
    expect(new URL(page.url).pathname).toMatch(/\/securiser$/);
    expect((await secondStep(browser, page, email)).url).toBe(page.url);
  });
});

describe("whether an account exists", () => {
  test("is never said: same status, same page, same work; another mail", async () => {
    const { email: known } = await somebody();
    const unknown = `personne${++people}@exemple.test`;
    const answers = [];
    for (const email of [known, unknown]) {
      const { browser, form } = await begin();
      let page: Page | undefined;
      const work = await statementsOf(async () => {
        page = await browser.submit(form, { email });
      });
      answers.push({ status: page?.status, text: text(page as Page), work });
    }
    expect(answers[0]?.work).toContain("recovery-add");
    expect(answers[1]).toEqual(answers[0]);
    expect((await lastMail(unknown)).subject).toBe("Aucun compte avec cette adresse");
    expect(linkOf(await lastMail(unknown))).toBe("");
  });
});

describe("a link", () => {
  test("is good once, and the others of the account go with it", async () => {
    const { email } = await somebody();
    const first = await ask(email);
    const { browser, form } = await begin();
    await browser.submit(form, { email });
    const second = linkOf(await lastMail(email, 2));
    await first.browser.submit(await first.browser.open(first.link), { password: NEW, action: "changer" });
    for (const link of [first.link, second]) {
      const page = await new Browser().open(link);
      expect(page.status).toBe(400);
      expect(page.html).toContain("n'est plus valable");
    }
  });

  test("is good an hour, and isn't found in the database", async () => {
    const { email } = await somebody();
    const { link } = await ask(email);
    const token = new URL(link).pathname.split("/").at(-1) ?? "";
    const { rows } = await idp.sql.query("select recovery::text as line from recovery");
    expect(rows.map(({ line }) => line).join()).not.toContain(token);
    await idp.sql.query("update recovery set expires_at = now()");
    expect((await new Browser().open(link)).status).toBe(400);
  });

  test("opened by a program changes nothing", async () => {
    const { email } = await somebody();
    const { link } = await ask(email);
    for (let n = 0; n < 3; n++) expect((await new Browser().open(link)).status).toBe(200);
    expect((await woippy.signIn(new Browser(), { email, password: PASSWORD })).claims()?.email).toBe(email);
  });

  test("asked for again and again leaves a few mails", async () => {
    const { email } = await somebody();
    for (let n = 0; n < 6; n++) {
      const { browser, form } = await begin();
      await browser.submit(form, { email });
    }
    const { rows } = await idp.sql.query("select due_at > now() as waits from mail where recipient = $1", [
      email,
    ]);
    expect(rows.length).toBeLessThanOrEqual(4);
  });
});
