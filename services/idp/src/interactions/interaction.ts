import type { FastifyReply, FastifyRequest } from "fastify";
import type { InteractionResults } from "oidc-provider";
import type { AccountRow } from "../accounts/account-repository.ts";
import { type Amr, acrOf } from "../provider/acr.ts";
import type { ProviderHost } from "../provider/provider-host.ts";

/** A sign-in that a site asked for, as this browser goes through it. */
export type Interaction = Awaited<ReturnType<ProviderHost["provider"]["interactionDetails"]>>;

/** Undefined when its cookie or its row is gone, or when its session is not this browser's any more. */
export async function findInteraction(
  host: ProviderHost,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Interaction | undefined> {
  const { uid } = request.params as { uid: string };
  try {
    const found = await host.provider.interactionDetails(request.raw, reply.raw);
    return found.uid === uid ? found : undefined;
  } catch (error) {
    if ((error as Error).name === "SessionNotFound") return undefined;
    throw error;
  }
}

/** Ends it: the provider makes a new session and sends the browser back to its site. */
export async function finishInteraction(
  host: ProviderHost,
  request: FastifyRequest,
  reply: FastifyReply,
  result: InteractionResults,
) {
  const next = await host.provider.interactionResult(request.raw, reply.raw, result, {
    mergeWithLastSubmission: true,
  });
  return reply.redirect(next, 303);
}

/** What a step-up asks for: nothing but a second factor lacks of who is signed in. */
export function isStepUp({ prompt, session }: Interaction): boolean {
  const lacking = prompt.name === "login" && prompt.reasons.every((reason) => reason === "second_factor");
  return lacking && Boolean(session?.accountId);
}

/** Its pages, with the site's id, so that one whose cookie is gone still knows the way back. */
export function addressIn({ uid, params }: Interaction, page = ""): string {
  return `/connexion/${uid}${page}?${new URLSearchParams({ site: String(params.client_id) })}`;
}

/**
 * What comes after a first factor that was right: a second one, its setting up, or the way back to the site. Given by the
 * part that knows second factors.
 */
export type Proceed = (
  request: FastifyRequest,
  reply: FastifyReply,
  interaction: Interaction,
  account: AccountRow,
  /** How the first factor was shown: a password where nothing else is said. */
  amr?: readonly Amr[],
) => Promise<unknown>;

/**
 * The result of a sign-in by these methods.
 *
 * @param signedInAt seconds since 1970, where the person had signed in before and only showed what lacked
 */
export function signedIn(
  accountId: string,
  amr: readonly Amr[] = ["pwd"],
  signedInAt?: number,
): InteractionResults {
  const login = { accountId, remember: false, amr: [...amr], acr: acrOf(amr) };
  return {
    login: signedInAt === undefined ? login : { ...login, ts: signedInAt },
    select_account: {},
  };
}
