import type { Logger } from "@interco/platform/log";
import { hashToken, newToken } from "@interco/platform/secrets";
import type { SignInJournal } from "../audit/sign-in-journal.ts";
import type { ArrivalRepository } from "./arrival-repository.ts";
import type { Attempt, AttemptRepository } from "./attempt-repository.ts";
import { type Upstream, UpstreamRefusal } from "./upstream.ts";
import type { UpstreamConnection } from "./upstream-connection.ts";
import type { UpstreamSecrets } from "./upstream-secrets.ts";

export interface ComeBackParts {
  upstreams: readonly Upstream[];
  connection: UpstreamConnection;
  attempts: AttemptRepository;
  arrivals: ArrivalRepository;
  secrets: UpstreamSecrets;
  journal: SignInJournal;
  issuer: string;
  log: Logger;
}

export interface Going {
  upstream: Upstream;
  entity: string;
  browser: Buffer;
  interactionUid: string;
  clientId: string;
  /** Credentials are asked for anew: being signed in there isn't enough. */
  again: boolean;
}

/** One address an upstream: an answer of one is never taken for another's (RFC 9700 §4.4.2.2). */
export function redirectUri(issuer: string, upstream: string): string {
  return `${issuer}/fournisseur/${upstream}/retour`;
}

/**
 * Where somebody is sent to. The state is bound to their browser, to the upstream and to their sign-in here.
 *
 * @throws UpstreamRefusal `down`
 */
export async function setOut(parts: ComeBackParts, { again, ...going }: Going): Promise<URL> {
  const { upstream, entity } = going;
  const state = newToken();
  const checks = parts.secrets.checksOf(state);
  const uri = redirectUri(parts.issuer, upstream.id);
  const url = await parts.connection.authorizationUrl(upstream, entity, uri, { ...checks, again });
  await parts.attempts.add({ ...going, state: hashToken(state), upstream: upstream.id });
  return url;
}

export type CameBack =
  | { attempt: Attempt; token: string }
  | { attempt: Attempt | undefined; refusal: UpstreamRefusal };

/**
 * What an upstream's answer leads to: an arrival, which `token` names in this browser alone, or the reason why not. The answer
 * is good once, whatever it leads to.
 */
export async function comeBack(
  parts: ComeBackParts,
  { upstream, answer, browser }: { upstream: Upstream; answer: URL; browser: Buffer | undefined },
): Promise<CameBack> {
  const state = answer.searchParams.get("state") ?? "";
  const attempt = browser && (await parts.attempts.take(hashToken(state), browser));
  try {
    if (!attempt)
      throw new UpstreamRefusal("expired", "its state is unknown, used, old, or another browser's");
    if (attempt.upstream !== upstream.id)
      throw new UpstreamRefusal("refused", "its state was for another upstream");
    return { attempt, token: await arrive(parts, upstream, answer, attempt, state) };
  } catch (error) {
    if (!(error instanceof UpstreamRefusal)) throw error;
    parts.log.info({ upstream: upstream.id, kind: error.kind, reason: error.message }, "refused");
    // One line an attempt, which this service made: nobody fills the journal with answers of their own.
    if (attempt)
      await parts.journal.add({
        kind: "upstream_refused",
        clientId: attempt.clientId,
        detail: { upstream: upstream.id, reason: error.kind },
      });
    return { attempt, refusal: error };
  }
}

async function arrive(
  { connection, arrivals, secrets }: ComeBackParts,
  upstream: Upstream,
  answer: URL,
  attempt: Attempt,
  state: string,
): Promise<string> {
  const { entity, interactionUid } = attempt;
  const claims = await connection.read(upstream, entity, answer, secrets.checksOf(state));
  const person = upstream.profile.person(claims);
  const token = newToken();
  const id = hashToken(token);
  const { givenName, familyName, email } = person;
  await arrivals.add({
    id,
    upstream: upstream.id,
    entity,
    subject: secrets.subject(upstream.id, entity, person.subject),
    pivot: person.pivot && secrets.pivot(person.pivot),
    amr: person.amr,
    sealed: secrets.sealArrival(id, {
      givenName,
      familyName,
      email,
      organisation: person.entity,
      idToken: claims.rawIdToken,
    }),
    interactionUid,
  });
  return token;
}
