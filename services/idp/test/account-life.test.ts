import { type CaughtMail, type MailCatcher, startTestMail } from "@interco/testing/mail";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { checkJournal } from "../src/audit/check-journal.ts";
import { Browser, type Page } from "./browser.ts";
import { PASSWORD, type RunningIdp, startIdp } from "./running-idp.ts";
import { SiteEndpoint } from "./site-endpoint.ts";
import { TestSite } from "./test-site.ts";

const stack = new AsyncDisposableStack();
let mail: MailCatcher;
let idp: RunningIdp;
let hears: SiteEndpoint;
let woippy: TestSite;
let people = 0;

beforeAll(async () => {
  mail = await startTestMail();
  stack.defer(() => mail.stop());
  idp = stack.use(await startIdp({ smtp: mail.smtp }));
  hears = stack.use(await new SiteEndpoint().start("woippy"));
  woippy = await TestSite.register(idp, "Woippy", { origin: hears.origin });
});
afterAll(() => stack.disposeAsync());
beforeEach(() => idp.sql.query("delete from throttle"));

const somebody = () => `personne${++people}@exemple.test`;
const url = (path = "") => `${idp.issuer}/compte${path}`;
const asleep = (page: Page) => page.url.includes("/connexion/");
const signedInWith = (email: string, password = PASSWORD) =>
  woippy.signIn(new Browser(), { email, password }).then(
    () => true,
    () => false,
  );

async function person(email = somebody()) {
  const { accountId } = await idp.createAccount(email);
  const browser = new Browser();
  await woippy.signIn(browser, { email });
  return {
    email,
    accountId,
    browser,
    send: async (path: string, values: Record<string, string | null> = {}) =>
      browser.submit(await browser.open(url(path)), values),
    account: async () => (await idp.sql.query("select * from account where id = $1", [accountId])).rows[0],
    set: (change: string) => idp.sql.query(`update account set ${change} where id = $1`, [accountId]),
  };
}
const mailsTo = (email: string, subject: string) =>
  mail.mails.list(email).filter((one) => one.subject === subject);
async function mailTo(email: string, subject: string, count = 1): Promise<CaughtMail> {
  await expect.poll(() => mailsTo(email, subject).length, { timeout: 10_000 }).toBe(count);
  return mailsTo(email, subject).at(-1) as CaughtMail;
}
const notMe = ({ text }: CaughtMail) => /http\S+\/compte\/pas-moi\/[\w-]{43}/.exec(text)?.[0] ?? "";
const codeOf = ({ text }: CaughtMail) => /\b\d{3} \d{3}\b/.exec(text)?.[0] ?? "";
/** Every row of every table that says something of this. */
async function traces(text: string): Promise<string[]> {
  const tables = await idp.sql.query(
    "select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'",
  );
  const found = [];
  for (const { name } of tables.rows) {
    const { rowCount } = await idp.sql.query(`select 1 from "${name}" t where strpos(t::text, $1) > 0`, [
      text,
    ]);
    if (rowCount) found.push(name as string);
  }
  return found.sort();
}

describe("a deletion", () => {
  test("is asked for by a button; one is signed out everywhere and told the day", async () => {
    const one = await person();
    const elsewhere = new Browser();
    await woippy.signIn(elsewhere, { email: one.email });
    hears.tokens.length = 0;
    const page = await one.send("/suppression");
    expect(page.html).toContain("Votre compte va être supprimé");
    expect(asleep(await elsewhere.open(url()))).toBe(true);
    await expect.poll(() => hears.tokens.length).toBe(2);
    expect((await mailTo(one.email, "Votre compte va être supprimé")).text).toMatch(/effacé le \w+ \d/);
    const { rows } = await idp.sql.query(
      "select deletion_due_at - now() between interval '29 days 23 hours' and interval '30 days' as due from account where id = $1",
      [one.accountId],
    );
    expect(rows).toEqual([{ due: true }]);
    await idp.app.area.eraseDue();
    expect(await one.account()).toBeDefined();
  });

  test("is taken back by signing in, whenever before the day, and one is told", async () => {
    const one = await person();
    await one.send("/suppression");
    await one.set("deletion_due_at = now() + interval '1 minute'");
    expect(await signedInWith(one.email)).toBe(true);
    expect((await one.account()).deletion_due_at).toBeNull();
    await mailTo(one.email, "Votre compte est gardé");
    await idp.app.area.eraseDue();
    expect(await one.account()).toBeDefined();
  });

  test("leaves nothing after its day but journal lines without a name, and a last mail that goes after a week", async () => {
    const one = await person();
    await one.send("/nom", { givenName: "Hildegarde", familyName: "Fictif-Unique" });
    await one.send("/adresse", { email: `nouvelle-${one.email}` });
    await one.send("/suppression");
    await one.set("deletion_due_at = now()");
    await idp.app.area.eraseDue();
    await mailTo(one.email, "Votre compte est effacé");
    expect(await one.account()).toBeUndefined();
    expect(await traces(one.email)).toEqual(["mail"]);
    expect(await traces("Hildegarde")).toEqual([]);
    expect(await traces(one.accountId)).toEqual(["sign_in_event"]);
    expect(await signedInWith(one.email)).toBe(false);
    await checkJournal(idp.config.database.owner);
    const { rows } = await idp.sql.query(
      "select kind, detail::text from sign_in_event where account_id = $1 order by at, id",
      [one.accountId],
    );
    expect(rows.at(-1)?.kind).toBe("account_erased");
    expect(JSON.stringify(rows)).not.toMatch(/Hildegarde|@/);
    await idp.createAccount(one.email);
    expect(await signedInWith(one.email)).toBe(true);
  });

  test("of two chores at once happens once, with one mail", async () => {
    const one = await person();
    await one.send("/suppression");
    await one.set("deletion_due_at = now()");
    await Promise.all([idp.app.area.eraseDue(), idp.app.area.eraseDue()]);
    await mailTo(one.email, "Votre compte est effacé");
  });
});

describe("an account nobody uses", () => {
  test("is warned after two years, again a month before, and erased after three", async () => {
    const one = await person();
    await one.set("signed_in_on = current_date - interval '23 months'");
    await idp.app.area.warnInactive();
    expect((await one.account()).warned).toBe(0);

    await one.set("signed_in_on = current_date - interval '25 months'");
    for (let n = 0; n < 3; n++) await idp.app.area.warnInactive();
    expect((await mailTo(one.email, "Votre compte va être effacé")).text).toContain(url());
    expect((await one.account()).warned).toBe(1);

    await one.set("signed_in_on = current_date - interval '35 months 2 days'");
    for (let n = 0; n < 3; n++) await idp.app.area.warnInactive();
    await mailTo(one.email, "Votre compte va être effacé", 2);
    await one.set("signed_in_on = current_date - interval '37 months'");
    await idp.app.area.eraseDue();
    // However long everything stood still: a month passes after the last warning.
    expect(await one.account()).toBeDefined();
    await one.set("warned_at = now() - interval '31 days'");
    await idp.app.area.eraseDue();
    expect(await one.account()).toBeUndefined();
    await mailTo(one.email, "Votre compte est effacé");
  });

  test("that was never warned is never erased, even if the chore begins after years", async () => {
    const one = await person();
    await one.set("signed_in_on = current_date - interval '9 years'");
    await idp.app.area.eraseDue();
    expect(await one.account()).toBeDefined();
    await idp.app.area.warnInactive();
    await idp.app.area.eraseDue();
    expect(await one.account()).toBeDefined();
  });

  test("is used again from one sign-in on", async () => {
    const one = await person();
    await one.set(
      "signed_in_on = current_date - interval '37 months', warned = 2, warned_at = now() - interval '40 days'",
    );
    expect(await signedInWith(one.email)).toBe(true);
    await idp.app.area.eraseDue();
    expect(await one.account()).toMatchObject({ warned: 0, warned_at: null });
  });

  test("is written to in the language its person read last", async () => {
    const one = await person();
    const browser = new Browser();
    const begun = await woippy.begin();
    const form = await browser.open(`${(await browser.open(begun.url)).url}&lang=en`);
    await browser.submit(form, { email: one.email, password: PASSWORD, action: "connecter" });
    await one.set("signed_in_on = current_date - interval '25 months'");
    await idp.app.area.warnInactive();
    await mailTo(one.email, "Your account is going to be erased");
  });
});

describe("it wasn't me", () => {
  /** A thief with the password takes the account over: another address, another password. */
  async function stolen() {
    const owner = await person();
    const thief = new Browser();
    await woippy.signIn(thief, { email: owner.email });
    const theirs = somebody();
    const sent = await thief.submit(await thief.open(url("/adresse")), { email: theirs });
    const asked = await mailTo(theirs, "Confirmez votre nouvelle adresse électronique");
    await thief.submit(sent, { code: codeOf(asked) });
    await thief.submit(await thief.open(url("/mot-de-passe")), {
      current: PASSWORD,
      password: "la phrase de quelqu'un",
      action: "changer",
    });
    return { owner, thief, theirs, told: await mailTo(owner.email, "Votre adresse électronique a changé") };
  }

  test("ends all sessions, gives the address back, and shuts the account until recovery", async () => {
    const { owner, thief, theirs, told } = await stolen();
    hears.tokens.length = 0;
    const page = await new Browser().open(notMe(told));
    expect(page.html).toContain("Bloquer mon compte");
    expect(await owner.account()).toMatchObject({ email: theirs, must_recover_since: null });
    // The form's token is its browser's: without its cookie nothing happens.
    expect((await new Browser().submit(page)).status).toBe(422);
    const browser = new Browser();
    const blocked = await browser.submit(await browser.open(notMe(told)));
    expect(blocked.html).toContain("Votre compte est bloqué");
    expect(blocked.html).toContain("/mot-de-passe-oublie");
    expect(await owner.account()).toMatchObject({
      email: owner.email,
      must_recover_since: expect.any(Date),
    });
    expect(asleep(await thief.open(url()))).toBe(true);
    await expect.poll(() => hears.tokens.length).toBeGreaterThan(0);
    for (const [email, password] of [
      [theirs, "la phrase de quelqu'un"],
      [owner.email, "la phrase de quelqu'un"],
      [owner.email, PASSWORD],
    ] as const)
      expect(await signedInWith(email, password)).toBe(false);
    expect((await mailTo(owner.email, "Votre compte est bloqué")).text).toContain("/mot-de-passe-oublie");
  });

  test("by the first mail undoes what came after it, and voids the links that went to the thief", async () => {
    const owner = await person();
    const thief = new Browser();
    await woippy.signIn(thief, { email: owner.email });
    await thief.submit(await thief.open(url("/nom")), { givenName: "Voleur", familyName: "Fictif" });
    const first = await mailTo(owner.email, "Votre nom a changé");
    const theirs = somebody();
    const sent = await thief.submit(await thief.open(url("/adresse")), { email: theirs });
    await thief.submit(sent, {
      code: codeOf(await mailTo(theirs, "Confirmez votre nouvelle adresse électronique")),
    });
    await thief.submit(await thief.open(url("/nom")), { givenName: "Encore", familyName: "Fictif" });
    const toThief = await mailTo(theirs, "Votre nom a changé");
    const browser = new Browser();
    await browser.submit(await browser.open(notMe(first)));
    expect((await owner.account()).email).toBe(owner.email);
    expect((await new Browser().open(notMe(toThief))).status).toBe(400);
    const second = await mailTo(owner.email, "Votre adresse électronique a changé");
    expect((await new Browser().open(notMe(second))).status).toBe(400);
  });

  test("is good once, for seven days, and says the same of a link that never was", async () => {
    const owner = await person();
    await owner.send("/nom", { givenName: "Alix", familyName: "Fictif" });
    const link = notMe(await mailTo(owner.email, "Votre nom a changé"));
    const never = await new Browser().open(url(`/pas-moi/${"a".repeat(43)}`));
    await idp.sql.query("update told_change set expires_at = now() where account_id = $1", [owner.accountId]);
    const old = await new Browser().open(link);
    const text = (page: Page) => page.html.replaceAll(/pas-moi(\/|%2F)[\w-]+/g, "");
    expect([old.status, text(old)]).toEqual([never.status, text(never)]);
    expect(old.html).not.toContain(owner.email);
    await idp.sql.query(
      "update told_change set expires_at = now() + interval '1 day' where account_id = $1",
      [owner.accountId],
    );
    const browser = new Browser();
    const page = await browser.open(link);
    const answers = await Promise.all([browser.submit(page), browser.submit(page)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400]);
  });

  test("is a link that lasts seven days", async () => {
    const owner = await person();
    await owner.send("/nom", { givenName: "Alix", familyName: "Fictif" });
    const { rows } = await idp.sql.query(
      "select extract(day from expires_at - told_at)::int as days from told_change where account_id = $1",
      [owner.accountId],
    );
    expect(rows).toEqual([{ days: 7 }]);
  });

  test("takes back a deletion", async () => {
    const owner = await person();
    await owner.send("/suppression");
    const browser = new Browser();
    await browser.submit(
      await browser.open(notMe(await mailTo(owner.email, "Votre compte va être supprimé"))),
    );
    expect(await owner.account()).toMatchObject({ deletion_due_at: null });
  });

  test("where the address became another account's leaves it there, and lets nobody into this one", async () => {
    const { owner, theirs, told } = await stolen();
    const other = await idp.createAccount(owner.email);
    const browser = new Browser();
    const page = await browser.submit(await browser.open(notMe(told)));
    expect(page.html).toContain("devenue celle d'un autre compte");
    const { rows } = await idp.sql.query("select id from account where email = $1", [owner.email]);
    expect(rows).toEqual([{ id: other.accountId }]);
    expect((await owner.account()).email).toMatch(/@adresse-retiree\.invalid$/);
    expect(await signedInWith(theirs, "la phrase de quelqu'un")).toBe(false);
  });

  test("holds for whatever signs in, and for a sign-in that had its credentials before", async () => {
    const owner = await person();
    const thief = new Browser();
    const page = await thief.open((await woippy.begin()).url);
    const held = await thief.request(page.url, {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({
        _csrf: /_csrf" value="([^"]*)"/.exec(page.html)?.[1] ?? "",
        email: owner.email,
        password: PASSWORD,
        action: "connecter",
      }).toString(),
    });
    // As if no session had been ended, and the credential were none we look at.
    await owner.set("must_recover_since = now()");
    const answer = await thief.open(new URL(held.headers.get("location") ?? "", page.url).href);
    expect(answer.status).toBe(403);
    expect(answer.html).toContain("ne peut pas aboutir");
    expect(asleep(await thief.open(url()))).toBe(true);
  });

  test("is mended by no change of password that was under way", async () => {
    const owner = await person();
    const { own, changes } = idp.app.area;
    const account = { ...(await owner.account()), givenName: "", familyName: "" };
    const change = {
      kind: "password_changed",
      subject: "my-account.told.password",
      text: "my-account.told.password.text",
    };
    await owner.set("must_recover_since = now()");
    expect(await own.setPassword(owner.accountId, "x", changes.of(account, change, "fr"))).toBe(false);
    expect((await owner.account()).must_recover_since).not.toBeNull();
  });

  test("stores no link: only what it is recognised by", async () => {
    const owner = await person();
    await owner.send("/nom", { givenName: "Alix", familyName: "Fictif" });
    const token =
      notMe(await mailTo(owner.email, "Votre nom a changé"))
        .split("/")
        .at(-1) ?? "";
    expect(token).toHaveLength(43);
    await expect.poll(() => traces(token)).toEqual([]);
  });
});

test("the service changes no more of these tables than it must", async () => {
  for (const [table, column] of [
    ["told_change", "account_id"],
    ["told_change", "expires_at"],
    ["told_change", "former_email"],
    ["email_change", "account_id"],
    ["session_device", "account_id"],
  ])
    await expect(idp.app.pool.query(`update ${table} set ${column} = null`)).rejects.toThrow(
      /permission denied/,
    );
});
