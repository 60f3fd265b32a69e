import { policyText } from "@interco/platform/security-headers";
import type { KoaContextWithOIDC } from "oidc-provider";
import type { Screens } from "../provider/provider-configuration.ts";
import type { ProviderClient } from "../provider/provider-internals.ts";
import { languageCookie, languageOf } from "./language.ts";
import type { Pages } from "./page.ts";
import { type SiteView, viewOf } from "./site-view.ts";

const STOPPED = "interactions/stopped";
const FORM_POST = "interactions/form-post";
/** Nobody had typed anything, and nobody is signed in. */
const STOPPED_PLAIN = { used: false, kept: null };

/** The pages shown in the middle of the protocol: what went wrong, signing out, having signed out. */
export class ProtocolScreens implements Screens {
  readonly #pages: Pages;
  readonly #secure: boolean;
  readonly #elsewhere: SignOutElsewhere | undefined;

  constructor(pages: Pages, secure: boolean, elsewhere?: SignOutElsewhere) {
    this.#pages = pages;
    this.#secure = secure;
    this.#elsewhere = elsewhere;
  }

  /** Never the error itself: it may quote what was sent. Logs have the reason. */
  async error(ctx: KoaContextWithOIDC, error: Error): Promise<void> {
    const { statusCode, name } = error as { statusCode?: number; name: string };
    this.#show(ctx, STOPPED, {
      ...STOPPED_PLAIN,
      kind: kindOf(name, statusCode ?? 500),
      site: this.#siteOf(ctx),
    });
  }

  async confirmLogout(ctx: KoaContextWithOIDC): Promise<void> {
    const site = this.#siteOf(ctx);
    this.#show(ctx, "interactions/confirm-logout", {
      site,
      action: ctx.oidc.urlFor("end_session_confirm"),
      xsrf: (ctx.oidc.session?.state as { secret?: string } | undefined)?.secret ?? "",
    });
  }

  async loggedOut(ctx: KoaContextWithOIDC): Promise<void> {
    this.#show(ctx, "interactions/logged-out", { site: this.#siteOf(ctx) });
  }

  /**
   * OAuth 2.0 Form Post Response Mode: the answer goes to the site in a form, which our own script sends at once (the policy
   * lets no other run), and its button without.
   */
  readonly formPost = (ctx: KoaContextWithOIDC, action: string, values: Record<string, unknown>): void => {
    const fields = Object.entries(values).map(([name, value]) => ({ name, value: String(value) }));
    // The answer was checked to be for the client's own address, whose origin is the client's.
    const { origin } = new URL(action);
    const site = { name: this.#siteOf(ctx)?.name ?? origin, origin, own: false };
    this.#show(ctx, FORM_POST, { site, action, fields }, 200);
  };

  /**
   * oidc-provider's own page "Submitting Callback" is in English and posts itself by script. It comes when
   * nobody is signed in at a logout (there is nothing to confirm: straight on), and when another account
   * signs in (the first one is signed out first, and the person is told).
   */
  async finish(ctx: KoaContextWithOIDC): Promise<void> {
    if (ctx.status === 404 && !ctx.body && ctx.accepts("json", "html") === "html")
      return this.#show(ctx, STOPPED, { ...STOPPED_PLAIN, kind: "unknown", site: null }, 404);
    if (ctx.oidc?.route === "end_session_confirm" && ctx.status === 303) return this.#signOutElsewhere(ctx);
    if (typeof ctx.body !== "string" || !ctx.body.includes("<title>Submitting Callback</title>")) return;
    const state = (ctx.oidc.session?.state ?? {}) as LogoutState;
    if (ctx.oidc.route === "end_session") return this.#skipConfirmation(ctx, state);
    const client = state.clientId
      ? ((await ctx.oidc.provider.Client.find(state.clientId)) as ProviderClient | undefined)
      : undefined;
    const site = client ? viewOf(client, this.#pages, languageOfRequest(ctx)) : null;
    const action = ctx.oidc.urlFor("end_session_confirm");
    this.#show(ctx, "interactions/other-account", { site, action, xsrf: state.secret ?? "" });
  }

  #siteOf(ctx: KoaContextWithOIDC): SiteView | null {
    const client = ctx.oidc?.client as ProviderClient | undefined;
    return client ? viewOf(client, this.#pages, languageOfRequest(ctx)) : null;
  }

  /**
   * A page, not a redirect: what follows a form may only go where its page's policy says, and nobody knows by which hosts an
   * upstream leads people to sign out. It goes on by itself, at once.
   */
  async #signOutElsewhere(ctx: KoaContextWithOIDC): Promise<void> {
    const accountId = ctx.oidc.params?.logout ? ctx.oidc.session?.accountId : undefined;
    const target = ctx.response.get("location");
    if (!accountId || !target) return;
    const next = await this.#elsewhere?.(ctx.get("cookie"), accountId, target);
    if (!next) return;
    ctx.remove("location");
    ctx.set("refresh", `0; url=${next.url}`);
    this.#show(ctx, "upstreams/signing-out", { site: null, upstream: next.name, url: next.url }, 200);
  }

  #skipConfirmation(ctx: KoaContextWithOIDC, state: LogoutState): void {
    const target = new URL(state.postLogoutRedirectUri ?? ctx.oidc.urlFor("end_session_success"));
    if (state.postLogoutRedirectUri && state.state) target.searchParams.set("state", state.state);
    ctx.status = 303;
    ctx.redirect(target.href);
  }

  #show(
    ctx: KoaContextWithOIDC,
    screen: string,
    context: { site: SiteView | null; [name: string]: unknown },
    status?: number,
  ): void {
    const lang = languageOfRequest(ctx);
    const cookie = languageCookie(ctx.query.lang, this.#secure);
    if (cookie) ctx.append("set-cookie", cookie);
    ctx.type = "html";
    ctx.set("content-security-policy", policyText(context.site ? [context.site.origin] : []));
    ctx.set("cache-control", "no-store");
    if (status) ctx.status = status;
    // A posted page can't be asked for again, and a refused address is not repeated: their switch leads home.
    const again = ctx.method === "GET" && screen !== STOPPED && screen !== FORM_POST;
    const url = again ? ctx.url : "/";
    ctx.body = this.#pages.render(screen, context, { lang, url });
  }
}

function kindOf(name: string, status: number): string {
  if (name === "SessionNotFound") return "expired";
  if (status === 429) return "crowded";
  return status >= 500 ? "failed" : "refused";
}

/** Where somebody just signed out goes before `target`, to be signed out there too; undefined where nowhere. */
export type SignOutElsewhere = (
  cookieHeader: string | undefined,
  accountId: string,
  target: string,
) => Promise<{ name: string; url: string } | undefined>;

interface LogoutState {
  secret?: string;
  clientId?: string;
  postLogoutRedirectUri?: string;
  state?: string;
}

function languageOfRequest(ctx: KoaContextWithOIDC) {
  return languageOf({
    chosen: ctx.query.lang,
    cookieHeader: ctx.get("cookie"),
    uiLocales: ctx.oidc?.params?.ui_locales ?? ctx.query.ui_locales,
    acceptLanguage: ctx.get("accept-language"),
  });
}
