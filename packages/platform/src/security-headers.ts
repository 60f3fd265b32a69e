import type { IncomingMessage, ServerResponse } from "node:http";
import helmet from "helmet";

/**
 * The headers that keep a page to itself, as helmet chooses them, computed once: they are the same for every answer of a
 * service. A page that needs another Content-Security-Policy sets its own after them.
 */
export function securityHeaders(formTargets: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  const recorder = {
    setHeader: (name: string, value: string) => {
      headers[name.toLowerCase()] = value;
    },
    removeHeader: () => {},
  };
  const choose = helmet({
    contentSecurityPolicy: contentSecurityPolicy(formTargets),
    referrerPolicy: { policy: "same-origin" },
    strictTransportSecurity: { maxAge: 31_536_000, includeSubDomains: false },
  });
  choose({} as IncomingMessage, recorder as unknown as ServerResponse, (error) => {
    if (error) throw error;
  });
  if (!headers["content-security-policy"])
    throw new Error("helmet set no policy: it no longer answers at once");
  return headers;
}

/** Content-Security-Policy of a page: nothing from elsewhere; forms may go to `formTargets` besides the page's own origin. */
export function contentSecurityPolicy(formTargets: readonly string[]) {
  return {
    useDefaults: false,
    directives: {
      "default-src": ["'none'"],
      "style-src": ["'self'"],
      "script-src": ["'self'"],
      "img-src": ["'self'", "data:"],
      "font-src": ["'self'"],
      "connect-src": ["'self'"],
      // Chromium applies form-action to the redirects that follow a POST too.
      "form-action": ["'self'", ...formTargets],
      "base-uri": ["'none'"],
      "frame-ancestors": ["'none'"],
    },
  };
}

/** The policy of one page as its header says it. */
export function policyText(formTargets: readonly string[]): string {
  return Object.entries(contentSecurityPolicy(formTargets).directives)
    .map(([name, values]) => `${name} ${values.join(" ")}`)
    .join("; ");
}
