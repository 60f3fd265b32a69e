import { type CaughtMail, type MailCatcher, startTestMail } from "@interco/testing/mail";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { checkJournal } from "../src/audit/check-journal.ts";
import { Browser, type Page } from "./browser.ts";
import { PASSWORD, type RunningIdp, startIdp, statementsOf } from "./running-idp.ts";
import { SiteEndpoint } from "./site-endpoint.ts";
import { TestSite } from "./test-site.ts";

const ANOTHER = "quatre mots bien différents";
const FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0";

const stack = new AsyncDisposableStack();
let mail: MailCatcher;
let idp: RunningIdp;
let hears: SiteEndpoint;
let woippy: TestSite;
let metz: TestSite;
let people = 0;

beforeAll(async () => {
  mail = await startTestMail();
  stack.defer(() => mail.stop());
  idp = stack.use(await startIdp({ smtp: mail.smtp }));
  hears = stack.use(await new SiteEndpoint().start("woippy"));
  woippy = await TestSite.register(idp, "Woippy", { origin: hears.origin });
  metz = await TestSite.register(idp, "Metz");
});
afterAll(() => stack.disposeAsync());
beforeEach(async () => {
  await idp.sql.query("delete from throttle");
  hears.tokens.length = 0;
});

const somebody = () => `personne${++people}@exemple.test`;
const url = (path = "") => `${idp.issuer}/compte${path}`;
const asleep = (page: Page) => page.url.includes("/connexion/");

/** Somebody signed in to Woippy, and the ways they have. */
async function person(email = somebody()) {
  const { accountId } = await idp.createAccount(email);
  const browser = new Browser();
  const tokens = await woippy.signIn(browser, { email });
  const open = (path = "") => browser.open(url(path));
  return {
    email,
    accountId,
    browser,
    tokens,
    open,
    send: async (path: string, values: Record<string, string | null> = {}) =>
      browser.submit(await open(path), values),
    account: async () => (await idp.sql.query("select * from account where id = $1", [accountId])).rows[0],
    journal: async () =>
      (
        await idp.sql.query("select kind from sign_in_event where account_id = $1 order by at, id", [
          accountId,
        ])
      ).rows.map(({ kind }) => kind as string),
  };
}
async function mailTo(email: string, subject: string): Promise<CaughtMail> {
  const found = () => mail.mails.list(email).findLast((one) => one.subject === subject);
  await expect.poll(found, { timeout: 10_000 }).toBeDefined();
  return found() as CaughtMail;
}
const linkOf = ({ text }: CaughtMail) => /http\S+\/compte\/\S+\/[\w-]{43}/.exec(text)?.[0] ?? "";
const codeOf = ({ text }: CaughtMail) => /\b\d{3} \d{3}\b/.exec(text)?.[0] ?? "";
const signedInWith = (email: string, password: string) =>
  woippy.signIn(new Browser(), { email, password }).then(
    () => true,
    () => false,
  );

describe("a name", () => {
  test("that is corrected reaches each site at the next sign-in there, and none before", async () => {
    const one = await person();
    const page = await one.send("/nom", { givenName: "  Camille-Anne ", familyName: "Fictif Durand" });
    expect(page.url).toBe(url("?fait=nom"));
    expect(page.html).toContain("Camille-Anne Fictif Durand");
    expect(page.html).toContain("Votre nom est enregistré");
    expect(hears.tokens).toHaveLength(0);
    expect(one.tokens.claims()?.name).toBe("Camille Fictif");
    const again = await woippy.signIn(one.browser, { parameters: { prompt: "none" } });
    expect(again.claims()).toMatchObject({ name: "Camille-Anne Fictif Durand", given_name: "Camille-Anne" });
    expect((await mailTo(one.email, "Votre nom a changé")).text).toContain("Camille-Anne Fictif Durand");
    expect(await one.journal()).toContain("names_changed");
  });

  test("that is none is asked for again, with what was typed", async () => {
    const one = await person();
    const page = await one.send("/nom", { givenName: "", familyName: "http://x.test" });
    expect(page.status).toBe(422);
    expect(page.html).toContain('href="#f-givenName"');
    expect(page.html).toContain('value="http://x.test"');
    const forged = await one.send("/nom", { givenName: "Autre", familyName: "Nom", _csrf: "forged" });
    expect(forged.status).toBe(422);
    expect(forged.html).toContain('value="Autre"');
    expect((await one.account()).given_name).toBe("Camille");
  });

  test("is changed of one's own account whatever is sent along", async () => {
    const [one, other] = [await person(), await person()];
    await one.send("/nom", {
      givenName: "Alix",
      familyName: "Fictif",
      id: other.accountId,
      accountId: other.accountId,
      email: "voleur@exemple.test",
      kind: "professional",
    });
    expect(await other.account()).toMatchObject({ given_name: "Camille" });
    expect(await one.account()).toMatchObject({ given_name: "Alix", email: one.email, kind: "personal" });
  });
});

describe("an address", () => {
  test("counts once the new one has answered by code; the old one is told, and sites hear at the next sign-in", async () => {
    const one = await person();
    const next = somebody();
    const sent = await one.send("/adresse", { email: next });
    expect(sent.url).toBe(url("/adresse/message"));
    expect((await one.account()).email).toBe(one.email);
    const asked = await mailTo(next, "Confirmez votre nouvelle adresse électronique");
    expect(asked.text).not.toContain("Camille");
    const done = await one.browser.submit(sent, { code: codeOf(asked) });
    expect(done.html).toContain("Votre nouvelle adresse électronique est enregistrée");
    expect(await one.account()).toMatchObject({ email: next, email_verified: true });
    const told = await mailTo(one.email, "Votre adresse électronique a changé");
    expect(told.text).not.toContain(next);
    expect(await signedInWith(one.email, PASSWORD)).toBe(false);
    expect(await signedInWith(next, PASSWORD)).toBe(true);
    // A site where the person does nothing more keeps what it had: nothing is sent to it.
    expect(hears.tokens).toHaveLength(0);
    const elsewhere = await metz.signIn(one.browser);
    expect(elsewhere.claims()).toMatchObject({ email: next, email_verified: true });
  });

  test("counts by the link too, opened where its person is signed in", async () => {
    const one = await person();
    const next = somebody();
    await one.send("/adresse", { email: next });
    const link = linkOf(await mailTo(next, "Confirmez votre nouvelle adresse électronique"));
    const page = await one.browser.open(link);
    expect(page.html).toContain(next);
    expect((await one.account()).email).toBe(one.email);
    expect((await one.browser.submit(page)).html).toContain("est enregistrée");
    expect((await one.account()).email).toBe(next);
    expect((await one.browser.open(link)).status).toBe(400);
  });

  test("is given to no account by whoever reads the mail: the link asks who one is, and is that account's", async () => {
    const [one, stranger] = [await person(), await person()];
    const next = somebody();
    await one.send("/adresse", { email: next });
    const link = linkOf(await mailTo(next, "Confirmez votre nouvelle adresse électronique"));
    expect(asleep(await new Browser().open(link))).toBe(true);
    expect((await stranger.browser.open(link)).status).toBe(400);
    expect((await one.account()).email).toBe(one.email);
  });

  test("that has an account is answered like any other: same page, same work; another mail, and no change", async () => {
    const known = await person();
    const answers = [];
    for (const email of [known.email, somebody()]) {
      const one = await person();
      const form = await one.open("/adresse");
      let page: Page | undefined;
      const work = await statementsOf(async () => {
        page = await one.browser.submit(form, { email });
      });
      const wrong = await one.browser.submit(page as Page, { code: "000000" });
      answers.push({
        status: page?.status,
        text: [page, wrong].map((shown) =>
          shown?.html.replaceAll(email, "").replace(/_csrf" value="[^"]*"/, ""),
        ),
        work: work.map((name) => name.replace(/\s+/g, " ")),
      });
    }
    expect(answers[1]).toEqual(answers[0]);
    const taken = await mailTo(known.email, "Cette adresse a déjà un compte");
    expect(linkOf(taken) + codeOf(taken)).toBe("");
  });

  test("is refused where it is none, or one's own", async () => {
    const one = await person();
    const wrong = await one.send("/adresse", { email: "camille" });
    expect(wrong.status).toBe(422);
    expect(wrong.html).toContain('value="camille"');
    const same = await one.send("/adresse", { email: one.email.toUpperCase() });
    expect(same.html).toContain("déjà votre adresse");
  });

  test("taken meanwhile stays where it is", async () => {
    const one = await person();
    const next = somebody();
    const sent = await one.send("/adresse", { email: next });
    const asked = await mailTo(next, "Confirmez votre nouvelle adresse électronique");
    await idp.createAccount(next);
    const page = await one.browser.submit(sent, { code: codeOf(asked) });
    expect(page.status).toBe(400);
    expect(page.html).toContain("celle d'un autre compte");
    expect((await one.account()).email).toBe(one.email);
  });

  test("has five codes, then another mail must be asked for; an old one is worth nothing", async () => {
    const one = await person();
    const next = somebody();
    const sent = await one.send("/adresse", { email: next });
    const code = codeOf(await mailTo(next, "Confirmez votre nouvelle adresse électronique"));
    const wrong = code.startsWith("1") ? "222222" : "111111";
    for (let left = 4; left > 0; left--)
      expect((await one.browser.submit(sent, { code: wrong })).status).toBe(422);
    expect((await one.browser.submit(sent, { code: wrong })).html).toContain("Ce code n'est plus valable");
    await idp.sql.query("delete from throttle");
    expect((await one.browser.submit(sent, { code })).html).toContain("Ce code n'est plus valable");
    await idp.sql.query("update email_change set expires_at = now() where account_id = $1", [one.accountId]);
    expect((await one.browser.submit(sent, { code })).html).toContain("Ce message n'est plus valable");
    expect((await one.account()).email).toBe(one.email);
  });
});

describe("a password", () => {
  test("is changed with the present one: other sessions end, this one goes on, its person is told", async () => {
    const one = await person();
    const elsewhere = new Browser();
    const other = await woippy.signIn(elsewhere, { email: one.email });
    const page = await one.send("/mot-de-passe", { current: PASSWORD, password: ANOTHER, action: "changer" });
    expect(page.url).toBe(url("?fait=mot-de-passe"));
    expect((await one.open()).html).toContain("Camille Fictif");
    expect(asleep(await elsewhere.open(url()))).toBe(true);
    await expect(woippy.refresh(other.refresh_token ?? "")).rejects.toMatchObject({ error: "invalid_grant" });
    await expect.poll(() => hears.tokens.length).toBe(1);
    expect(await signedInWith(one.email, PASSWORD)).toBe(false);
    expect(await signedInWith(one.email, ANOTHER)).toBe(true);
    await mailTo(one.email, "Votre mot de passe a changé");
    expect(await one.journal()).toEqual(expect.arrayContaining(["password_changed", "sessions_ended"]));
  });

  test("isn't without it, and guesses count with those of a sign-in", async () => {
    const one = await person();
    const statuses = [];
    for (let n = 0; n < 8; n++) {
      const values = { current: "ce n'est pas le bon", password: ANOTHER, action: "changer" };
      statuses.push((await one.send("/mot-de-passe", values)).status);
    }
    expect(statuses.slice(0, 3)).toEqual([422, 422, 422]);
    expect(statuses.at(-1)).toBe(429);
    expect(await signedInWith(one.email, PASSWORD)).toBe(false);
    await idp.sql.query("delete from throttle");
    expect(await signedInWith(one.email, PASSWORD)).toBe(true);
  });

  test.each([
    ["short", "onze carac."],
    ["known to everybody", "motdepasse1234"],
    ["about its person", "Camille Fictif 57"],
  ])("that is %s is refused, with what to do instead", async (_name, password) => {
    const one = await person();
    const page = await one.send("/mot-de-passe", { current: PASSWORD, password, action: "changer" });
    expect(page.status).toBe(422);
    expect(page.html).toContain('href="#f-password"');
    expect(page.html).not.toContain(password);
    expect(await signedInWith(one.email, PASSWORD)).toBe(true);
  });
});

describe("sessions", () => {
  test("are listed by device in plain words, site and network, of which little is stored", async () => {
    const one = await person();
    const elsewhere = new Browser("203.0.113.7");
    const begun = await woippy.begin();
    const form = await elsewhere.open(begun.url);
    const headers = { "user-agent": FIREFOX };
    const answer = await elsewhere.request(form.url, {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
      body: new URLSearchParams({
        _csrf: /_csrf" value="([^"]*)"/.exec(form.html)?.[1] ?? "",
        email: one.email,
        password: PASSWORD,
        action: "connecter",
      }).toString(),
    });
    await elsewhere.request(new URL(answer.headers.get("location") ?? "", form.url).href, { headers });
    const page = await one.open("/connexions");
    expect(page.html).toContain("Firefox sur un ordinateur Windows");
    expect(page.html).toContain("adresse en 203.0…");
    expect(page.html).toContain("Ville de Woippy");
    expect(page.html.match(/Cet appareil/g)).toHaveLength(1);
    const { rows } = await idp.sql.query("select * from session_device where account_id = $1", [
      one.accountId,
    ]);
    expect(JSON.stringify(rows)).not.toMatch(/113\.7|Gecko|140/);
    const ended = await one.browser.submit(page);
    expect(ended.html).not.toContain("Firefox");
    expect(asleep(await elsewhere.open(url()))).toBe(true);
    expect((await one.open()).html).toContain("Camille Fictif");
  });

  test("end everywhere at one button: this one, the others, and every site", async () => {
    const one = await person();
    const elsewhere = new Browser();
    await woippy.signIn(elsewhere, { email: one.email });
    const page = await one.open("/connexions");
    const done = await one.browser.submit(page, { session: null });
    expect(done.html).toContain("Vous êtes déconnecté partout");
    expect(asleep(await one.open())).toBe(true);
    expect(asleep(await elsewhere.open(url()))).toBe(true);
    await expect.poll(() => hears.tokens.length).toBe(2);
    await expect(woippy.refresh(one.tokens.refresh_token ?? "")).rejects.toMatchObject({
      error: "invalid_grant",
    });
  });

  test("of somebody else are neither shown nor ended", async () => {
    const [one, other] = [await person(), await person()];
    const { rows } = await idp.sql.query(
      "select session_uid as uid from artifact where kind = 'Session' and account_id = $1",
      [other.accountId],
    );
    expect((await one.open("/connexions")).html).not.toContain(rows[0].uid);
    await one.send("/connexions", { session: rows[0].uid });
    expect((await other.open()).html).toContain("Camille Fictif");
  });

  test("are forgotten with their devices", async () => {
    const one = await person();
    await idp.sql.query("update session_device set signed_in_at = now() - interval '13 hours'");
    for (const chore of idp.app.area.chores) await chore.work();
    const left = await idp.sql.query("select 1 from session_device where account_id = $1", [one.accountId]);
    expect(left.rowCount).toBe(0);
  });
});

describe("the history", () => {
  test("shows a person their own lines of the journal, refused tries included, and nobody else's", async () => {
    const [one, other] = [await person(), await person()];
    await signedInWith(one.email, "ce n'est pas le bon");
    await signedInWith(other.email, "ce n'est pas le bon");
    const page = await one.open("/historique");
    expect(page.html).toMatch(/Connexion\s: Ville de Woippy/);
    expect(page.html.match(/Mot de passe faux/g)).toHaveLength(1);
    expect(page.html).toContain("depuis votre réseau actuel");
  });

  test("goes back page by page", async () => {
    const one = await person();
    await idp.sql.query(
      `insert into sign_in_event (id, kind, account_id) select ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid,
        'signed_out', $1 from generate_series(1, 40) n`,
      [one.accountId],
    );
    const first = await one.open("/historique");
    expect(first.html.match(/<h2>/g)).toHaveLength(30);
    const older =
      /href="(\/compte\/historique\?avant[^"]*)"/.exec(first.html)?.[1]?.replace("&#x3D;", "=") ?? "";
    const second = await one.browser.open(`${idp.issuer}${older}`);
    expect(second.html.match(/<h2>/g)?.length).toBeGreaterThan(10);
    expect((await one.open("/historique?avant=rien")).status).toBe(422);
  });

  test("is all the service may read of the journal, which stays append-only", async () => {
    await expect(idp.app.pool.query("select * from sign_in_event")).rejects.toThrow(/permission denied/);
    await expect(idp.app.pool.query("delete from sign_in_event")).rejects.toThrow(/permission denied/);
    await expect(idp.app.pool.query("update sign_in_event set kind = 'x'")).rejects.toThrow(
      /permission denied/,
    );
    await checkJournal(idp.config.database.owner);
  });
});

describe("a copy of one's data", () => {
  test("holds all there is of a person, in a form programs read, and nothing secret or of anybody else", async () => {
    const [one, other] = [await person(), await person()];
    await one.send("/nom", { givenName: "Alix", familyName: "Fictif" });
    await one.send("/adresse", { email: somebody() });
    const page = await one.browser.open(url("/donnees/copie"));
    expect(page.headers.get("content-type")).toContain("application/json");
    expect(page.headers.get("content-disposition")).toContain("attachment");
    expect(page.headers.get("cache-control")).toBe("no-store");
    const data = JSON.parse(page.html);
    expect(data).toMatchObject({
      format: "interco-account",
      account: { email: one.email, givenName: "Alix", kind: "personal" },
      sessions: [{ sites: expect.arrayContaining([woippy.entity]) }],
      changesTold: [{ kind: "names_changed", toldTo: one.email }],
      emailChangeAsked: { email: expect.any(String) },
    });
    expect(data.journal.map(({ kind }: { kind: string }) => kind)).toContain("signed_in");
    expect(data.mails.length).toBeGreaterThan(0);
    expect(page.html).not.toMatch(/argon2|"code"|"hash"/);
    expect(page.html).not.toContain(other.email);
    expect(await one.journal()).toContain("data_exported");
  });

  test("knows every table that names a person", async () => {
    const { rows } = await idp.sql.query(
      `select distinct table_name as name from information_schema.columns
        where table_schema = 'public' and (column_name ~ 'account_id|email|recipient')`,
    );
    // Those the copy reads; what holds an account's id for some seconds (a logout to be told) or the half hour of a sign-in
    // (`factor_step`); who is elected, without an account; what can't be read by the service.
    expect(rows.map(({ name }) => name).sort()).toEqual([
      "account",
      "administrator",
      "agent_access",
      "artifact",
      "authenticator",
      "consent",
      "email_change",
      "entity_official",
      "factor_reset",
      "factor_step",
      "logout_delivery",
      "mail",
      "passkey",
      "password",
      "pivot_identity",
      "printed_code",
      "recovery",
      "registration",
      "session_device",
      "sign_in_event",
      "told_change",
      "upstream_arrival",
      "upstream_identity",
      "upstream_session",
    ]);
  });
});

describe("credentials given long ago", () => {
  test.each(["/adresse", "/suppression", "/donnees/copie"])("are asked for again before %s", async (path) => {
    const one = await person();
    await idp.sql.query(
      `update artifact set payload = jsonb_set(payload, '{loginTs}', to_jsonb(extract(epoch from now() - interval '11 minutes')::int))
        where kind = 'Session' and account_id = $1`,
      [one.accountId],
    );
    const asked = await one.open(path);
    expect(asleep(asked)).toBe(true);
    expect((await one.open("/nom")).url).toBe(url("/nom"));
    const back = await one.browser.submit(asked, {
      email: one.email,
      password: PASSWORD,
      action: "connecter",
    });
    expect(back.url).toBe(url(path));
  });

  test("are enough for a form that was opened in time", async () => {
    const one = await person();
    const form = await one.open("/adresse");
    await idp.sql.query(
      `update artifact set payload = jsonb_set(payload, '{loginTs}', to_jsonb(extract(epoch from now() - interval '20 minutes')::int))
        where kind = 'Session' and account_id = $1`,
      [one.accountId],
    );
    expect((await one.browser.submit(form, { email: somebody() })).url).toBe(url("/adresse/message"));
  });
});
