import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Browser } from "../browser.ts";
import { type RunningIdp, startIdp } from "../running-idp.ts";
import { TestSite } from "../test-site.ts";
import { refused } from "./refused.ts";

/** Redirect addresses are compared as strings (RFC 9700 §2.1, §4.1.3); nothing here leads elsewhere (§4.11). */
let idp: RunningIdp;
let woippy: TestSite;
let loose: TestSite;

beforeAll(async () => {
  idp = await startIdp();
  await idp.createAccount("camille@exemple.test");
  woippy = await TestSite.register(idp, "Woippy");
  // Its parameters stand in the address, where anybody on the way can change them.
  loose = await TestSite.register(idp, "Essai", {
    metadata: {
      entity_kind: "certification",
      require_pushed_authorization_requests: false,
      require_pkce: false,
    },
  });
});
afterAll(() => idp?.close());

/** Addresses that aren't the registered one, made from it. */
const NEAR_MISSES: [string, (url: URL) => string][] = [
  ["a slash more", ({ href }) => `${href}/`],
  ["a slash doubled", ({ href }) => href.replace("/connexion", "//connexion")],
  ["a path below", ({ href }) => `${href}/plus`],
  ["a path above", ({ href }) => href.replace("/retour", "")],
  ["a path around", ({ href }) => href.replace("/retour", "/x/../retour")],
  ["an encoded path around", ({ href }) => href.replace("/retour", "/x/%2e%2e/retour")],
  ["another case", ({ href }) => href.replace("retour", "Retour")],
  ["an encoded letter", ({ href }) => href.replace("retour", "r%65tour")],
  ["a query", ({ href }) => `${href}?a=b`],
  ["an empty query", ({ href }) => `${href}?`],
  ["a fragment", ({ href }) => `${href}#a`],
  ["an empty fragment", ({ href }) => `${href}#`],
  ["a path parameter", ({ href }) => `${href};a=b`],
  ["a space after", ({ href }) => `${href} `],
  ["a space before", ({ href }) => ` ${href}`],
  ["a new line", ({ href }) => `${href}\n`],
  ["a tab within", ({ href }) => href.replace("retour", "ret\tour")],
  ["a backslash", ({ href }) => href.replace("/connexion", "\\connexion")],
  ["a host that begins alike", (url) => url.href.replace(url.host, `${url.hostname}.evil.example`)],
  ["a host that ends alike", (url) => url.href.replace(url.hostname, `evil-${url.hostname}`)],
  ["a host below", (url) => url.href.replace(url.hostname, `evil.${url.hostname}`)],
  ["the host in upper case", (url) => url.href.replace(url.hostname, url.hostname.toUpperCase())],
  ["a host with a dot after", (url) => url.href.replace(url.hostname, `${url.hostname}.`)],
  ["its address as a number", (url) => url.href.replace(url.hostname, "127.0.0.1")],
  ["another port", (url) => url.href.replace(`:${url.port}`, ":2")],
  ["no port", (url) => url.href.replace(`:${url.port}`, "")],
  ["another scheme", ({ href }) => href.replace("http:", "https:")],
  ["the scheme in upper case", ({ href }) => href.replace("http:", "HTTP:")],
  ["no scheme", ({ href }) => href.replace("http:", "")],
  ["a script", () => "javascript:alert(1)"],
  ["data", () => "data:text/html,x"],
  ["user information", (url) => url.href.replace("://", "://evil.example@")],
  ["a host behind user information", (url) => `http://${url.host}@evil.example/connexion/retour`],
  ["a path alone", (url) => url.pathname],
  ["a post-logout address", (url) => `${url.origin}/deconnexion/retour`],
  ["the site's home", (url) => `${url.origin}/`],
  ["a part of it", ({ href }) => href.slice(0, -1)],
];

describe("a redirect address with", () => {
  test.each(NEAR_MISSES)("%s is refused where it is pushed", async (_name, change) => {
    const { url } = await woippy.begin({ unpushed: true });
    const wanted = new URL(url);
    const registered = new URL(wanted.searchParams.get("redirect_uri") ?? "");
    wanted.searchParams.set("redirect_uri", change(registered));
    const { result } = await refused(idp, { event: "pushed_authorization_request.error" }, () =>
      woippy.push(wanted.href).then(
        () => "nothing",
        (error: { error?: string }) => error.error,
      ),
    );
    expect(result).toBe("invalid_request");
  });

  test.each(NEAR_MISSES)("%s shows a page, and leads nowhere", async (_name, change) => {
    const { url } = await loose.begin({ unpushed: true, scope: "openid" });
    const wanted = new URL(url);
    const registered = new URL(wanted.searchParams.get("redirect_uri") ?? "");
    wanted.searchParams.set("redirect_uri", change(registered));
    const { result } = await refused(
      idp,
      { event: "authorization.error", reason: "invalid_redirect_uri" },
      () => new Browser().open(wanted.href),
    );
    expect(result.status).toBe(400);
    expect(result.headers.get("location")).toBeNull();
    expect(result.html).toContain("ne peut pas aboutir");
    expect(result.html).not.toContain("evil");
  });

  test.each(NEAR_MISSES)("%s isn't gone to after signing out", async (_name, change) => {
    const browser = new Browser();
    const registered = new URL(`${woippy.origin}/deconnexion/retour`);
    const address = change(registered);
    if (address === registered.href) return;
    const url = new URL(`${idp.issuer}/session/end`);
    url.searchParams.set("client_id", woippy.entity);
    url.searchParams.set("post_logout_redirect_uri", address);
    const { result } = await refused(idp, { event: "end_session.error" }, () => browser.open(url.href));
    expect(result.status).toBe(400);
    expect(result.headers.get("location")).toBeNull();
  });
});

test("no address of this service leads to another one by a parameter of its own", async () => {
  const elsewhere = "https://evil.example/";
  for (const path of ["/", "/compte", "/inscription", "/mentions-legales", "/session/end/success"]) {
    for (const name of ["retour", "next", "redirect", "returnTo", "url", "lang", "site", "uid"]) {
      const page = await new Browser().request(
        `${idp.issuer}${path}?${name}=${encodeURIComponent(elsewhere)}`,
      );
      expect(page.headers.get("location") ?? "").not.toContain("evil");
      expect(page.html).not.toMatch(/(?:href|action)="https?:\/\/evil/);
    }
  }
});

test("a path that looks like another host stays here: the language switch", async () => {
  for (const path of ["//evil.example/", "/\\evil.example/", "/%2F%2Fevil.example/"]) {
    const page = await new Browser().request(`${idp.issuer}${path}`);
    expect(page.status).toBeGreaterThanOrEqual(400);
    expect(page.html).not.toMatch(/(?:href|action)="(?:\/\/|\/\\)/);
  }
});
