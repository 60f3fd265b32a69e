import { newEntityId } from "@interco/platform/ids";
import { type MailCatcher, startTestMail } from "@interco/testing/mail";
import { agents, CITIZENS } from "@interco/testing/upstream-people";
import { UpstreamProvider } from "@interco/testing/upstream-provider";
import { expect } from "vitest";
import { Browser, type Page } from "../browser.ts";
import { type RunningIdp, startIdp } from "../running-idp.ts";
import { SiteEndpoint } from "../site-endpoint.ts";
import { TestSite } from "../test-site.ts";

export const SIREN = "215707514";
const OTHER_SIREN = "200012345";

/** A provider whose sites offer FranceConnect (but one), ProConnect and a directory, each a real server. */
export interface UpstreamIdp extends AsyncDisposable {
  idp: RunningIdp;
  mail: MailCatcher;
  franceConnect: UpstreamProvider;
  proConnect: UpstreamProvider;
  directory: UpstreamProvider;
  /** Two with a grant of FranceConnect, and one without. */
  woippy: TestSite;
  metz: TestSite;
  marly: TestSite;
}

export async function startUpstreamIdp(): Promise<UpstreamIdp> {
  const stack = new AsyncDisposableStack();
  const mail = stack.use(await startTestMail());
  const franceConnect = stack.use(await new UpstreamProvider("franceconnect", [...CITIZENS]).start());
  const proConnect = stack.use(await new UpstreamProvider("proconnect", agents(SIREN), "RS256").start());
  const directory = stack.use(
    await new UpstreamProvider("openid", [
      {
        id: "dominique",
        acr: "",
        claims: { prenom: "Dominique", family_name: "Fictif", email: "dominique@metz.example" },
      },
    ]).start(),
  );
  const [woippy, metz, marly] = [newEntityId(), newEntityId(), newEntityId()];
  const idp = await startIdp({
    smtp: mail.smtp,
    upstreams: (issuer) => {
      const client = (entity: string) => {
        const { clientId, clientSecret } = franceConnect.register(`fc-${entity}`, issuer, "franceconnect");
        return { entity, clientId, clientSecret };
      };
      const agent = proConnect.register("pc", issuer, "proconnect");
      const own = directory.register("annuaire", issuer, "annuaire-metz");
      return {
        franceConnect: { issuer: franceConnect.issuer, clients: [client(woippy), client(metz)] },
        proConnect: {
          issuer: proConnect.issuer,
          signingAlg: "RS256",
          clientId: agent.clientId,
          clientSecret: agent.clientSecret,
          mfa: "here",
          entities: [{ entity: woippy, sirens: [OTHER_SIREN, SIREN] }],
        },
        others: [
          {
            id: "annuaire-metz",
            name: "l'annuaire de Metz",
            issuer: directory.issuer,
            accounts: "professional",
            entity: metz,
            clientId: own.clientId,
            clientSecret: own.clientSecret,
            claims: { givenName: "prenom" },
          },
        ],
      };
    },
  });
  stack.defer(() => idp.close());
  const site = async (name: string, entity: string) => {
    const { origin } = stack.use(await new SiteEndpoint().start(name.toLowerCase()));
    return TestSite.register(idp, name, { entity, origin });
  };
  return {
    idp,
    mail,
    franceConnect,
    proConnect,
    directory,
    woippy: await site("Woippy", woippy),
    metz: await site("Metz", metz),
    marly: await site("Marly", marly),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

export const AGENT = "openid profile email agent";

/** A sign-in under way: the site's request, and the browser that goes through it. */
export async function begin(
  site: TestSite,
  options: { browser?: Browser; scope?: string; parameters?: Record<string, string> } = {},
) {
  const browser = options.browser ?? new Browser();
  const { scope, parameters } = options;
  const begun = await site.begin({ ...(scope ? { scope } : {}), ...(parameters ? { parameters } : {}) });
  return { browser, begun, page: await browser.open(begun.url) };
}

/** Presses an upstream's button, chooses who one is there, and stops before coming back: the address that would be opened. */
export async function throughUpstream(
  { browser, page }: { browser: Browser; page: Page },
  upstream: string,
  person: string,
): Promise<string> {
  const href = linkTo(page, new RegExp(`/avec/${upstream}\\?`));
  const sent = await browser.open(new URL(href, page.url).href);
  if (!sent.url.includes("/api/v2/authorize")) throw new Error(`stopped at ${sent.url}: ${sent.html}`);
  const chooser = await browser.request(sent.url);
  if (chooser.status !== 200) throw new Error(`refused: ${chooser.html}`);
  const chosen = await browser.request(
    new URL(linkTo(chooser, new RegExp(`person=${person}`)), sent.url).href,
  );
  return chosen.headers.get("location") ?? "";
}

/** The same, and back: the page it ends on. */
export async function comeBackFrom(
  going: { browser: Browser; page: Page },
  upstream: string,
  person: string,
): Promise<Page> {
  return going.browser.open(await throughUpstream(going, upstream, person));
}

export function linkTo(page: Page, pattern: RegExp): string {
  for (const [, href = ""] of page.html.matchAll(/href="([^"]*)"/g)) {
    const plain = href.replaceAll("&amp;", "&").replaceAll("&#x3D;", "=");
    if (pattern.test(plain)) return plain;
  }
  throw new Error(`no link to ${pattern} on ${page.url}: ${page.html}`);
}

export async function lastCode(mail: MailCatcher, email: string): Promise<string> {
  await expect.poll(() => mail.mails.list(email).length).toBeGreaterThan(0);
  return /\b(\d{3}) (\d{3})\b/.exec(mail.mails.list(email).at(-1)?.text ?? "")?.[0] ?? "";
}

/** From the page of a first time to the site, by an address that answers. */
export async function makeAccount(
  { idp: _idp, mail }: UpstreamIdp,
  browser: Browser,
  first: Page,
  email: string,
): Promise<Page> {
  const sent = await browser.submit(first, { email, action: "creer" });
  return browser.submit(sent, { code: await lastCode(mail, email) });
}

/** Sends the form of a page that holds a field of this name. */
export async function submitWith(
  browser: Browser,
  page: Page,
  field: string,
  values: Record<string, string>,
): Promise<Page> {
  const forms = page.html.match(/<form[^>]*method="post"[^>]*>[\s\S]*?<\/form>/g) ?? [];
  const form = forms.find((one) => one.includes(`name="${field}"`));
  if (!form) throw new Error(`no form with ${field} on ${page.url}`);
  return browser.submit({ ...page, html: form }, values);
}
