import { policyText } from "@interco/platform/security-headers";
import type { KoaContextWithOIDC } from "oidc-provider";
import type { Screens } from "../provider/provider-configuration.ts";
import type { ProviderClient } from "../provider/provider-internals.ts";
import { languageCookie, languageOf } from "./language.ts";
import type { Pages } from "./page.ts";

const STOPPED = "interactions/stopped";
/** Nobody had typed anything, and nobody is signed in. */
const STOPPED_PLAIN = { used: false, kept: null };

/** The pages shown in the middle of the protocol: what went wrong, signing out, having signed out. */
export class ProtocolScreens implements Screens {
  readonly #pages: Pages;
  readonly #secure: boolean;

  constructor(pages: Pages, secure: boolean) {
    this.#pages = pages;
    this.#secure = secure;
  }

  /** Never the error itself: it may quote what was sent. Logs have the reason. */
  async error(ctx: KoaContextWithOIDC, error: Error): Promise<void> {
    const { statusCode, name } = error as { statusCode?: number; name: string };
    this.#show(ctx, STOPPED, { ...STOPPED_PLAIN, kind: kindOf(name, statusCode ?? 500), site: siteOf(ctx) });
  }

  async confirmLogout(ctx: KoaContextWithOIDC): Promise<void> {
    const site = siteOf(ctx);
    this.#show(ctx, "interactions/confirm-logout", {
      site,
      action: ctx.oidc.urlFor("end_session_confirm"),
      xsrf: (ctx.oidc.session?.state as { secret?: string } | undefined)?.secret ?? "",
    });
  }

  async loggedOut(ctx: KoaContextWithOIDC): Promise<void> {
    this.#show(ctx, "interactions/logged-out", { site: siteOf(ctx) });
  }

  /**
   * oidc-provider's own page "Submitting Callback" is in English and posts itself by script. It comes when
   * nobody is signed in at a logout (there is nothing to confirm: straight on), and when another account
   * signs in (the first one is signed out first, and the person is told).
   */
  async finish(ctx: KoaContextWithOIDC): Promise<void> {
    if (ctx.status === 404 && !ctx.body && ctx.accepts("json", "html") === "html")
      return this.#show(ctx, STOPPED, { ...STOPPED_PLAIN, kind: "unknown", site: null }, 404);
    if (typeof ctx.body !== "string" || !ctx.body.includes("<title>Submitting Callback</title>")) return;
    const state = (ctx.oidc.session?.state ?? {}) as LogoutState;
    if (ctx.oidc.route === "end_session") return this.#skipConfirmation(ctx, state);
    const client = state.clientId
      ? ((await ctx.oidc.provider.Client.find(state.clientId)) as ProviderClient | undefined)
      : undefined;
    const site = client ? viewOf(client) : null;
    const action = ctx.oidc.urlFor("end_session_confirm");
    this.#show(ctx, "interactions/other-account", { site, action, xsrf: state.secret ?? "" });
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
    const lang = languageOf({
      chosen: ctx.query.lang,
      cookieHeader: ctx.get("cookie"),
      uiLocales: ctx.oidc?.params?.ui_locales ?? ctx.query.ui_locales,
      acceptLanguage: ctx.get("accept-language"),
    });
    const cookie = languageCookie(ctx.query.lang, this.#secure);
    if (cookie) ctx.append("set-cookie", cookie);
    ctx.type = "html";
    ctx.set("content-security-policy", policyText(context.site ? [context.site.origin] : []));
    ctx.set("cache-control", "no-store");
    if (status) ctx.status = status;
    // A posted page can't be asked for again, and a refused address is not repeated: their switch leads home.
    const url = ctx.method === "GET" && screen !== STOPPED ? ctx.url : "/";
    ctx.body = this.#pages.render(screen, context, { lang, url });
  }
}

function kindOf(name: string, status: number): string {
  if (name === "SessionNotFound") return "expired";
  if (status === 429) return "crowded";
  return status >= 500 ? "failed" : "refused";
}

interface LogoutState {
  secret?: string;
  clientId?: string;
  postLogoutRedirectUri?: string;
  state?: string;
}

export interface SiteView {
  name: string;
  origin: string;
}

function siteOf(ctx: KoaContextWithOIDC): SiteView | null {
  const client = ctx.oidc?.client as ProviderClient | undefined;
  return client ? viewOf(client) : null;
}

export function viewOf(client: ProviderClient): SiteView {
  return { name: client.entity_name, origin: client.entity_origin };
}
