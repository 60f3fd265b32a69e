import { lookup } from "node:dns";
import { Agent, fetch as undiciFetch } from "undici";

/**
 * `fetch` for calls between services: bounded in time, never following redirects.
 * `*.localhost` goes to loopback as browsers do (RFC 6761 §6.3); Node's resolver doesn't on a minimal system.
 */
const agent = new Agent({
  connect: {
    timeout: 3_000,
    lookup(hostname, options, callback) {
      if (hostname === "localhost" || hostname.endsWith(".localhost")) {
        if (options.all) callback(null, [{ address: "127.0.0.1", family: 4 }]);
        else callback(null, "127.0.0.1", 4);
      } else {
        lookup(hostname, options, callback);
      }
    },
  },
  headersTimeout: 10_000,
  bodyTimeout: 10_000,
  keepAliveTimeout: 10_000,
});

/** A `fetch` that any library taking a custom fetch (openid-client, oidc-provider, jose) can use. */
export const serviceFetch: typeof fetch = ((input: string | URL, init: Record<string, unknown> = {}) =>
  undiciFetch(input, { redirect: "manual", ...init, dispatcher: agent } as never)) as never;

/** Closes kept connections, so that a process can end. */
export function closeServiceFetch(): Promise<void> {
  return agent.close();
}
