import { type Browser, newPerson, type Page, startBrowser, withoutScripts } from "@interco/testing/browser";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { Inspector, type LookOptions } from "../../../../test/accessibility/inspector.ts";
import { PASSWORD } from "../running-idp.ts";
import { AGENT, lastCode, startUpstreamIdp, type UpstreamIdp } from "./upstream-idp.ts";

let all: UpstreamIdp;
let chrome: Browser;
beforeAll(async () => {
  all = await startUpstreamIdp();
  chrome = await startBrowser();
  await all.idp.createAccount("camille@exemple.test");
  await all.idp.createAccount("alix@woippy.example", "professional");
});
afterAll(async () => {
  await chrome?.close();
  await all?.[Symbol.asyncDispose]();
});
beforeEach(async () => {
  all.franceConnect.tampering = {};
  all.franceConnect.down = false;
  all.mail.mails.clear();
  await all.idp.sql.query(
    "delete from mail; delete from upstream_identity; delete from pivot_identity; delete from account where email = 'angela@courriel.example'; delete from throttle",
  );
});

async function come(page: Page, person: string, options: { site?: "woippy" | "metz"; scope?: string } = {}) {
  const { site = "woippy", scope } = options;
  await page.goto((await all[site].begin(scope ? { scope } : {})).url);
  await page.click(scope ? "a[href*='/avec/proconnect']" : "a[href*='/avec/franceconnect']");
  await page.click(`text=${person}`);
}
async function makeAccount(page: Page, site: "woippy" | "metz" = "woippy") {
  await come(page, "angela", { site });
  await page.click("button[value=creer]");
  await page.fill("[name=code]", await lastCode(all.mail, "angela@courriel.example"));
  await page.click("main button");
  await page.waitForURL(`${all[site].origin}/**`);
}
async function link(page: Page, email: string, password: string) {
  await page.fill("[name=login]", email);
  await page.fill("[name=password]", password);
  await page.click("button[value=relier]");
}

const ONCE = { again: false };
const SCREENS: [string, (page: Page) => Promise<unknown>, LookOptions?][] = [
  ["a citizen's sign-in", async (page) => page.goto((await all.woippy.begin()).url)],
  ["an agent's sign-in", async (page) => page.goto((await all.metz.begin({ scope: AGENT })).url)],
  ["the commune", (page) => page.goto(`${all.idp.issuer}/fournisseur/franceconnect/commune`)],
  ["a first time", (page) => come(page, "angela")],
  [
    "a first time with errors",
    async (page) => {
      await come(page, "angela");
      await link(page, "camille@exemple.test", "un mauvais mot de passe");
    },
    { status: 422, again: false },
  ],
  ["an agent's first time", (page) => come(page, "deux-facteurs", { scope: AGENT })],
  [
    "a code to type",
    async (page) => {
      await come(page, "angela");
      await page.click("button[value=creer]");
    },
  ],
  [
    "a wrong code",
    async (page) => {
      await come(page, "angela");
      await page.click("button[value=creer]");
      await page.fill("[name=code]", "000 000");
      await page.click("main button");
    },
    { status: 422, again: false },
  ],
  [
    "the same account elsewhere",
    async (page) => {
      await makeAccount(page);
      await page.context().clearCookies();
      await come(page, "angela", { site: "metz" });
    },
  ],
  [
    "an account of somebody else",
    async (page) => {
      await come(page, "etranger");
      await all.idp.sql.query(
        "insert into pivot_identity (pivot, account_id) select '\\x00', id from account where email = 'camille@exemple.test'",
      );
      await link(page, "camille@exemple.test", PASSWORD);
    },
    { status: 400, again: false },
  ],
  [
    "what was given up",
    async (page) => {
      all.franceConnect.tampering = { error: "access_denied" };
      await come(page, "angela");
    },
    ONCE,
  ],
  [
    "an answer that can't be trusted",
    async (page) => {
      all.franceConnect.tampering = { idTokenOfAnotherKey: true };
      await come(page, "angela");
    },
    { status: 400, again: false },
  ],
  [
    "an organisation of elsewhere",
    (page) => come(page, "ailleurs", { scope: AGENT }),
    { status: 400, again: false },
  ],
  ["somebody nobody invited", (page) => come(page, "sans-invitation", { scope: AGENT }), { status: 400 }],
  [
    "an answer that is old",
    (page) => page.goto(`${all.idp.issuer}/fournisseur/franceconnect/retour?state=old`),
    { status: 400 },
  ],
  [
    "one's other identities",
    async (page) => {
      await makeAccount(page);
      await page.goto(`${all.idp.issuer}/compte/identites`);
    },
    ONCE,
  ],
  [
    "the last identity of an account without a password",
    async (page) => {
      await makeAccount(page);
      await page.goto(`${all.idp.issuer}/compte/identites`);
      await page.click("main button");
    },
    { status: 422, again: false },
  ],
  [
    "signing out",
    async (page) => {
      await makeAccount(page);
      const said = new URLSearchParams({ client_id: all.woippy.entity });
      await page.goto(`${all.idp.issuer}/session/end?${said}`);
      // It goes on by itself: it is kept from it, to be looked at.
      await page.route(
        ({ pathname }) => pathname === "/api/v2/session/end",
        (route) => route.abort("aborted"),
      );
      await page.click("button[value=yes]");
      await page.waitForSelector("a[href*='session/end?id_token_hint']");
    },
    ONCE,
  ],
];

async function withPage(javaScript: boolean, work: (page: Page) => Promise<void>): Promise<void> {
  const context = await newPerson(chrome, { javaScript });
  const page = await context.newPage();
  await work(page).finally(() => context.close());
}

test.each(SCREENS)(
  "%s: reached without JavaScript, accessible, valid, narrow enough and in both languages",
  async (name, reach, options) => {
    await withPage(true, async (page) => {
      const inspector = new Inspector(page, "fr");
      await withoutScripts(page, () => reach(page));
      await inspector.look(name, options);
      expect(inspector.takeFaults()).toEqual([]);
    });
  },
);

test("by keyboard alone one goes to FranceConnect", async () => {
  await withPage(false, async (page) => {
    await page.goto((await all.woippy.begin()).url);
    for (let n = 0; n < 10; n++) {
      await page.keyboard.press("Tab");
      if (await page.evaluate("document.activeElement.textContent.includes('FranceConnect')")) break;
    }
    await page.keyboard.press("Enter");
    await page.waitForURL("**/api/v2/authorize**");
  });
});
