import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { ACR } from "../src/provider/acr.ts";
import { Browser, type Page } from "./browser.ts";
import { PASSWORD, type RunningIdp, startIdp } from "./running-idp.ts";
import { type Lies, SoftwareKey } from "./software-key.ts";
import { TestSite } from "./test-site.ts";

let idp: RunningIdp;
let woippy: TestSite;
let people = 0;

beforeAll(async () => {
  idp = await startIdp();
  woippy = await TestSite.register(idp, "Woippy");
});
afterAll(() => idp?.close());
beforeEach(() => idp.sql.query("delete from throttle"));

/** The page's passkey form: its question, and what sends an answer. */
function passkeyForm(browser: Browser, page: Page) {
  const form = /<form[^>]*data-passkey[\s\S]*?<\/form>/.exec(page.html)?.[0] ?? "";
  const value = (pattern: RegExp) =>
    (pattern.exec(form)?.[1] ?? "").replaceAll("&amp;", "&").replaceAll("&#x3D;", "=");
  const csrf = value(/_csrf" value="([^"]*)"/);
  return {
    async ask(token = csrf) {
      const answer = await browser.request(new URL(value(/data-options="([^"]*)"/), page.url).href, {
        method: "POST",
        headers: { "content-type": "application/json", accept: "application/json" },
        body: JSON.stringify({ _csrf: token }),
      });
      return { status: answer.status, options: JSON.parse(answer.html) };
    },
    send: (answer: string, more: Record<string, string> = {}) =>
      browser.open(new URL(value(/action="([^"]*)"/), page.url).href, {
        method: "POST",
        headers: { "content-type": "application/x-www-form-urlencoded" },
        body: new URLSearchParams({ _csrf: csrf, answer, ...more }).toString(),
      }),
  };
}

/** Somebody with a key, added in their account. */
async function withKey() {
  const email = `personne${++people}@exemple.test`;
  const { accountId } = await idp.createAccount(email);
  const browser = new Browser();
  await woippy.signIn(browser, { email });
  const key = new SoftwareKey(idp.issuer);
  const form = passkeyForm(browser, await browser.open(`${idp.issuer}/compte/securite/cle`));
  const { options } = await form.ask();
  const page = await form.send(key.create(options), { name: "  Clé   du bureau " });
  return { email, accountId, browser, key, page, options };
}

async function signInForm(browser = new Browser()) {
  const begun = await woippy.begin();
  return { browser, begun, form: passkeyForm(browser, await browser.open(begun.url)) };
}

describe("a passkey", () => {
  test("is discoverable, its user verified, and says nothing of whose it is", async () => {
    const { options, accountId, page, email } = await withKey();
    expect(options).toMatchObject({
      attestation: "none",
      authenticatorSelection: { residentKey: "required", userVerification: "required" },
      user: { name: email },
      rp: { id: new URL(idp.issuer).hostname },
    });
    expect(Buffer.from(options.user.id, "base64url").toString()).not.toContain(accountId);
    expect(page.url).toContain("/compte/securite/codes");
    const { rows } = await idp.sql.query(
      "select name, transports, syncable, counter from passkey where account_id = $1",
      [accountId],
    );
    expect(rows).toEqual([{ name: "Clé du bureau", transports: ["usb"], syncable: false, counter: 1 }]);
  });

  test("signs in alone, as two factors", async () => {
    const { email, key } = await withKey();
    const { begun, form } = await signInForm();
    const { options } = await form.ask();
    expect(options.allowCredentials).toEqual([]);
    const back = await form.send(key.get(options));
    const claims = (await woippy.complete(back.url, begun)).claims();
    expect(claims).toMatchObject({ email, acr: ACR.multi, amr: ["hwk", "mfa"] });
  });

  test("is the second step after a password, and another person's is not", async () => {
    const { email, key } = await withKey();
    const stranger = await withKey();
    const browser = new Browser();
    const begun = await woippy.begin();
    const page = await browser.submit(await browser.open(begun.url), {
      email,
      password: PASSWORD,
      action: "connecter",
    });
    const form = passkeyForm(browser, page);
    const first = await form.ask();
    expect(first.options.allowCredentials).toHaveLength(1);
    expect((await form.send(stranger.key.get(first.options))).status).toBe(422);
    const second = await form.ask();
    const back = await form.send(key.get(second.options));
    expect((await woippy.complete(back.url, begun)).claims()?.amr).toEqual(["pwd", "hwk", "mfa"]);
  });

  test("answers each challenge once, in the sign-in it was given for", async () => {
    const { key } = await withKey();
    const { form, browser } = await signInForm();
    const { options } = await form.ask();
    const answer = key.get(options);
    // In another sign-in, whose own challenge is another one.
    const other = await signInForm();
    await other.form.ask();
    expect((await other.form.send(answer)).url).not.toContain("code=");
    // Twice at once.
    const both = await Promise.all([form.send(answer), form.send(answer)]);
    expect(both.filter(({ url }) => url.startsWith(woippy.origin))).toHaveLength(1);
    expect((await form.send(key.get(options))).url).not.toContain("code=");
    expect(browser).toBeDefined();
  });

  test.each<[string, Lies]>([
    ["another origin", { origin: "https://connexion.exemple" }],
    ["another service's name", { rpId: "exemple" }],
    ["a user who wasn't verified", { verified: false }],
    ["another ceremony", { type: "webauthn.create" }],
    ["a counter that goes back", { counter: 1 }],
    ["another person's handle", { userHandle: "AAAA" }],
    ["a challenge of its own", { challenge: "AAAA" }],
  ])("with %s signs nobody in, and the page says so", async (_lie, lies) => {
    const { key } = await withKey();
    const { form } = await signInForm();
    const { options } = await form.ask();
    const page = await form.send(key.get(options, lies));
    expect(page.status).toBe(422);
    expect(page.html).toContain("Cette clé n'est pas connue ici");
    const { rows } = await idp.sql.query("select kind from sign_in_event order by id desc limit 1");
    expect(rows).toEqual([{ kind: "second_factor_refused" }]);
  });

  test.each<[string, Lies]>([
    ["another origin", { origin: "https://connexion.exemple" }],
    ["a user who wasn't verified", { verified: false }],
    ["a challenge of its own", { challenge: "AAAA" }],
  ])("made with %s isn't added", async (_lie, lies) => {
    const { browser, accountId } = await withKey();
    const form = passkeyForm(browser, await browser.open(`${idp.issuer}/compte/securite/cle`));
    const { options } = await form.ask();
    expect(options.excludeCredentials).toHaveLength(1);
    const page = await form.send(new SoftwareKey(idp.issuer).create(options, lies));
    expect(page.status).toBe(422);
    const { rowCount } = await idp.sql.query("select 1 from passkey where account_id = $1", [accountId]);
    expect(rowCount).toBe(1);
  });

  test("of somebody else isn't added twice, nor more than twenty", async () => {
    const { key } = await withKey();
    const { browser, accountId } = await withKey();
    const form = passkeyForm(browser, await browser.open(`${idp.issuer}/compte/securite/cle`));
    expect((await form.send(key.create((await form.ask()).options))).status).toBe(422);
    await idp.sql.query(
      `insert into passkey (credential_id, account_id, name, public_key, counter, transports, syncable, backed_up)
       select sha256(convert_to($1 || n, 'UTF8')), $1::text::uuid, 'n', 'x', 0, '{}', false, false from generate_series(1, 19) n`,
      [accountId],
    );
    const more = new SoftwareKey(idp.issuer).create((await form.ask()).options);
    expect((await form.send(more)).status).toBe(422);
  });

  test("isn't asked for by a page of another site", async () => {
    const { form } = await signInForm();
    expect((await form.ask("forged")).status).toBe(403);
  });

  test("of an account that is shut until its password is recovered signs nobody in", async () => {
    const { key, accountId } = await withKey();
    await idp.sql.query("update account set must_recover_since = now() where id = $1", [accountId]);
    const { form } = await signInForm();
    const page = await form.send(key.get((await form.ask()).options));
    expect(page.status).toBe(422);
  });

  test("nonsense in its place is refused like a wrong one", async () => {
    for (const answer of ["", "{", "[]", JSON.stringify({ id: "a" }), "x".repeat(39_000)]) {
      const { form } = await signInForm();
      await form.ask();
      expect((await form.send(answer)).status, answer.slice(0, 20)).toBe(422);
    }
  });
});
