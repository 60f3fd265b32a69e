import type { FastifyReply, FastifyRequest } from "fastify";
import type { InteractionResults } from "oidc-provider";
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

/** The result of a password that was right, typed at a sign-in or proven by a registration. */
export function signedIn(accountId: string): InteractionResults {
  return { login: { accountId, remember: false, amr: ["pwd"] }, select_account: {}, consent: {} };
}
