import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Browser } from "./browser.ts";
import { PASSWORD, type RunningIdp, startIdp, statementsOf } from "./running-idp.ts";
import { TestSite } from "./test-site.ts";

let idp: RunningIdp;
let woippy: TestSite;

beforeAll(async () => {
  idp = await startIdp();
  await idp.createAccount("camille@exemple.test");
  woippy = await TestSite.register(idp, "Woippy");
});
afterAll(() => idp?.close());

async function formPage(browser: Browser, parameters: Record<string, string> = {}) {
  return browser.open((await woippy.begin({ parameters })).url);
}
const forget = () => idp.sql.query("delete from throttle");

describe("the sign-in page", () => {
  test("names the site and lets its form end there", async () => {
    const page = await formPage(new Browser());
    expect(page.html).toContain("<b>Ville de Woippy</b>");
    expect(page.headers.get("content-security-policy")).toContain(`form-action 'self' ${woippy.origin}`);
    expect(page.headers.get("cache-control")).toBe("no-store");
    expect(page.headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
  });

  test("speaks the language the site asks for, the browser's else", async () => {
    expect((await formPage(new Browser(), { ui_locales: "en" })).html).toContain('<html lang="en"');
    const url = (await woippy.begin()).url;
    const page = await new Browser().open(url, { headers: { "accept-language": "en-GB,en;q=0.9" } });
    expect(page.html).toContain('<html lang="fr"');
  });

  test("fills in the address the site hints at", async () => {
    expect((await formPage(new Browser(), { login_hint: "camille@exemple.test" })).html).toContain(
      'value="camille@exemple.test"',
    );
  });

  test("comes again with what is wrong beside each field, and the address kept", async () => {
    const browser = new Browser();
    const page = await browser.submit(await formPage(browser), { email: "camille", password: "" });
    expect(page.status).toBe(422);
    expect(page.html).toContain('value="camille"');
    expect(page.html).toContain('href="#f-email"');
    expect(page.html).toContain("Saisissez votre mot de passe");
    expect(page.html).toContain("<title>Erreur");
  });

  test("shows what is typed on demand, without JavaScript", async () => {
    const browser = new Browser();
    const page = await browser.submit(await formPage(browser), {
      email: "a@b.fr",
      password: "x",
      action: "montrer",
    });
    expect(page.html).toMatch(/name="password" type="text"/);
    expect(page.html).toContain('value="a@b.fr"');
  });

  test("says the same of an unknown address as of a wrong password", async () => {
    await forget();
    const answers = [];
    for (const email of ["camille@exemple.test", "personne@exemple.test"]) {
      const browser = new Browser();
      const page = await browser.submit(await formPage(browser), {
        email,
        password: "un mauvais mot de passe",
      });
      const text = page.html
        .replaceAll(email, "")
        .replace(/\/connexion\/[\w-]+/g, "")
        .replace(/uid=[\w-]+/g, "")
        .replaceAll(/_csrf" value="[^"]*"/g, "");
      answers.push({ status: page.status, text });
    }
    expect(answers[0]?.status).toBe(422);
    expect(answers[1]).toEqual(answers[0]);
  });

  test("does the same work for an unknown address as for a wrong password", async () => {
    const work = [];
    for (const email of ["camille@exemple.test", "personne@exemple.test"]) {
      await forget();
      const browser = new Browser();
      const page = await formPage(browser);
      work.push(
        await statementsOf(() => browser.submit(page, { email, password: "un mauvais mot de passe" })),
      );
    }
    expect(work[0]).toContain("throttle-begin");
    // Accounts of an interaction's session aside, which nobody has here.
    expect(work[1]).toEqual(work[0]);
    await forget();
  });

  test("asks again when its form's token is gone, keeping the address", async () => {
    const browser = new Browser();
    const page = await browser.submit(await formPage(browser), {
      email: "camille@exemple.test",
      password: PASSWORD,
      _csrf: "stale",
    });
    expect(page.status).toBe(422);
    expect(page.html).toContain('value="camille@exemple.test"');
  });
});

describe("a broken interaction shows the way on", () => {
  test("when its cookie is gone", async () => {
    const browser = new Browser();
    const page = await formPage(browser);
    const stranger = await new Browser().open(page.url);
    expect(stranger.status).toBe(400);
    expect(stranger.html).toContain("plus valable");
    expect(stranger.html).toContain(`href="${woippy.origin}/connexion"`);
  });

  test("when it was used already: there is nothing to do again", async () => {
    const browser = new Browser();
    const page = await formPage(browser);
    const signIn = { email: "camille@exemple.test", password: PASSWORD };
    expect((await browser.submit(page, signIn)).url).toContain(woippy.origin);
    const again = await browser.submit(page, signIn);
    expect(again.status).toBe(400);
    expect(again.html).toContain("Vous êtes déjà connecté");
    expect(again.html).toContain(`href="${woippy.origin}/connexion"`);
  });

  test("when it was open for too long: the address comes back with the next form, the password doesn't", async () => {
    const browser = new Browser();
    const page = await formPage(browser);
    await idp.sql.query("delete from artifact where kind = 'Interaction'");
    const late = await browser.submit(page, { email: "camille@exemple.test", password: PASSWORD });
    expect(late.status).toBe(400);
    expect(late.html).toContain("restée ouverte plus d");
    expect(late.html).toContain("<b>camille@exemple.test</b>");
    expect(JSON.stringify([late.html, ...late.headers])).not.toContain(PASSWORD);
    expect(late.html).toContain(`href="${woippy.origin}/connexion"`);
    const next = await formPage(browser);
    expect(next.html).toContain('value="camille@exemple.test"');
    expect((await browser.submit(next, { password: PASSWORD, email: "camille@exemple.test" })).url).toContain(
      woippy.origin,
    );
    expect((await formPage(browser, { prompt: "login" })).html).not.toContain('value="camille@exemple.test"');
  });

  test.each([
    ["another site's page filled in the address", { _csrf: "forged" }],
    ["what was typed is no address", { email: "camille" }],
  ])("and keeps nothing when %s", async (_name, change) => {
    const browser = new Browser();
    const page = await formPage(browser);
    await idp.sql.query("delete from artifact where kind = 'Interaction'");
    const late = await browser.submit(page, { email: "camille@exemple.test", password: "x", ...change });
    expect(late.html).not.toContain("sera déjà remplie");
    expect((await formPage(browser)).html).not.toContain('value="camille');
  });

  test("when the return is asked for without its cookie", async () => {
    const page = await new Browser().open(`${idp.issuer}/auth/unknown-interaction`);
    expect(page.status).toBe(400);
    expect(page.html).toContain("plus valable");
    expect(page.html).toContain('href="/"');
  });
});
