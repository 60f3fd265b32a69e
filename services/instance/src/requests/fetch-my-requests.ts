import { MyRequests } from "@interco/contracts/my-requests";
import { serviceFetch } from "@interco/platform/http-client";
import { Value } from "typebox/value";
import type { Deps } from "../deps.ts";
import type { Session } from "../sign-in/session.ts";

/** The longest a page waits for another instance: this is the only place where it waits for one at all. */
const DEADLINE_MS = 1_500;

type Parts = Pick<Deps, "tokens" | "config" | "log">;

/**
 * The person's own requests at the agglomeration, asked with a token for its audience alone (it carries the subject they have
 * there). Undefined when it doesn't answer within 1.5 s: the page then says so and shows the rest.
 */
export async function fetchMyRequests(
  parts: Parts,
  session: Session,
): Promise<MyRequests["requests"] | undefined> {
  const { entity, origin } = parts.config.agglomeration;
  const signal = AbortSignal.timeout(DEADLINE_MS);
  const late = new Promise<undefined>((resolve) =>
    signal.addEventListener("abort", () => resolve(undefined), { once: true }),
  );
  // The exchange isn't aborted with the page's patience: a refresh token sent and not replaced would be lost.
  const asked = parts.tokens
    .accessTokenFor(session, entity)
    .then((token) => (signal.aborted ? undefined : ask(origin, token, signal)));
  return Promise.race([asked, late]).catch((err: unknown) => {
    parts.log.warn({ err, entity }, "requests could not be asked for");
    return undefined;
  });
}

async function ask(origin: string, token: string, signal: AbortSignal): Promise<MyRequests["requests"]> {
  const response = await serviceFetch(`${origin}/api/demandes/miennes`, {
    headers: { authorization: `Bearer ${token}`, accept: "application/json" },
    signal,
  });
  if (!response.ok) throw new Error(`answered ${response.status}`);
  const body: unknown = await response.json();
  if (!Value.Check(MyRequests, body)) throw new Error("answered something else than requests");
  return body.requests;
}
