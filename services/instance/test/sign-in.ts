import type { SessionClaims } from "../src/sign-in/session.ts";
import { SESSION_COOKIE } from "../src/sign-in/session-cookie.ts";
import { createSession } from "../src/sign-in/session-repository.ts";
import type { CitizenBrowser } from "./citizen-browser.ts";
import { IDS, type TestInstance } from "./test-instance.ts";

/** Signs a browser in as a citizen of one entity's site, without the identity provider. */
export async function signIn(
  instance: TestInstance,
  browser: CitizenBrowser,
  who: { entity: keyof typeof IDS; sub: string; claims?: Partial<SessionClaims> },
): Promise<void> {
  const { token } = await createSession(instance.deps.db, {
    entity: IDS[who.entity],
    kind: "citizen",
    clientId: `client-${who.entity}`,
    sid: `sid-${who.sub}`,
    sub: who.sub,
    claims: {
      name: "Camille Exemple",
      givenName: "Camille",
      familyName: "Exemple",
      email: "camille@exemple.test",
      emailVerified: true,
      accountKind: "personal",
      ...who.claims,
    },
  });
  browser.cookies.set(SESSION_COOKIE, token);
}
