import { AxeBuilder } from "@axe-core/playwright";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { htmlFaults } from "../../../packages/ui/test/validate-html.ts";
import { PASSWORD, type RunningIdp, startIdp } from "./running-idp.ts";
import { SiteEndpoint } from "./site-endpoint.ts";
import { TestSite } from "./test-site.ts";

const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice", "RGAAv4"];
const EMAIL = "camille@exemple.test";
const AGENT = "openid profile email agent";

let idp: RunningIdp;
let site: SiteEndpoint;
let woippy: TestSite;
let chrome: Browser;

beforeAll(async () => {
  idp = await startIdp();
  site = await new SiteEndpoint().start("woippy");
  await idp.createAccount(EMAIL);
  await idp.createAccount(EMAIL, "professional");
  woippy = await TestSite.register(idp, "Woippy", { origin: site.origin });
  chrome = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
    ],
  });
});
afterAll(async () => {
  await chrome?.close();
  await site?.[Symbol.asyncDispose]();
  await idp?.close();
});

const signInUrl = async (parameters: Record<string, string> = {}, scope?: string) =>
  (await woippy.begin({ parameters, ...(scope ? { scope } : {}) })).url;
const logoutUrl = () =>
  `${idp.issuer}/session/end?client_id=${woippy.entity}&post_logout_redirect_uri=${encodeURIComponent(`${woippy.origin}/deconnexion/retour`)}`;

async function signIn(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await page.fill("[name=email]", EMAIL);
  await page.fill("[name=password]", PASSWORD);
  await page.click("button[value=connecter]");
}

/** Asks for an account, from a site's sign-in page where one is given. No mail is taken here: the queue holds its text. */
async function ask(page: Page, email: string, from = `${idp.issuer}/inscription`): Promise<void> {
  await page.goto(from);
  if (from !== `${idp.issuer}/inscription`) await page.click("a[href^='/inscription']");
  await page.fill("[name=email]", email);
  await page.fill("[name=givenName]", "Dominique");
  await page.fill("[name=familyName]", "Fictif");
  await page.fill("[name=password]", PASSWORD);
  await page.click("button[value=creer]");
  await page.waitForSelector("[name=code]");
}
async function linkTo(email: string): Promise<string> {
  const { rows } = await idp.sql.query(
    "select text_body from mail where recipient = $1 order by created_at desc limit 1",
    [email],
  );
  return /http\S+confirmer\S+/.exec(rows[0]?.text_body)?.[0] ?? "";
}
let people = 0;

/** Every screen, and how somebody comes to it. */
const SCREENS: [string, (page: Page) => Promise<unknown>][] = [
  ["sign-in", async (page) => page.goto(await signInUrl())],
  [
    "sign-in with errors",
    async (page) => {
      await page.goto(await signInUrl());
      await page.click("button[value=connecter]");
      await page.waitForSelector(".error-summary");
    },
  ],
  [
    "sign-in with a visible password",
    async (page) => {
      await page.goto(await signInUrl());
      await page.click("button[value=montrer]");
      await page.waitForSelector("input[type=text]");
    },
  ],
  [
    "choice of account",
    async (page) => {
      await signIn(page, await signInUrl());
      await page.waitForURL(`${site.origin}/**`);
      await page.goto(await signInUrl({ prompt: "select_account" }));
      await page.waitForSelector("button[value=garder]");
    },
  ],
  [
    "need of a professional account, then the change to it",
    async (page) => {
      await signIn(page, await signInUrl());
      await page.waitForURL(`${site.origin}/**`);
      await signIn(page, await signInUrl({}, AGENT));
      await page.waitForSelector("button[value=yes]");
    },
  ],
  ["an interaction that is gone", (page) => page.goto(`${idp.issuer}/connexion/gone?site=${woippy.entity}`)],
  [
    "an interaction that is gone, with an address typed",
    async (page) => {
      await page.goto(await signInUrl());
      await idp.sql.query("delete from artifact where kind = 'Interaction'");
      await page.fill("[name=email]", EMAIL);
      await page.fill("[name=password]", PASSWORD);
      await page.click("button[value=connecter]");
      await page.waitForSelector(`b:text("${EMAIL}")`);
    },
  ],
  [
    "registration with errors",
    async (page) => {
      await page.goto(await signInUrl());
      await page.click("a[href^='/inscription']");
      await page.fill("[name=email]", "camille");
      await page.click("button[value=creer]");
      await page.waitForSelector(".error-summary");
    },
  ],
  [
    "registration with a visible password",
    async (page) => {
      await page.goto(`${idp.issuer}/inscription?site=${woippy.entity}`);
      await page.click("button[value=montrer]");
      await page.waitForSelector("[name=password][type=text]");
    },
  ],
  ["a message sent", async (page) => ask(page, `personne${++people}@exemple.test`, await signInUrl())],
  [
    "a wrong code",
    async (page) => {
      await ask(page, EMAIL);
      await page.fill("[name=code]", "000 000");
      await page.click("main button");
      await page.waitForSelector(".error-summary");
    },
  ],
  [
    "five wrong codes",
    async (page) => {
      await ask(page, EMAIL);
      for (let n = 0; n < 5; n++) {
        await page.fill("[name=code]", "000000");
        await page.click("main button");
      }
      await page.waitForSelector("a.button");
    },
  ],
  [
    "a link to confirm",
    async (page) => {
      const email = `personne${++people}@exemple.test`;
      await ask(page, email);
      await page.goto(await linkTo(email));
      await page.waitForSelector("text=Dominique Fictif");
    },
  ],
  [
    "a link opened in another browser, with errors",
    async (page) => {
      const email = `personne${++people}@exemple.test`;
      await ask(page, email);
      await page.context().clearCookies();
      await page.goto(await linkTo(email));
      await page.fill("[name=givenName]", "<Dominique>");
      await page.click("button[value=creer]");
      await page.waitForSelector(".error-summary");
    },
  ],
  [
    "an account created",
    async (page) => {
      const email = `personne${++people}@exemple.test`;
      await ask(page, email);
      await page.goto(await linkTo(email));
      await page.click("main button");
      await page.waitForSelector("text=Votre compte est créé");
    },
  ],
  [
    "a link that is gone",
    (page) => page.goto(`${idp.issuer}/inscription/confirmer/gone?site=${woippy.entity}`),
  ],
  ["a refused request", (page) => page.goto(`${idp.issuer}/auth?client_id=unknown`)],
  [
    "logout",
    async (page) => {
      await signIn(page, await signInUrl());
      await page.waitForURL(`${site.origin}/**`);
      await page.goto(logoutUrl());
    },
  ],
  ["signed out", (page) => page.goto(`${idp.issuer}/session/end/success?client_id=${woippy.entity}`)],
  [
    "account",
    async (page) => {
      await signIn(page, await signInUrl());
      await page.waitForURL(`${site.origin}/**`);
      await page.goto(`${idp.issuer}/compte`);
      await page.waitForSelector("text=Camille Fictif");
    },
  ],
  ...[
    "",
    "inscription",
    "compte",
    "mentions-legales",
    "donnees-personnelles",
    "accessibilite",
    "inconnue",
  ].map((path): [string, (page: Page) => Promise<unknown>] => [
    `/${path}`,
    (page) => page.goto(`${idp.issuer}/${path}`),
  ]),
];

async function withPage(
  options: Parameters<Browser["newContext"]>[0],
  work: (page: Page, context: BrowserContext) => Promise<void>,
): Promise<void> {
  await idp.sql.query("delete from throttle");
  const context = await chrome.newContext({ locale: "fr-FR", ...options });
  await work(await context.newPage(), context).finally(() => context.close());
}

/** The HTML as it was sent: the document's own differs in what a validator looks at. */
function lastDocument(page: Page): () => Promise<string> {
  let last: Promise<string> | undefined;
  page.on("response", (response) => {
    const page = response.request().isNavigationRequest() && response.status() !== 303;
    if (page) last = response.text();
    last?.catch(() => {});
  });
  return async () => (await last) ?? "";
}

describe.each(SCREENS)("%s", (_name, reach) => {
  test("has no axe violation, is valid HTML and never scrolls sideways", async () => {
    await withPage({ viewport: { width: 360, height: 740 } }, async (page) => {
      const sent = lastDocument(page);
      await reach(page);
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme });
        const { violations } = await new AxeBuilder({ page }).withTags(TAGS).analyze();
        expect(violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))).toEqual([]);
      }
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(360);
      expect(await page.locator("h1").count()).toBe(1);
      expect(await htmlFaults(await sent())).toEqual([]);
    });
  });

  test("works without JavaScript", async () => {
    await withPage({ javaScriptEnabled: false }, async (page) => {
      await reach(page);
      expect(await page.locator("h1").count()).toBe(1);
    });
  });
});

test("in a browser, signing in and out ends on the site: its policy lets the form go there", async () => {
  await withPage({}, async (page) => {
    await signIn(page, await signInUrl());
    await page.waitForURL(`${site.origin}/connexion/retour?code=**`);
    await page.goto(logoutUrl());
    await page.click("button[value=yes]");
    await page.waitForURL(`${site.origin}/deconnexion/retour**`);
    expect(site.tokens.length).toBeGreaterThan(0);
  });
});

test("in a browser, a registration by link ends on the site: its policy lets the form go there", async () => {
  await withPage({}, async (page) => {
    const email = `personne${++people}@exemple.test`;
    await ask(page, email, await signInUrl());
    await page.goto(await linkTo(email));
    await page.click("main button");
    await page.waitForURL(`${site.origin}/connexion/retour?code=**`);
  });
});

test("by keyboard alone one signs in, and Enter in a field never keeps the account one leaves", async () => {
  await withPage({}, async (page) => {
    await signIn(page, await signInUrl());
    await page.waitForURL(`${site.origin}/**`);
    await page.goto(await signInUrl({ prompt: "select_account" }));
    await page.focus("[name=email]");
    await page.keyboard.type(EMAIL);
    await page.keyboard.press("Tab");
    await page.keyboard.type("un mauvais mot de passe");
    await page.keyboard.press("Enter");
    await page.waitForSelector(".error-summary");
  });
});

test("the switch shows the page in English and remembers it", async () => {
  await withPage({}, async (page) => {
    await page.goto(await signInUrl());
    await page.click("a.language");
    expect(await page.locator("h1").textContent()).toBe("Sign in");
    await page.goto(await signInUrl({ ui_locales: "fr" }));
    expect(await page.locator("h1").textContent()).toBe("Sign in");
  });
});
