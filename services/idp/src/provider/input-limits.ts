import type { IncomingMessage } from "node:http";

/** Of an address, with its query. What a site sends a person with is a reference, or some hundred characters. */
const LONGEST_ADDRESS = 8 * 1024;
/** Of a form: an assertion and a token, or a pushed request. */
const LONGEST_FORM = 16 * 1024;
/** Of a registration, with its keys. */
const LONGEST_REGISTRATION = 32 * 1024;

/**
 * The status that refuses a request to the provider before it is read, undefined where it is small enough. oidc-provider
 * itself reads 56 KiB of whatever comes; a body that doesn't say its length is refused, since nobody's program sends one.
 */
export function refusedForSize(request: IncomingMessage): 411 | 413 | 414 | undefined {
  if ((request.url ?? "").length > LONGEST_ADDRESS) return 414;
  if (request.headers["transfer-encoding"] !== undefined) return 411;
  const length = Number(request.headers["content-length"] ?? 0);
  const most = request.url?.startsWith("/reg") ? LONGEST_REGISTRATION : LONGEST_FORM;
  return length > most ? 413 : undefined;
}
