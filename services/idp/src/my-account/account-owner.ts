import { newToken } from "@interco/platform/secrets";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { AccountRepository, AccountRow } from "../accounts/account-repository.ts";
import { OWN_CLIENT, OWN_RETURN } from "../clients/own-client.ts";
import { languageCookie } from "../interactions/language.ts";
import type { ProviderHost } from "../provider/provider-host.ts";

/** Who looks at their own account, and how well that is known. */
export interface Owner {
  account: AccountRow;
  sessionUid: string;
  /** The sites this session signed in to. */
  clientIds: string[];
  /** When credentials were last given. */
  signedInAt: Date;
  acr: string | undefined;
  amr: string[];
}

export interface OwnerOptions {
  /** Values of `acr` of which one is needed (OpenID Connect Core §5.5.1.1), best first. */
  acrValues?: readonly string[];
  /** Who isn't signed in signs in with a professional account, and two factors, as for a backoffice. */
  professional?: boolean;
}

/** Undefined: the answer is on its way, and leads through a sign-in back to this page. */
export type OwnerOf = (
  request: FastifyRequest,
  reply: FastifyReply,
  options?: OwnerOptions,
) => Promise<Owner | undefined>;

export interface AccountOwners {
  ownerOf: OwnerOf;
  /** The same for what a stolen session must not do: credentials were given a short while ago. */
  recentOwnerOf: OwnerOf;
}

/** A sensitive page asks for credentials again when they are older than this. */
const RECENT_SECONDS = 10 * 60;
/** What was typed on such a page may be sent for this much longer: nobody loses it for having been slow. */
const TYPING_SECONDS = 20 * 60;

export interface OwnerParts {
  host: ProviderHost;
  accounts: AccountRepository;
  issuer: string;
  /** Cookies go over https only. */
  secure: boolean;
}

/**
 * Who may see a page of the account area, or of the administrators'. One signs in to it as to any site, by an authorization request of the provider's
 * own client, so that prompts, `max_age` and `acr_values` work alike. `state` is the page to come back to and nothing secret:
 * the answer's code is never exchanged, and coming back changes nothing.
 */
export function accountOwners({ host, accounts, issuer, secure }: OwnerParts): AccountOwners {
  const find =
    (recent: boolean): OwnerOf =>
    async (request, reply, { acrValues, professional = false } = {}) => {
      const session = await host.useSession(request.raw, reply.raw);
      const account = session && (await accounts.find(session.accountId));
      const { accountId: _, ...known } = session ?? {};
      const age = session ? Date.now() - session.signedInAt.getTime() : 0;
      const allowed = RECENT_SECONDS + (request.method === "GET" ? 0 : TYPING_SECONDS);
      const enough = !acrValues || acrValues.includes(session?.acr ?? "");
      if (session && account && enough && (!recent || age <= allowed * 1000))
        return { account, ...known } as Owner;
      const wish = new URLSearchParams({
        client_id: OWN_CLIENT,
        response_type: "code",
        scope: professional ? "openid agent" : "openid",
        redirect_uri: `${issuer}${OWN_RETURN}`,
        state: pathOf(request),
        code_challenge: newToken(),
        code_challenge_method: "S256",
        ...(recent ? { max_age: String(RECENT_SECONDS) } : {}),
        ...(acrValues ? { acr_values: acrValues.join(" ") } : {}),
      });
      reply.header("cache-control", "no-store");
      // Chosen here, it holds on the page that asks who one is.
      const cookie = languageCookie((request.query as { lang?: string }).lang, secure);
      if (cookie) reply.header("set-cookie", cookie);
      await reply.redirect(`/auth?${wish}`, 303);
      return undefined;
    };
  return { ownerOf: find(false), recentOwnerOf: find(true) };
}

/** The page to come back to; that of a form, for one that was sent. */
export function pathOf(request: FastifyRequest): string {
  return new URL(request.url, "http://local").pathname;
}

/** A page of the provider's own, of the account area or of its administrators, which alone a sign-in comes back to. */
export function isOwnPath(path: string): boolean {
  return /^\/(?:compte|administration)(?:\/[\w.-]+)*$/.test(path) && !path.includes("..");
}
