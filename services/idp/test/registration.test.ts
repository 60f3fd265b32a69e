import { type CaughtMail, type MailCatcher, startTestMail } from "@interco/testing/mail";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { MailRepository } from "../src/mail/mail-repository.ts";
import { RegistrationRepository } from "../src/registration/registration-repository.ts";
import { Browser, type Page } from "./browser.ts";
import { NO_MAIL, PASSWORD, type RunningIdp, startIdp, statementsOf } from "./running-idp.ts";
import { TestSite } from "./test-site.ts";

const KNOWN = "camille@exemple.test";

let mail: MailCatcher;
let idp: RunningIdp;
let woippy: TestSite;
let people = 0;

beforeAll(async () => {
  mail = await startTestMail();
  idp = await startIdp({ smtp: mail.smtp });
  await idp.createAccount(KNOWN);
  woippy = await TestSite.register(idp, "Woippy");
});
afterAll(async () => {
  await idp?.close();
  await mail?.stop();
});
beforeEach(() => idp.sql.query("delete from throttle"));

const somebody = () => `personne${++people}@exemple.test`;
const typed = (email: string) => ({
  email,
  givenName: "Dominique",
  familyName: "Fictif",
  password: PASSWORD,
  action: "creer",
});

/** What is typed where a link is opened in another browser than the one that asked. */
const chosen = () => ({
  givenName: "Dominique",
  familyName: "Fictif",
  password: PASSWORD,
  action: "creer",
});
const OWN_PASSWORD = "ombrelle prairie quartz lundi";

/** The form, come to from a site's sign-in page as a citizen does. */
async function begin(browser = new Browser()) {
  const begun = await woippy.begin();
  const signIn = await browser.open(begun.url);
  const link = /href="(\/inscription[^"]*)"/.exec(signIn.html)?.[1]?.replaceAll("&amp;", "&") ?? "";
  const form = await browser.open(new URL(link, signIn.url).href);
  return { browser, begun, form };
}
/** Asked for, and the mail it led to. */
async function ask(email = somebody()) {
  const { browser, begun, form } = await begin();
  const sent = await browser.submit(form, typed(email));
  return { email, browser, begun, sent, mail: await lastMail(email) };
}
async function lastMail(email: string, count = 1): Promise<CaughtMail> {
  await expect.poll(() => mail.mails.list(email).length, { timeout: 10_000 }).toBe(count);
  return mail.mails.list(email).at(-1) as CaughtMail;
}
const linkOf = ({ text }: CaughtMail) => /http\S+\/inscription\/confirmer\/\S+/.exec(text)?.[0] ?? "";
const codeOf = ({ text }: CaughtMail) => /\b\d{3} \d{3}\b/.exec(text)?.[0] ?? "";
const another = (code: string) => (code.startsWith("1") ? "222222" : "111111");
const accountsOf = async (email: string) =>
  (await idp.sql.query("select email_verified from account where email = $1", [email])).rows;
/** A page less what was typed and what every page has of its own. */
const bytes = (page: Page, email: string) =>
  page.html
    .replaceAll(email, "")
    .replaceAll(/uid=[\w-]+/g, "")
    .replace(/_csrf" value="[^"]*"/, "");

describe("a new citizen", () => {
  test("confirms by the link of the mail, and is back at the site signed in", async () => {
    const { browser, begun, email, mail } = await ask();
    const page = await browser.open(linkOf(mail));
    expect(page.html).toContain("Dominique Fictif");
    const back = await browser.submit(page);
    expect(back.url).toContain(`${woippy.origin}/connexion/retour`);
    const tokens = await woippy.complete(back.url, begun);
    expect(tokens.claims()).toMatchObject({ email, email_verified: true, name: "Dominique Fictif" });
    const { rows } = await idp.sql.query(
      `select e.kind from sign_in_event e join account a on a.id = e.account_id where a.email = $1 order by e.id`,
      [email],
    );
    expect(rows.map(({ kind }) => kind)).toEqual(["account_created", "signed_in"]);
  });

  test("types the code where the mail is read on another device, and is back at the site signed in", async () => {
    const { browser, begun, sent, email, mail } = await ask();
    expect(sent.html).toContain(`Nous avons envoyé un message à <b>${email}</b>`);
    const back = await browser.submit(sent, { code: codeOf(mail) });
    const tokens = await woippy.complete(back.url, begun);
    expect(tokens.claims()).toMatchObject({ email, email_verified: true });
    expect(await accountsOf(email)).toEqual([{ email_verified: true }]);
  });

  test("signs in with the password chosen", async () => {
    const { browser, email, mail } = await ask();
    await browser.submit(await browser.open(linkOf(mail)));
    expect((await woippy.signIn(new Browser(), { email })).claims()?.email).toBe(email);
  });

  test("who opens the link elsewhere has an account, and isn't signed in there", async () => {
    const { email, mail } = await ask();
    const elsewhere = new Browser();
    const page = await elsewhere.submit(await elsewhere.open(linkOf(mail)), chosen());
    expect(page.html).toContain("Votre compte est créé");
    expect(page.html).toContain(`href="${woippy.origin}/connexion"`);
    expect(await accountsOf(email)).toHaveLength(1);
    expect((await elsewhere.open(`${idp.issuer}/compte`)).url).toContain("/connexion/");
  });

  test("comes without a site too, and then finds the sites", async () => {
    const browser = new Browser();
    const email = somebody();
    await browser.submit(await browser.open(`${idp.issuer}/inscription`), typed(email));
    const page = await browser.submit(await browser.open(linkOf(await lastMail(email))));
    expect(page.html).toContain("Votre compte est créé");
    expect(page.html).toContain(`href="${woippy.origin}/connexion"`);
  });

  test("chooses the password where the link is opened, so that nobody makes an account with another's address and knows its password", async () => {
    const { email, mail } = await ask();
    const owner = new Browser();
    const page = await owner.open(linkOf(mail));
    expect(page.html).toContain('name="password"');
    const refused = await owner.submit(page, { ...chosen(), givenName: "Corrigée", password: "" });
    expect(refused.status).toBe(422);
    expect(refused.html).toContain('href="#f-password"');
    expect(refused.html).toContain('value="Corrigée"');
    expect(await accountsOf(email)).toEqual([]);
    await owner.submit(refused, { ...chosen(), givenName: "Corrigée", password: OWN_PASSWORD });
    expect(await idp.sql.query("select given_name from account where email = $1", [email])).toMatchObject({
      rows: [{ given_name: "Corrigée" }],
    });
    await expect(woippy.signIn(new Browser(), { email })).rejects.toThrow();
    expect((await woippy.signIn(new Browser(), { email, password: OWN_PASSWORD })).claims()?.email).toBe(
      email,
    );
  });

  test("confirms what they asked themselves by any link sent to their address, however often somebody else asks for it", async () => {
    const email = somebody();
    for (let n = 0; n < 6; n++) {
      const { browser, form } = await begin(new Browser(`192.0.2.${n}`));
      await browser.submit(form, { ...typed(email), givenName: "Autrui", password: OWN_PASSWORD });
    }
    const last = await lastMail(email, 3);
    const { browser, begun, form } = await begin();
    await browser.submit(form, typed(email));
    const back = await browser.submit(await browser.open(linkOf(last)));
    const tokens = await woippy.complete(back.url, begun);
    expect(tokens.claims()).toMatchObject({ email, name: "Dominique Fictif" });
    expect((await woippy.signIn(new Browser(), { email })).claims()?.email).toBe(email);
  });

  test("has a program open the link in the mail, which changes nothing", async () => {
    const { email, mail } = await ask();
    for (let n = 0; n < 3; n++) expect((await new Browser().open(linkOf(mail))).status).toBe(200);
    expect(await accountsOf(email)).toEqual([]);
  });
});

describe("whether an account exists", () => {
  test("is never said: same status, same page but for the address, same work; another mail", async () => {
    const answers = [];
    for (const email of [KNOWN, somebody()]) {
      const { browser, form } = await begin();
      let page: Page | undefined;
      const work = await statementsOf(async () => {
        page = await browser.submit(form, typed(email));
      });
      answers.push({
        status: page?.status,
        text: bytes(page as Page, email),
        work,
      });
    }
    expect(answers[0]?.work).toContain("registration-add");
    expect(answers[1]).toEqual(answers[0]);
    const known = await lastMail(KNOWN);
    expect(known.subject).toBe("Vous avez déjà un compte");
    expect(known.text).toContain(`${woippy.origin}/connexion`);
    expect(linkOf(known) + codeOf(known)).toBe("");
  });

  test("nor by a code: it is wrong in the same words", async () => {
    const pages = [];
    for (const email of [KNOWN, somebody()]) {
      const { browser, form } = await begin();
      const page = await browser.submit(await browser.submit(form, typed(email)), { code: "000000" });
      pages.push({ status: page.status, text: bytes(page, email) });
    }
    expect(pages[0]?.status).toBe(422);
    expect(pages[1]).toEqual(pages[0]);
  });

  test("made meanwhile: who confirms is told to sign in, and that account stays as it is", async () => {
    const { browser, email, mail } = await ask();
    const page = await browser.open(linkOf(mail));
    await idp.createAccount(email);
    const answer = await browser.submit(page);
    expect(answer.status).toBe(400);
    expect(answer.html).toContain("Vous avez déjà un compte");
    const { rows } = await idp.sql.query("select given_name from account where email = $1", [email]);
    expect(rows).toEqual([{ given_name: "Camille" }]);
  });
});

describe("a link", () => {
  test("is good once", async () => {
    const { browser, mail } = await ask();
    const page = await browser.open(linkOf(mail));
    await browser.submit(page);
    const [again, opened] = [await browser.submit(page), await new Browser().open(linkOf(mail))];
    for (const answer of [again, opened]) {
      expect(answer.status).toBe(400);
      expect(answer.html).toContain("Ce message n'est plus valable");
      expect(answer.html).toContain('href="/inscription');
    }
  });

  test("sent twice at once makes one account", async () => {
    const { browser, email, mail } = await ask();
    const page = await browser.open(linkOf(mail));
    await Promise.all([browser.submit(page), browser.submit(page)]);
    expect(await accountsOf(email)).toHaveLength(1);
  });

  test("that is old says the same as one that never was", async () => {
    const { email, mail } = await ask();
    await idp.sql.query("update registration set expires_at = now() where email = $1", [email]);
    const old = await new Browser().open(linkOf(mail));
    const never = await new Browser().open(
      linkOf(mail).replace(/confirmer\/[\w-]+/, `confirmer/${"a".repeat(43)}`),
    );
    expect(old.status).toBe(400);
    const text = (page: Page) => bytes(page, email).replaceAll(/confirmer\/[\w-]+/g, "");
    expect(text(never)).toBe(text(old));
  });

  test("is stored as a hash, a code as an HMAC, and the text of a sent mail not at all", async () => {
    const { email, mail } = await ask();
    const token = /confirmer\/([\w-]+)/.exec(linkOf(mail))?.[1] ?? "";
    await expect
      .poll(
        async () =>
          (await idp.sql.query("select 1 from mail where recipient = $1 and sent_at is not null", [email]))
            .rowCount,
      )
      .toBe(1);
    const { rows } = await idp.sql.query(
      "select r::text as registration, m::text as mail from registration r, mail m where r.email = $1 and m.recipient = $1",
      [email],
    );
    expect(token).toHaveLength(43);
    for (const secret of [token, codeOf(mail), codeOf(mail).replace(" ", ""), PASSWORD])
      expect(JSON.stringify(rows)).not.toContain(secret);
  });
});

describe("a code", () => {
  test("can be guessed at five times, then another mail must be asked for", async () => {
    const { browser, sent, email, mail } = await ask();
    for (let left = 4; left > 0; left--) {
      const page = await browser.submit(sent, { code: another(codeOf(mail)) });
      expect(page.status).toBe(422);
      expect(page.html).toContain(left === 1 ? "un essai" : `${left} essais`);
    }
    const last = await browser.submit(sent, { code: another(codeOf(mail)) });
    expect(last.html).toContain("Ce code n'est plus valable");
    await idp.sql.query("delete from throttle");
    expect((await browser.submit(sent, { code: codeOf(mail) })).html).toContain("Ce code n'est plus valable");
    expect(await accountsOf(email)).toEqual([]);
  });

  test("is delayed by address, whoever guesses and however many mails were asked for", async () => {
    const email = somebody();
    const answers = [];
    for (let n = 0; n < 8; n++) {
      const { browser, form } = await begin(new Browser(`192.0.2.${n}`));
      const page = await browser.submit(form, typed(email));
      answers.push((await browser.submit(page, { code: "000000" })).status);
    }
    expect(answers.at(-1)).toBe(429);
  });

  test("is asked for again where it is no code", async () => {
    const { browser, sent } = await ask();
    const page = await browser.submit(sent, { code: "bonjour" });
    expect(page.status).toBe(422);
    expect(page.html).toContain('href="#f-code"');
  });
});

describe("the form", () => {
  test("comes again with what is wrong beside each field, and nothing typed lost but the password", async () => {
    const { browser, form } = await begin();
    const page = await browser.submit(form, {
      ...typed("camille"),
      familyName: "http://x.test",
      password: "pas assez",
    });
    expect(page.status).toBe(422);
    for (const kept of ["camille", "Dominique", "http://x.test"])
      expect(page.html).toContain(`value="${kept}"`);
    for (const field of ["email", "familyName", "password"])
      expect(page.html).toContain(`href="#f-${field}"`);
    expect(page.html).not.toContain("pas assez");
    expect(page.html).toContain("il en faut 12 caractères au moins");
  });

  test.each([
    ["too short", "onze carac."],
    ["too long", "a".repeat(129)],
  ])("refuses a password that is %s", async (_name, password) => {
    const { browser, form } = await begin();
    const page = await browser.submit(form, { ...typed(somebody()), password });
    expect(page.status).toBe(422);
    expect(page.html).toContain('href="#f-password"');
  });

  test("asks again when its token is gone, and keeps what was typed", async () => {
    const { browser, form } = await begin();
    const page = await browser.submit(form, { ...typed("dominique@exemple.test"), _csrf: "forged" });
    expect(page.status).toBe(422);
    expect(page.html).toContain('value="dominique@exemple.test"');
    expect(await lastMailCount("dominique@exemple.test")).toBe(0);
  });

  test("shows what is typed on demand, without JavaScript", async () => {
    const { browser, form } = await begin();
    const page = await browser.submit(form, { ...typed("a@b.fr"), action: "montrer" });
    expect(page.html).toMatch(/name="password" type="text"/);
    expect(page.html).toContain('value="Dominique"');
  });

  test("holds what was typed for who comes back to correct it, in that browser alone", async () => {
    const { browser, email } = await ask();
    expect((await browser.open(`${idp.issuer}/inscription`)).html).toContain(`value="${email}"`);
    expect((await new Browser().open(`${idp.issuer}/inscription`)).html).not.toContain(email);
  });

  test("writes to one address, as it is looked up", async () => {
    const { browser, form } = await begin();
    expect((await browser.submit(form, typed("a@b.fr,c@d.fr"))).status).toBe(422);
    await browser.submit(form, typed("ｃamille@exemple.test"));
    await expect.poll(() => mail.mails.list(KNOWN).at(-1)?.subject).toBe("Vous avez déjà un compte");
  });
});

const lastMailCount = async (email: string) =>
  (await idp.sql.query("select 1 from mail where recipient = $1", [email])).rowCount ?? 0;

describe("mails", () => {
  test("to one address leave a few an hour: one too many waits, alone, and the page is the same", async () => {
    const email = somebody();
    const pages = [];
    for (let n = 0; n < 8; n++) {
      const { browser, form } = await begin(new Browser(`192.0.2.${n}`));
      const page = await browser.submit(form, typed(email));
      pages.push(bytes(page, email));
    }
    expect(new Set(pages).size).toBe(1);
    await expect.poll(() => mail.mails.list(email).length).toBe(3);
    const { rows } = await idp.sql.query(
      `select m.due_at > now() + interval '5 minutes' as later, r.expires_at = m.due_at + interval '6 hours' as whole,
          count(*) over ()::int as waiting
        from mail m, (select expires_at from registration where email = $1 order by created_at offset 3 limit 1) r
        where m.recipient = $1 and m.due_at is not null`,
      [email],
    );
    expect(rows).toEqual([{ later: true, whole: true, waiting: 1 }]);
  });

  test("that nobody took are sent by the next process", async () => {
    await idp.restart(NO_MAIL);
    const email = somebody();
    const { browser, form } = await begin();
    expect((await browser.submit(form, typed(email))).status).toBe(200);
    await expect
      .poll(
        async () =>
          (await idp.sql.query("select last_error from mail where recipient = $1", [email])).rows[0]
            ?.last_error,
      )
      .toContain("ECONNREFUSED");
    // As it stands after a crash between the commit and the sending.
    await idp.sql.query("update mail set due_at = now(), attempts = 0 where recipient = $1", [email]);
    await idp.restart(mail.smtp);
    const page = await browser.submit(await browser.open(linkOf(await lastMail(email))));
    expect(page.url).toContain(woippy.origin);
  });
});

test("what has expired is removed: an unconfirmed registration after six hours, a mail after a week", async () => {
  const { email, browser, sent, mail } = await ask();
  await idp.sql.query("update registration set expires_at = now() where email = $1", [email]);
  expect((await browser.submit(sent, { code: codeOf(mail) })).html).toContain(
    "Ce message n'est plus valable",
  );
  await idp.sql.query("update mail set created_at = now() - interval '8 days' where recipient = $1", [email]);
  expect(await new RegistrationRepository(idp.app.pool).removeExpired(10)).toBeGreaterThan(0);
  expect(await new MailRepository(idp.app.pool).removeOld(10)).toBe(1);
  for (const left of ["registration where email", "mail where recipient"])
    expect((await idp.sql.query(`select 1 from ${left} = $1`, [email])).rowCount).toBe(0);
});

test("a ticket signs in once, where the registration was begun, and soon", async () => {
  const { browser, sent, email, mail } = await ask();
  const back = await browser.submit(sent, { code: codeOf(mail) });
  expect(back.url).toContain(woippy.origin);
  const { rows } = await idp.sql.query(
    "update registration set ticket = $2 where email = $1 returning interaction_uid as uid",
    [email, Buffer.alloc(32, 5)],
  );
  const registrations = new RegistrationRepository(idp.app.pool);
  const ticket = Buffer.alloc(32, 5);
  expect(await registrations.takeTicket(ticket, "another")).toBeUndefined();
  await idp.sql.query("update registration set used_at = now() - interval '3 minutes' where email = $1", [
    email,
  ]);
  expect(await registrations.takeTicket(ticket, rows[0].uid)).toBeUndefined();
  await idp.sql.query("update registration set used_at = now() where email = $1", [email]);
  expect(await registrations.takeTicket(ticket, rows[0].uid)).toEqual(expect.any(String));
  expect(await registrations.takeTicket(ticket, rows[0].uid)).toBeUndefined();
});

test("the service may change no more of these tables than it must", async () => {
  for (const column of ["email", "given_name", "code", "expires_at"])
    await expect(idp.app.pool.query(`update registration set ${column} = null`)).rejects.toThrow(
      /permission denied/,
    );
  for (const column of ["recipient", "subject", "created_at"])
    await expect(idp.app.pool.query(`update mail set ${column} = null`)).rejects.toThrow(/permission denied/);
});

test("in production one network sends sixty forms in ten minutes, then finds a page that says when to go on", async () => {
  await using secure = await startIdp({ production: true, smtp: mail.smtp });
  const browser = new Browser("203.0.113.7");
  const form = await browser.open(`${secure.issuer}/inscription`);
  const email = somebody();
  expect((await browser.submit(form, typed(email))).html).toContain(email);
  const page = await browser.submit(await browser.open(linkOf(await lastMail(email))));
  expect(page.html).toContain("Votre compte est créé");
  for (let n = 1; n < 60; n++) expect((await browser.submit(form, typed("camille"))).status).toBe(422);
  const refused = await browser.submit(form, typed(somebody()));
  expect(refused.status).toBe(429);
  expect(refused.html).toContain("Attendez dix minutes au plus");
  expect((await new Browser("203.0.113.8").open(`${secure.issuer}/inscription`)).status).toBe(200);
});
