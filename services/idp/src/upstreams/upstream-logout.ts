import type { Logger } from "@interco/platform/log";
import { hashToken, newToken } from "@interco/platform/secrets";
import type { Upstream } from "./upstream.ts";
import type { UpstreamConnection } from "./upstream-connection.ts";
import { browserCookie } from "./upstream-cookies.ts";
import type { UpstreamSecrets } from "./upstream-secrets.ts";
import type { UpstreamSessionRepository } from "./upstream-session-repository.ts";

export interface UpstreamLogoutParts {
  upstreams: readonly Upstream[];
  connection: UpstreamConnection;
  sessions: UpstreamSessionRepository;
  secrets: UpstreamSecrets;
  issuer: string;
  secure: boolean;
  log: Logger;
}

export interface SignOutElsewhere {
  /** The upstream's name. */
  name: string;
  /** Where the browser goes to be signed out there; it comes back, and goes on to `target`. */
  url: string;
}

export function logoutReturn(issuer: string): string {
  return `${issuer}/fournisseur/deconnexion`;
}

/**
 * Signs people out of the upstream they came from (OpenID Connect RP-Initiated Logout 1.0). Signing out here never waits for
 * it nor fails with it.
 */
export class UpstreamLogout {
  readonly #parts: UpstreamLogoutParts;

  constructor(parts: UpstreamLogoutParts) {
    this.#parts = parts;
  }

  /**
   * Where somebody who has just been signed out here goes first; undefined where they came from nowhere, or it is down.
   *
   * @param target where they go on to: an address the provider has checked
   */
  async begin(
    cookieHeader: string | undefined,
    accountId: string,
    target: string,
  ): Promise<SignOutElsewhere | undefined> {
    const { upstreams, connection, sessions, secrets, issuer, secure, log } = this.#parts;
    const browser = browserCookie.ofHeader(cookieHeader, secure);
    if (!browser) return undefined;
    try {
      const session = await sessions.take(browser, accountId);
      const upstream = session && upstreams.find(({ id }) => id === session.upstream);
      if (!session || !upstream) return undefined;
      const state = newToken();
      const url = await connection.logoutUrl(upstream, session.entity, {
        id_token_hint: secrets.openIdToken(browser, session.sealedIdToken),
        post_logout_redirect_uri: logoutReturn(issuer),
        state,
      });
      if (!url) return undefined;
      await sessions.addLogout(hashToken(state), target);
      return { name: upstream.name, url: url.href };
    } catch (err) {
      log.warn({ err }, "somebody signed out here and not at the upstream they came from");
      return undefined;
    }
  }

  /** Where somebody who comes back from being signed out goes on to. */
  async target(state: string): Promise<string | undefined> {
    return this.#parts.sessions.takeLogout(hashToken(state));
  }
}
