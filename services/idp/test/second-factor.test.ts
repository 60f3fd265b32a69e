import { totpCode, totpStep } from "@interco/platform/totp";
import { totpOf } from "@interco/testing/second-step";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { PasswordHasher } from "../src/credentials/password-hash.ts";
import { ACR } from "../src/provider/acr.ts";
import { Browser, type Page } from "./browser.ts";
import { PASSWORD, type RunningIdp, startIdp } from "./running-idp.ts";
import { secondStep } from "./second-step.ts";
import { TestSite } from "./test-site.ts";

const AGENT = { scope: "openid profile email agent offline_access" };
const MULTI = { parameters: { acr_values: ACR.multi } };

let idp: RunningIdp;
let woippy: TestSite;
let metz: TestSite;
let people = 0;

beforeAll(async () => {
  idp = await startIdp();
  [woippy, metz] = await Promise.all([TestSite.register(idp, "Woippy"), TestSite.register(idp, "Metz")]);
});
afterAll(() => idp?.close());
beforeEach(() => idp.sql.query("delete from throttle"));

async function somebody(kind: "personal" | "professional", totp = false) {
  const email = `personne${++people}@exemple.test`;
  const { accountId } = await idp.createAccount(email, kind, { totp });
  return { email, accountId };
}
/** Password typed on the site's sign-in page. */
async function typePassword(email: string, options: Parameters<TestSite["begin"]>[0] = {}) {
  const browser = new Browser();
  const begun = await woippy.begin(options);
  const form = await browser.open(begun.url);
  const page = await browser.submit(form, { email, password: PASSWORD, action: "connecter" });
  return { browser, begun, page };
}
const pathOf = (page: Page) => new URL(page.url).pathname.replace(/^\/connexion\/[\w-]+/, "");
const follow = (browser: Browser, page: Page, end: string) => {
  const href = [...page.html.matchAll(/href="([^"]*)"/g)]
    .map(([, one = ""]) => one)
    .find((one) => one.split("?")[0]?.endsWith(end));
  return browser.open(
    new URL((href ?? "").replaceAll("&amp;", "&").replaceAll("&#x3D;", "="), page.url).href,
  );
};
const printedOn = (page: Page) =>
  [...page.html.matchAll(/<li>([a-z0-9]{5} [a-z0-9]{5})<\/li>/g)].map(([, code = ""]) => code);
const programsOf = async (accountId: string) =>
  (await idp.sql.query("select sealed_secret from authenticator where account_id = $1", [accountId])).rows;
const kindsOf = async (accountId: string) =>
  (
    await idp.sql.query("select kind from sign_in_event where account_id = $1 order by id", [accountId])
  ).rows.map(({ kind }) => kind as string);

describe("who has a second factor", () => {
  test("is asked for it after the password, and the site learns how they signed in", async () => {
    const { email, accountId } = await somebody("personal", true);
    const { browser, begun, page } = await typePassword(email);
    expect(pathOf(page)).toBe("/verification");
    const tokens = await woippy.complete((await secondStep(browser, page, email)).url, begun);
    expect(tokens.claims()).toMatchObject({ acr: ACR.multi, amr: ["pwd", "otp", "mfa"] });
    expect(await kindsOf(accountId)).toEqual(["account_created", "factor_added", "signed_in"]);
  });

  test("isn't signed in by the password alone, whatever address they open", async () => {
    const { email, accountId } = await somebody("personal", true);
    const { browser, page } = await typePassword(email);
    const at = page.url.split("?")[0]?.replace("/verification", "");
    for (const way of [
      "",
      "/securiser",
      "/securiser/codes",
      "/securiser/application",
      "/securiser/cle",
      "/compte-cree",
    ])
      expect((await browser.open(`${at}${way}`)).url).toContain(idp.issuer);
    const codes = await browser.open(`${at}/securiser/codes`);
    expect(pathOf(codes)).toBe("/verification");
    const resumed = await browser.open(`${idp.issuer}/auth/${new URL(at ?? "").pathname.split("/")[2]}`);
    expect(resumed.url).not.toContain("code=");
    expect((await browser.open(`${idp.issuer}/compte`)).html).toContain('name="password"');
    expect(await kindsOf(accountId)).not.toContain("signed_in");
  });

  test("goes on in the browser that typed the password, and in no other", async () => {
    const { email } = await somebody("personal", true);
    const { page } = await typePassword(email);
    const elsewhere = await new Browser().open(page.url);
    expect(elsewhere.status).toBe(400);
    expect(elsewhere.html).toContain("plus valable");
  });

  test("begins again where the password changed meanwhile", async () => {
    const { email, accountId } = await somebody("personal", true);
    const { browser, page } = await typePassword(email);
    await idp.sql.query(
      "update password set changed_at = now() + interval '1 second' where account_id = $1",
      [accountId],
    );
    const again = await browser.submit(page, { code: totpCode(totpOf(email), totpStep()) });
    expect(again.url).not.toContain("code=");
    expect(again.html).toContain('name="password"');
  });

  test("is told of a wrong code, then waits longer and longer, and is never locked out", async () => {
    const { email, accountId } = await somebody("personal", true);
    const { browser, begun, page } = await typePassword(email);
    let answer = page;
    for (let n = 0; n < 6; n++) {
      answer = await browser.submit(answer, { code: "000000" });
      expect(answer.status).toBe(422);
      expect(answer.html).toContain("Ce code n'est pas le bon");
    }
    answer = await browser.submit(answer, { code: totpCode(totpOf(email), totpStep()) });
    expect(answer.status).toBe(429);
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await kindsOf(accountId)).toContain("delayed");
    await idp.sql.query("update throttle set blocked_until = '-infinity'");
    expect((await secondStep(browser, answer, email)).url).toContain(woippy.origin);
    expect(begun.state).toBeTruthy();
  });

  test("uses each code once", async () => {
    const { email } = await somebody("personal", true);
    const code = totpCode(totpOf(email), totpStep());
    const first = await typePassword(email);
    expect((await first.browser.submit(first.page, { code })).url).toContain(woippy.origin);
    const second = await typePassword(email);
    const refused = await second.browser.submit(second.page, { code });
    expect(refused.status).toBe(422);
    expect(refused.html).toContain("a déjà servi");
  });

  test("of one code sent twice at once, signs in once", async () => {
    const { email } = await somebody("personal", true);
    const both = await Promise.all([typePassword(email), typePassword(email)]);
    const code = totpCode(totpOf(email), totpStep());
    const ends = await Promise.all(both.map(({ browser, page }) => browser.submit(page, { code })));
    expect(ends.filter(({ url }) => url.startsWith(woippy.origin))).toHaveLength(1);
  });
});

describe("an agent", () => {
  test("without a second factor sets one up as part of the sign-in: codes on paper, no phone", async () => {
    const { email } = await somebody("professional");
    const { browser, begun, page } = await typePassword(email, AGENT);
    expect(pathOf(page)).toBe("/securiser");
    expect(page.html).toContain("jamais d'utiliser votre téléphone personnel");
    const codes = await follow(browser, page, "/securiser/codes");
    const printed = printedOn(codes);
    expect(printed).toHaveLength(10);
    // Opened again it shows the same ones, and a wrong one is no reason to print again.
    expect(printedOn(await browser.open(codes.url))).toEqual(printed);
    const wrong = await browser.submit(codes, { code: "aaaaa 22222" });
    expect(wrong.status).toBe(422);
    expect(printedOn(wrong)).toEqual(printed);
    const back = await browser.submit(wrong, { code: printed[3]?.toUpperCase().replace(" ", "-") ?? "" });
    const tokens = await woippy.complete(back.url, begun);
    expect(tokens.claims()).toMatchObject({ acr: ACR.multi, amr: ["pwd", "otp", "mfa"] });

    const next = await typePassword(email, AGENT);
    expect(pathOf(next.page)).toBe("/verification");
    const again = await next.browser.submit(next.page, { code: printed[0] ?? "" });
    expect((await woippy.complete(again.url, next.begun)).claims()?.acr).toBe(ACR.multi);
    const reused = await typePassword(email, AGENT);
    expect((await reused.browser.submit(reused.page, { code: printed[0] ?? "" })).status).toBe(422);
  });

  test("may set up a program instead, then prints codes for the day it is lost", async () => {
    const { email, accountId } = await somebody("professional");
    const { browser, begun, page } = await typePassword(email, AGENT);
    const program = await follow(browser, page, "/securiser/application");
    const secret = /class="secret"[^>]*>([^<]*)</.exec(program.html)?.[1]?.replaceAll(" ", "") ?? "";
    expect(program.html).toContain("data:image/svg+xml;base64,");
    expect((await browser.submit(program, { code: "12" })).status).toBe(422);
    const step = totpStep();
    const codes = await browser.submit(program, { code: totpCode(secret, step) });
    expect(pathOf(codes)).toBe("/securiser/codes");
    const back = await browser.submit(codes, { action: "sans" });
    expect((await woippy.complete(back.url, begun)).claims()?.acr).toBe(ACR.multi);
    expect(await kindsOf(accountId)).toEqual(["account_created", "factor_added", "signed_in"]);
    const { rows } = await idp.sql.query(
      "select authenticator::text as line from authenticator where account_id = $1",
      [accountId],
    );
    expect(rows[0]?.line).not.toContain(Buffer.from(secret).toString("hex"));
  });

  test("isn't let in without one", async () => {
    const { email } = await somebody("professional");
    const { browser, page } = await typePassword(email, AGENT);
    const codes = await follow(browser, page, "/securiser/codes");
    const refused = await browser.submit(codes, { action: "sans" });
    expect(refused.status).toBe(422);
    expect((await browser.open(`${idp.issuer}/compte`)).html).toContain('name="password"');
  });

  test("prints new codes before the last one is gone", async () => {
    const { email, accountId } = await somebody("professional");
    const first = await typePassword(email, AGENT);
    const printed = printedOn(await follow(first.browser, first.page, "/securiser/codes"));
    await first.browser.submit(await follow(first.browser, first.page, "/securiser/codes"), {
      code: printed[0] ?? "",
    });
    await idp.sql.query(
      "update printed_code set used_at = now() where account_id = $1 and code in (select code from printed_code where account_id = $1 limit 8)",
      [accountId],
    );
    const left = await idp.sql.query("select 1 from printed_code where account_id = $1 and used_at is null", [
      accountId,
    ]);
    expect(left.rowCount).toBe(2);
    let used = 0;
    for (const code of printed) {
      const { browser, page } = await typePassword(email, AGENT);
      await idp.sql.query("delete from throttle");
      const next = await browser.submit(page, { code });
      if (next.status === 422) continue;
      used += 1;
      expect(pathOf(next)).toBe("/securiser/codes");
      expect(next.html).toContain(used === 1 ? "Il vous reste un seul code." : "protéger");
      if (used === 1) {
        const back = await browser.submit(next, { action: "sans" });
        expect(back.url).toContain(woippy.origin);
      }
      if (used === 1) break;
    }
    expect(used).toBe(1);
  });

  test("who is signed in as a citizen is asked for what lacks only, and keeps their time of sign-in", async () => {
    const { email } = await somebody("professional");
    const browser = new Browser();
    const before = await woippy.signIn(browser, { email });
    expect(before.claims()).toMatchObject({ acr: ACR.single, amr: ["pwd"] });
    const begun = await metz.begin(AGENT);
    const page = await browser.open(begun.url);
    expect(pathOf(page)).toBe("/securiser");
    const codes = await follow(browser, page, "/securiser/codes");
    const back = await browser.submit(codes, { code: printedOn(codes)[0] ?? "" });
    const tokens = await metz.complete(back.url, begun);
    expect(tokens.claims()).toMatchObject({ acr: ACR.multi, amr: ["pwd", "otp", "mfa"] });
    // And another backoffice asks for nothing.
    const silent = await woippy.signIn(browser, { ...AGENT, parameters: { prompt: "none" } });
    expect(silent.claims()?.acr).toBe(ACR.multi);
    const renewed = await metz.refresh(tokens.refresh_token ?? "");
    expect(renewed.claims()?.acr).toBe(ACR.multi);
  });
});

describe("step-up", () => {
  test("by acr_values asks a citizen for a second factor, silently refused under prompt=none", async () => {
    const { email } = await somebody("personal");
    const browser = new Browser();
    expect((await woippy.signIn(browser, { email })).claims()?.acr).toBe(ACR.single);
    const silent = await browser.open(
      (await woippy.begin({ parameters: { ...MULTI.parameters, prompt: "none" } })).url,
    );
    expect(silent.url).toContain("error=login_required");
    const page = await browser.open((await woippy.begin(MULTI)).url);
    expect(pathOf(page)).toBe("/securiser");
  });

  test("by an essential claim too; one that can't be had is an error of its own", async () => {
    const { email } = await somebody("personal", true);
    const browser = new Browser();
    const claims = (value: string) => ({
      parameters: { claims: JSON.stringify({ id_token: { acr: { value, essential: true } } }) },
    });
    const tokens = await woippy.signIn(browser, { email, ...claims(ACR.multi) });
    expect(tokens.claims()?.acr).toBe(ACR.multi);
    await expect(woippy.begin(claims("urn:eidas:high"))).rejects.toMatchObject({
      error: "unmet_authentication_requirements",
    });
    const greedy = { parameters: { claims: JSON.stringify({ id_token: { agent_id: null } }) } };
    await expect(woippy.begin(greedy)).rejects.toMatchObject({ error: "invalid_request" });
  });

  test("isn't asked of who has shown both, nor of a site that wants one", async () => {
    const { email } = await somebody("personal", true);
    const browser = new Browser();
    await woippy.signIn(browser, { email });
    for (const acr of [ACR.multi, ACR.single])
      expect(
        (await metz.signIn(browser, { parameters: { acr_values: acr, prompt: "none" } })).claims()?.acr,
      ).toBe(ACR.multi);
  });

  test("lets somebody sign in with another account instead", async () => {
    const { email } = await somebody("personal");
    const other = await somebody("personal", true);
    const browser = new Browser();
    await woippy.signIn(browser, { email });
    await idp.createAccount(other.email);
    const page = await browser.open((await woippy.begin(MULTI)).url);
    const form = await browser.open(page.url.replace("/securiser", "").replace("?", "?compte=autre&"));
    expect(form.html).toContain('name="password"');
  });
});

describe("one's second factors", () => {
  const HOME = "/compte/securite";
  const linkTo = (page: Page, part: string) =>
    [...page.html.matchAll(/href="([^"]*)"/g)]
      .map(([, href = ""]) => href)
      .find((href) => href.includes(part)) ?? "";

  test("are added in one's account: it is told by mail, and what is signed in elsewhere ends", async () => {
    const { email, accountId } = await somebody("personal");
    const elsewhere = await woippy.signIn(new Browser(), { email });
    const browser = new Browser();
    await woippy.signIn(browser, { email });
    const home = await browser.open(`${idp.issuer}${HOME}`);
    expect(home.html).toContain("votre mot de passe suffit");
    const codes = await browser.open(`${idp.issuer}${linkTo(home, "/codes")}`);
    const done = await browser.submit(codes, { code: printedOn(codes)[5] ?? "" });
    expect(done.html).toContain("Il vous reste 10 codes");
    await expect(woippy.refresh(elsewhere.refresh_token ?? "")).rejects.toMatchObject({
      error: "invalid_grant",
    });
    expect(await kindsOf(accountId)).toContain("factor_added");
    const { rows } = await idp.sql.query("select subject from mail where recipient = $1", [email]);
    expect(rows).toEqual([{ subject: "Des codes ont été imprimés pour votre compte" }]);
  });

  test("set up for the first time, are shown by that: nothing is asked again while codes are printed", async () => {
    const { email, accountId } = await somebody("personal");
    const browser = new Browser();
    await woippy.signIn(browser, { email });
    const program = await browser.open(`${idp.issuer}${HOME}/application`);
    const secret = /class="secret"[^>]*>([^<]*)</.exec(program.html)?.[1]?.replaceAll(" ", "") ?? "";
    const codes = await browser.submit(program, { code: totpCode(secret, totpStep()) });
    expect(printedOn(codes)).toHaveLength(10);
    const done = await browser.submit(codes, { code: printedOn(codes)[0] ?? "" });
    expect(done.html).toContain("Il vous reste 10 codes");
    expect(await programsOf(accountId)).toHaveLength(1);
  });

  test("are changed by who has shown one of them a short while ago", async () => {
    const { email, accountId } = await somebody("personal");
    const browser = new Browser();
    await woippy.signIn(browser, { email });
    await idp.sql.query("insert into printed_code (account_id, code) values ($1, sha256('x'))", [accountId]);
    for (const page of ["/codes", "/application", "/cle", "/retirer/codes"])
      expect(pathOf(await browser.open(`${idp.issuer}${HOME}${page}`))).toBe("/verification");
    const recent = await somebody("personal", true);
    const other = new Browser();
    await woippy.signIn(other, { email: recent.email });
    expect((await other.open(`${idp.issuer}${HOME}/application`)).html).toContain("ne servira plus");
    await idp.sql.query(
      `update artifact set payload = jsonb_set(payload, '{loginTs}', to_jsonb((payload->>'loginTs')::int - 3000))
       where kind = 'Session' and account_id = $1`,
      [recent.accountId],
    );
    expect((await other.open(`${idp.issuer}${HOME}/application`)).html).toContain('name="password"');
  });

  test("of a professional account are never all removed, not even by two pages at once", async () => {
    const { email, accountId } = await somebody("professional", true);
    const browser = new Browser();
    await woippy.signIn(browser, { email });
    const last = await browser.open(`${idp.issuer}${HOME}/retirer/application`);
    const refused = await browser.submit(last);
    expect(refused.status).toBe(422);
    expect(refused.html).toContain("dernière preuve");
    const codes = await browser.open(`${idp.issuer}${HOME}/codes`);
    await browser.submit(codes, { code: printedOn(codes)[0] ?? "" });
    const pages = await Promise.all(
      ["application", "codes"].map((what) => browser.open(`${idp.issuer}${HOME}/retirer/${what}`)),
    );
    await Promise.all(pages.map((page) => browser.submit(page)));
    const left = await idp.sql.query(
      "select (select count(*) from authenticator where account_id = $1) + (select least(count(*), 1) from printed_code where account_id = $1) as left",
      [accountId],
    );
    expect(Number(left.rows[0]?.left)).toBe(1);
    expect((await kindsOf(accountId)).filter((kind) => kind === "factor_removed")).toHaveLength(1);
  });

  test("are found from an agent's account too", async () => {
    const { email } = await somebody("professional", true);
    const browser = new Browser();
    await woippy.signIn(browser, { email });
    const account = await browser.open(`${idp.issuer}/compte`);
    expect(account.html).toContain("Professionnel");
    expect((await browser.open(`${idp.issuer}${linkTo(account, HOME)}`)).html).toContain(
      "Changer d'application",
    );
  });

  test("of a citizen may all be removed", async () => {
    const { email, accountId } = await somebody("personal", true);
    const browser = new Browser();
    await woippy.signIn(browser, { email });
    const home = await browser.submit(await browser.open(`${idp.issuer}${HOME}/retirer/application`));
    expect(home.html).toContain("votre mot de passe suffit");
    expect(await programsOf(accountId)).toEqual([]);
  });
});

describe("the operator", () => {
  test("gives a program once, and never to an account that changed since", async () => {
    const { email, accountId } = await somebody("professional", true);
    const before = await programsOf(accountId);
    await idp.createAccount(email, "professional");
    expect(before).toHaveLength(1);
    expect(await programsOf(accountId)).toEqual(before);
    const later = await somebody("professional");
    await idp.createAccount(later.email, "professional");
    expect(await programsOf(later.accountId)).toHaveLength(1);
    // The hash of something else: the person has chosen their own.
    const changed = await somebody("professional");
    await idp.sql.query("update password set hash = $2 where account_id = $1", [
      changed.accountId,
      await new PasswordHasher(Buffer.alloc(32)).hash(PASSWORD),
    ]);
    await idp.createAccount(changed.email, "professional");
    expect(await programsOf(changed.accountId)).toEqual([]);
  });
});
