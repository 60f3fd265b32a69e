import { axeViolations } from "@interco/testing/axe";
import {
  type Browser,
  type BrowserContext,
  type Page,
  startBrowser,
  withoutScripts,
} from "@interco/testing/browser";
import { passSecondStep, totpOf } from "@interco/testing/second-step";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { htmlFaults } from "../../../packages/ui/test/validate-html.ts";
import { nameAdministrator } from "../src/console/name-administrator.ts";
import { Browser as HttpBrowser } from "./browser.ts";
import { PASSWORD, type RunningIdp, startIdp } from "./running-idp.ts";
import { SiteEndpoint } from "./site-endpoint.ts";
import { TestSite } from "./test-site.ts";

const EMAIL = "camille@exemple.test";
const AGENT = "openid profile email agent";

let idp: RunningIdp;
let site: SiteEndpoint;
let woippy: TestSite;
/** Asks for more than it needs, and an outside body's. */
let library: TestSite;
let museum: TestSite;
let chrome: Browser;

beforeAll(async () => {
  idp = await startIdp();
  site = await new SiteEndpoint().start("woippy");
  await idp.createAccount(EMAIL);
  await idp.createAccount(EMAIL, "professional");
  woippy = await TestSite.register(idp, "Woippy", { origin: site.origin });
  library = await TestSite.register(idp, "Biblio", {
    metadata: { needed_scopes: "openid", purpose: "Pour vous prévenir du retour d'un livre réservé." },
  });
  museum = await TestSite.register(idp, "Musee", {
    metadata: { entity_kind: "partner", purpose: "Pour réserver votre visite et vous y reconnaître." },
  });
  chrome = await startBrowser();
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

async function signIn(page: Page, url: string, email = EMAIL): Promise<void> {
  await page.goto(url);
  await page.fill("[name=email]", email);
  await page.fill("[name=password]", PASSWORD);
  await page.click("button[value=connecter]");
}

/** The link of an invitation. */
async function invitation(email = `agent${++people}@mairie.example`): Promise<string> {
  await woippy.say("invitations", { email, givenName: "Sacha", familyName: "Fictif", language: "fr" });
  const { rows } = await idp.sql.query("select text_body from mail where recipient = $1", [email]);
  return /http\S+\/invitation\/\S+/.exec(rows[0]?.text_body ?? "")?.[0] ?? "";
}

const deactivate = (email: string, reason: "operator" | "left") =>
  idp.sql.query("update account set deactivated_at = now(), deactivated_reason = $2 where email = $1", [
    email,
    reason,
  ]);

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

/** A page of one's account, come to through its own sign-in. */
async function atAccount(page: Page, path = ""): Promise<void> {
  await signIn(page, `${idp.issuer}/compte${path}`);
  await page.waitForURL(`${idp.issuer}/compte${path}`);
}
/** Somebody new, at a page of their account: what is done to it concerns no other screen. */
async function atNewAccount(page: Page, path: string): Promise<string> {
  const email = `personne${++people}@exemple.test`;
  await idp.createAccount(email);
  await signIn(page, `${idp.issuer}/compte${path}`, email);
  await page.waitForURL(`${idp.issuer}/compte${path}`);
  return email;
}
async function notMeLink(email: string): Promise<string> {
  const { rows } = await idp.sql.query(
    "select text_body from mail where recipient = $1 and kind like 'told%' order by created_at desc limit 1",
    [email],
  );
  return /http\S+pas-moi\S+/.exec(rows[0]?.text_body)?.[0] ?? "";
}
async function rename(page: Page): Promise<string> {
  const email = await atNewAccount(page, "/nom");
  await page.fill("[name=givenName]", "Alix");
  await page.click("main button");
  await page.waitForSelector("[role=status]");
  return email;
}
/** An agent's sign-in up to what comes after their password. */
async function agentAt(page: Page, after: string, totp: boolean): Promise<string> {
  const email = `agent${++people}@exemple.test`;
  await idp.createAccount(email, "professional", { totp });
  await page.goto(await signInUrl({}, AGENT));
  await page.fill("[name=email]", email);
  await page.fill("[name=password]", PASSWORD);
  await page.click("button[value=connecter]");
  await page.waitForURL(`**${after}?**`);
  return email;
}
/** One's second factors, signed in with a password alone. */
async function ownFactors(page: Page, path: string): Promise<void> {
  const email = `personne${++people}@exemple.test`;
  await idp.createAccount(email);
  await page.goto(`${idp.issuer}/compte/securite${path}`);
  await page.fill("[name=email]", email);
  await page.fill("[name=password]", PASSWORD);
  await page.click("button[value=connecter]");
  await page.waitForURL(`**/compte/securite${path}`);
}
/** A forgotten password, up to the page of the link. */
async function recovering(page: Page, totp: boolean): Promise<void> {
  const email = `personne${++people}@exemple.test`;
  await idp.createAccount(email, "personal", { totp });
  await page.goto(await signInUrl());
  await page.click("a[href^='/mot-de-passe-oublie']");
  await page.fill("[name=email]", email);
  await page.click("main button");
  await page.waitForURL("**/message?**");
  const { rows } = await idp.sql.query("select text_body from mail where recipient = $1", [email]);
  await page.goto(/http\S+\/mot-de-passe-oublie\/\S+/.exec(rows[0]?.text_body)?.[0] ?? "");
}
/** Passes the second step; each code serves once. */
async function typeCode(page: Page, email: string): Promise<void> {
  await page.waitForURL("**/verification**");
  await passSecondStep(totpOf(email), async (code) => {
    await page.fill("[name=code]", code);
    await page.click("main form:has([name=code]) button[type=submit]");
    return !new URL(page.url()).pathname.endsWith("/verification");
  });
}
/** Signs in to the console as an administrator of their own: each code serves once. */
async function administrate(page: Page, path: string): Promise<string> {
  const email = `ops${++people}@exemple.test`;
  await idp.createAccount(email, "professional");
  await nameAdministrator(idp.database.owner, email, "name");
  await page.goto(`${idp.issuer}/administration${path}`);
  await page.fill("[name=email]", email);
  await page.fill("[name=password]", PASSWORD);
  await page.click("button[value=connecter]");
  await typeCode(page, email);
  return email;
}
/** An agent of Woippy, as support finds them. */
async function findAgent(page: Page): Promise<string> {
  const email = `agent${++people}@exemple.test`;
  await idp.createAccount(email, "professional", { entity: woippy.entity });
  await administrate(page, "/comptes");
  await page.fill("[name=email]", email);
  await page.click("main button");
  await page.waitForSelector("h2:text('Camille Fictif')");
  return email;
}
async function askReset(page: Page): Promise<string> {
  const email = await findAgent(page);
  await page.fill("[name=reason]", "Clé et codes perdus, vue à l'accueil de la mairie");
  await page.click("button[value=reinitialiser]");
  await page.waitForSelector("[role=status]");
  return email;
}

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
      await page.waitForURL("**/verification?**");
      await passSecondStep(totpOf(EMAIL), async (code) => {
        await page.fill("[name=code]", code);
        await page.click("main form:not([data-passkey]) button");
        await page.waitForSelector("button[value=yes], .error-summary");
        return (await page.locator(".error-summary").count()) === 0;
      });
    },
  ],
  [
    "a site that asks for more than it needs",
    async (page) => {
      await signIn(page, (await library.begin({ scope: "openid profile email" })).url);
      await page.waitForSelector("button[value=refuser]");
    },
  ],
  [
    "an outside site",
    async (page) => {
      await signIn(page, (await museum.begin({ scope: "openid profile email" })).url);
      await page.waitForSelector("button[value=refuser]");
      // No answer comes again as an error.
      await page.locator("main form").evaluate((form) => (form as unknown as { submit(): void }).submit());
      await page.waitForSelector(".alert-danger");
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
  ["a second step", (page) => agentAt(page, "/verification", true)],
  [
    "a second step with a wrong code",
    async (page) => {
      await agentAt(page, "/verification", true);
      await page.fill("[name=code]", "000000");
      await page.click("main form:not([data-passkey]) button");
      await page.waitForSelector(".error-summary");
    },
  ],
  ["an agent's choice of a second factor", (page) => agentAt(page, "/securiser", false)],
  ...["cle", "application", "codes"].map((way): [string, (page: Page) => Promise<unknown>] => [
    `an agent's first second factor: ${way}`,
    async (page) => {
      await agentAt(page, "/securiser", false);
      await page.click(`a[href*='/securiser/${way}']`);
      await page.waitForURL(`**/${way}?**`);
    },
  ]),
  [
    "codes typed wrong",
    async (page) => {
      await agentAt(page, "/securiser", false);
      await page.click("a[href*='/securiser/codes']");
      await page.click("button[value=garder]");
      await page.waitForSelector(".error-summary");
    },
  ],
  ...["", "/cle", "/application", "/codes", "/retirer/application"].map(
    (path): [string, (page: Page) => Promise<unknown>] => [
      `one's second factors: ${path || "the list"}`,
      (page) => ownFactors(page, path),
    ],
  ),
  [
    "one's second factors, all of them, and the name of a key",
    async (page) => {
      await ownFactors(page, "");
      const { rows } = await idp.sql.query("select id from account order by created_at desc limit 1");
      const id = rows[0]?.id;
      await idp.sql.query("insert into printed_code (account_id, code) values ($1, sha256('x'))", [id]);
      await idp.sql.query(
        "insert into authenticator (account_id, sealed_secret, used_at) values ($1, 'x', now())",
        [id],
      );
      await idp.sql.query(
        "insert into passkey (credential_id, account_id, name, public_key, counter, transports, syncable, backed_up) values (sha256(convert_to($1::text, 'UTF8')), $1::text::uuid, 'Clé du bureau', 'x', 0, '{usb}', true, true)",
        [id],
      );
      await page.reload();
      await page.waitForSelector("h3");
    },
  ],
  ["a forgotten password", (page) => page.goto(`${idp.issuer}/mot-de-passe-oublie?site=${woippy.entity}`)],
  [
    "a forgotten password with a mistake",
    async (page) => {
      await page.goto(`${idp.issuer}/mot-de-passe-oublie`);
      await page.click("main button");
      await page.waitForSelector(".error-summary");
    },
  ],
  ["a recovery's message", (page) => page.goto(`${idp.issuer}/mot-de-passe-oublie/message`)],
  ["a recovery's second factor", (page) => recovering(page, true)],
  ["a new password", (page) => recovering(page, false)],
  [
    "a new password that is too easy, shown",
    async (page) => {
      await recovering(page, false);
      await page.fill("[name=password]", "motdepasse");
      await page.click("button[value=changer]");
      await page.waitForSelector(".error-summary");
      await page.click("button[value=montrer]");
      await page.waitForSelector("[name=password][type=text]");
    },
  ],
  ["a password changed", (page) => page.goto(`${idp.issuer}/mot-de-passe-oublie/fait`)],
  ["a recovery's link that is gone", (page) => page.goto(`${idp.issuer}/mot-de-passe-oublie/gone`)],
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
      await atAccount(page);
      await page.waitForSelector("text=Camille Fictif");
    },
  ],
  [
    "a personal account needed",
    async (page) => {
      await typeCode(page, await agentAt(page, "/verification", true));
      await page.waitForURL(`${site.origin}/**`);
      await page.goto(await signInUrl({ account_kind: "personal" }));
    },
  ],
  [
    "a deactivated account",
    async (page) => {
      const email = `personne${++people}@exemple.test`;
      await idp.createAccount(email, "professional");
      await deactivate(email, "operator");
      await page.goto(await signInUrl({}, AGENT));
      await page.fill("[name=email]", email);
      await page.fill("[name=password]", PASSWORD);
      await page.click("button[value=connecter]");
      await page.waitForSelector("text=désactivé");
    },
  ],
  ["an invitation", async (page) => page.goto(await invitation())],
  [
    "an invitation with a password refused",
    async (page) => {
      await page.goto(await invitation());
      await page.fill("[name=password]", "court");
      await page.click("button[value=creer]");
      await page.waitForSelector(".error-summary");
    },
  ],
  [
    "an invitation accepted",
    async (page) => {
      await page.goto(await invitation());
      await page.fill("[name=password]", PASSWORD);
      await page.click("button[value=creer]");
      await page.waitForSelector("text=Votre compte est prêt");
    },
  ],
  [
    "an invitation of somebody who has an account",
    async (page) => {
      const email = `agent${++people}@mairie.example`;
      const link = await invitation(email);
      await idp.createAccount(email, "professional");
      await page.goto(link);
      await page.waitForSelector("text=Vous avez déjà votre compte");
    },
  ],
  [
    "an invitation of somebody who comes back",
    async (page) => {
      const email = `agent${++people}@mairie.example`;
      await idp.createAccount(email, "professional");
      await deactivate(email, "left");
      await page.goto(await invitation(email));
      await page.waitForSelector("text=Rouvrir mon compte");
    },
  ],
  ...["", "/sites", "/cles", "/fournisseurs", "/deconnexions", "/reinitialisations", "/comptes"].map(
    (path): [string, (page: Page) => Promise<unknown>] => [
      `the console${path}`,
      (page) => administrate(page, path),
    ],
  ),
  [
    "the console's journal, searched",
    async (page) => {
      await administrate(page, "/journal");
      await page.click("main button");
      await page.waitForSelector("table");
    },
  ],
  [
    "the console's journal with errors",
    async (page) => {
      await administrate(page, "/journal");
      await page.fill("[name=since]", "hier");
      await page.click("main button");
      await page.waitForSelector(".error-summary");
    },
  ],
  ["the console's account of an agent", (page) => findAgent(page)],
  [
    "the console's reset without a reason",
    async (page) => {
      await findAgent(page);
      await page.click("button[value=reinitialiser]");
      await page.waitForSelector(".error-summary");
    },
  ],
  [
    "the console's act to be said again",
    async (page) => {
      await findAgent(page);
      await page.click("button[value=desactiver]");
      await page.waitForSelector("text=Plus personne");
    },
  ],
  [
    "the console's reset, stopped by its person",
    async (page) => {
      const email = await askReset(page);
      const { rows } = await idp.sql.query(
        "select text_body from mail where recipient = $1 and kind = 'factor_reset_asked'",
        [email],
      );
      await page.goto(/http\S+\/reinitialisation\/\S+/.exec(rows[0]?.text_body ?? "")?.[0] ?? "");
      await page.waitForSelector("button[value=arreter]");
    },
  ],
  ["the console's link that is gone", (page) => page.goto(`${idp.issuer}/reinitialisation/perdue`)],
  ["an invitation that is over", async (page) => page.goto(`${idp.issuer}/invitation/perdue`)],
  ["account with a name changed", rename],
  [
    "account: a name with errors",
    async (page) => {
      await atAccount(page, "/nom");
      await page.fill("[name=givenName]", "");
      await page.click("main button");
      await page.waitForSelector(".error-summary");
    },
  ],
  ["account: address", (page) => atAccount(page, "/adresse")],
  [
    "account: a message sent to a new address, and a wrong code",
    async (page) => {
      await atNewAccount(page, "/adresse");
      await page.fill("[name=email]", `personne${++people}@exemple.test`);
      await page.click("main button");
      await page.fill("[name=code]", "000000");
      await page.click("main button");
      await page.waitForSelector(".error-summary");
    },
  ],
  [
    "account: a new address to confirm",
    async (page) => {
      await atNewAccount(page, "/adresse");
      const next = `personne${++people}@exemple.test`;
      await page.fill("[name=email]", next);
      await page.click("main button");
      await page.waitForSelector("[name=code]");
      await page.goto(await linkTo(next));
      await page.waitForSelector(`text=${next}`);
    },
  ],
  ["account: a link that is gone", (page) => atAccount(page, "/adresse/confirmer/gone")],
  ["account: password", (page) => atAccount(page, "/mot-de-passe")],
  [
    "account: password, visible",
    async (page) => {
      await atAccount(page, "/mot-de-passe");
      await page.click("button[value=montrer]");
      await page.waitForSelector("[name=password][type=text]");
    },
  ],
  [
    "account: sessions",
    async (page) => {
      await woippy.signIn(new HttpBrowser(), { email: EMAIL });
      await atAccount(page, "/connexions");
    },
  ],
  [
    "account: signed out everywhere",
    async (page) => {
      await atNewAccount(page, "/connexions");
      await page.click("main button");
      await page.waitForSelector("text=Vous êtes déconnecté partout");
    },
  ],
  [
    "account: history",
    async (page) => {
      await woippy
        .signIn(new HttpBrowser(), { email: EMAIL, password: "ce n'est pas le bon" })
        .catch(() => {});
      await atAccount(page, "/historique");
    },
  ],
  ["account: consents", (page) => atAccount(page, "/accords")],
  ["account: data", (page) => atAccount(page, "/donnees")],
  ["account: deletion", (page) => atAccount(page, "/suppression")],
  [
    "account: deletion asked for",
    async (page) => {
      await atNewAccount(page, "/suppression");
      await page.click("main button");
      await page.waitForSelector("text=Votre compte va être supprimé");
    },
  ],
  ["it wasn't me", async (page) => page.goto(await notMeLink(await rename(page)))],
  [
    "it wasn't me, done",
    async (page) => {
      await page.goto(await notMeLink(await rename(page)));
      await page.click("main button");
      await page.waitForSelector("text=Votre compte est bloqué");
    },
  ],
  ["it wasn't me, too late", (page) => page.goto(`${idp.issuer}/compte/pas-moi/gone`)],
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

test.each(SCREENS)(
  "%s: reached without JavaScript, no axe violation, valid HTML, nothing to scroll sideways",
  async (_name, reach) => {
    await withPage({ viewport: { width: 360, height: 740 }, reducedMotion: "reduce" }, async (page) => {
      const sent = lastDocument(page);
      await withoutScripts(page, () => reach(page));
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme });
        expect(await axeViolations(page)).toEqual([]);
      }
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(360);
      expect(await page.locator("h1").count()).toBe(1);
      expect(await htmlFaults(await sent())).toEqual([]);
    });
  },
);

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

describe("an answer that goes to its site in a form", () => {
  const answered = async (page: Page) => {
    await signIn(page, await signInUrl());
    await page.waitForURL(`${site.origin}/**`);
    await page.goto(await signInUrl({ response_mode: "form_post" }));
  };

  test("goes by itself", async () => {
    await withPage({}, async (page) => {
      await answered(page);
      await page.waitForURL(`${site.origin}/connexion/retour`);
    });
  });

  test("goes by a button where there is no script, in a page as accessible as the others", async () => {
    await withPage({ javaScriptEnabled: false, viewport: { width: 360, height: 740 } }, async (page) => {
      const sent = lastDocument(page);
      await answered(page);
      expect(await page.locator("h1").textContent()).toMatch(/^Retour au site\s: Ville de Woippy$/);
      expect(await htmlFaults(await sent())).toEqual([]);
      await page.click("main button");
      await page.waitForURL(`${site.origin}/connexion/retour`);
    });
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
