import { randomUUID } from "node:crypto";
import { SESSION_COOKIE } from "../src/sign-in/session-cookie.ts";
import { createSession, type NewSession } from "../src/sign-in/session-repository.ts";
import { IDS, type TestInstance } from "./test-instance.ts";

/** A session without the identity provider, for tests of what comes after sign-in. Gives the headers of a browser that has it. */
export async function signedIn(
  instance: TestInstance,
  options: Partial<NewSession> & { site?: keyof typeof IDS; agentId?: string; name?: string } = {},
): Promise<{ headers: { cookie: string; host: string }; sub: string; token: string }> {
  const { site = "woippy", name = "Camille Fictif", agentId, ...rest } = options;
  const hosted = instance.config.entities.find((entity) => entity.id === IDS[site]);
  if (!hosted) throw new Error(`${site} isn't hosted by this test's instance`);
  const sub = rest.sub ?? randomUUID();
  const [givenName = "", familyName = ""] = name.split(" ");
  const { token } = await createSession(instance.deps.db, {
    entity: IDS[site],
    kind: agentId ? "agent" : "citizen",
    clientId: hosted.client.id,
    sid: randomUUID(),
    sub,
    agentId: agentId ?? null,
    claims: {
      name,
      givenName,
      familyName,
      email: "camille@exemple.test",
      emailVerified: true,
      accountKind: agentId ? "professional" : "personal",
    },
    ...rest,
  });
  const headers = { cookie: `${SESSION_COOKIE}=${token}`, host: new URL(hosted.origin).host };
  return { headers, sub, token };
}
