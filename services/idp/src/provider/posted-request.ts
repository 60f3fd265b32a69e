import type { IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";

/**
 * Where a request that a person's browser brings by POST goes on: the same one by GET, since a session's `SameSite=Lax` cookie
 * doesn't come with a form of another site. OpenID Connect Core 1.0 §3.1.2.1 and RP-Initiated Logout 1.0 §2 want both methods.
 * Undefined for any other request.
 */
export async function postedRequest(request: IncomingMessage): Promise<string | undefined> {
  const path = /^\/(?:auth|session\/end)(?=\?|$)/.exec(request.url ?? "")?.[0];
  if (request.method !== "POST" || !path) return undefined;
  const type = request.headers["content-type"]?.split(";")[0]?.trim();
  // Anything else than a form is refused by the provider, with its reason.
  const body = type === "application/x-www-form-urlencoded" ? await text(request) : "";
  return `${path}?${new URLSearchParams(body)}`;
}
