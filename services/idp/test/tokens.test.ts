import { serviceFetch } from "@interco/platform/http-client";
import { createRemoteJWKSet, customFetch, decodeJwt, jwtVerify } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Browser } from "./browser.ts";
import { type RunningIdp, startIdp } from "./running-idp.ts";
import { secondStep } from "./second-step.ts";
import { TestSite } from "./test-site.ts";

let idp: RunningIdp;
let woippy: TestSite;
let metropole: TestSite;

beforeAll(async () => {
  idp = await startIdp();
  await Promise.all([
    idp.createAccount("camille@exemple.test"),
    idp.createAccount("alex@exemple.test", "professional"),
    idp.createAccount("double@exemple.test"),
    idp.createAccount("double@exemple.test", "professional"),
  ]);
  [woippy, metropole] = await Promise.all([
    TestSite.register(idp, "Woippy"),
    TestSite.register(idp, "Metropole", {
      metadata: { entity_kind: "agglomeration", scope: "openid offline_access profile email agent requests" },
    }),
  ]);
});
afterAll(() => idp?.close());

describe("an access token for an entity", () => {
  test("carries that entity's pairwise subject, not the asking site's", async () => {
    const browser = new Browser();
    const atWoippy = await woippy.signIn(browser);
    const atMetropole = await metropole.signIn(browser);
    const exchanged = await woippy.refresh(atWoippy.refresh_token ?? "", { resource: metropole.audience });
    const keys = createRemoteJWKSet(new URL(`${idp.issuer}/jwks`), { [customFetch]: serviceFetch as never });
    const { payload, protectedHeader } = await jwtVerify(exchanged.access_token, keys, {
      issuer: idp.issuer,
      audience: metropole.audience,
      typ: "at+jwt",
    });
    expect(protectedHeader.alg).toBe("ES256");
    expect(payload).toMatchObject({
      sub: atMetropole.claims()?.sub,
      client_id: woippy.entity,
      scope: "requests",
    });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(60);
    expect(JSON.stringify(payload)).not.toContain(atWoippy.claims()?.sub);
    expect(exchanged.scope).toBe("requests");
  });

  test("can be for the asking site itself", async () => {
    const tokens = await woippy.signIn(new Browser());
    const exchanged = await woippy.refresh(tokens.refresh_token ?? "", { resource: woippy.audience });
    expect(decodeJwt(exchanged.access_token).sub).toBe(tokens.claims()?.sub);
  });

  test.each(["urn:interco:entity:unknownunkno", "urn:interco:entity:x", "https://evil.example/"])(
    "is not given for %s",
    async (resource) => {
      const tokens = await woippy.signIn(new Browser());
      await expect(woippy.refresh(tokens.refresh_token ?? "", { resource })).rejects.toMatchObject({
        error: "invalid_target",
      });
    },
  );
});

describe("a refresh token", () => {
  test("changes at each use, and using an old one revokes the new ones", async () => {
    const { refresh_token: first = "" } = await woippy.signIn(new Browser());
    const { refresh_token: second = "" } = await woippy.refresh(first);
    expect(second).not.toBe(first);
    const { refresh_token: third = "" } = await woippy.refresh(second);
    await expect(woippy.refresh(first)).rejects.toMatchObject({ error: "invalid_grant" });
    await expect(woippy.refresh(third)).rejects.toMatchObject({ error: "invalid_grant" });
  });

  test("used ten times at once is good at most once", async () => {
    const { refresh_token: token = "" } = await woippy.signIn(new Browser());
    const answers = await Promise.allSettled(Array.from({ length: 10 }, () => woippy.refresh(token)));
    expect(answers.filter((answer) => answer.status === "fulfilled").length).toBeLessThanOrEqual(1);
  });

  test("extends the session of the provider, 12 hours after sign-in at most", async () => {
    const tokens = await woippy.signIn(new Browser());
    const uid =
      "select session_uid from artifact where kind = 'RefreshToken' order by expires_at desc limit 1";
    const left = async () =>
      (
        await idp.sql.query<{ seconds: number }>(
          `select extract(epoch from expires_at - now())::int as seconds from artifact
           where kind = 'Session' and session_uid = (${uid})`,
        )
      ).rows[0]?.seconds ?? 0;
    await idp.sql.query(
      `update artifact set expires_at = now() + interval '60 seconds' where kind = 'Session' and session_uid = (${uid})`,
    );
    const { refresh_token: next = "" } = await woippy.refresh(tokens.refresh_token ?? "");
    expect(await left()).toBeGreaterThan(29 * 60);
    await idp.sql.query(
      `update artifact set expires_at = now() + interval '60 seconds', signed_in_at = now() - interval '11 hours 55 minutes'
       where kind = 'Session' and session_uid = (${uid})`,
    );
    await woippy.refresh(next);
    expect(await left()).toBeLessThanOrEqual(5 * 60);
  });

  test("ends with the session", async () => {
    const tokens = await woippy.signIn(new Browser());
    await idp.sql.query(
      "update artifact set expires_at = now() - interval '1 second' where kind = 'Session'",
    );
    await expect(woippy.refresh(tokens.refresh_token ?? "")).rejects.toMatchObject({
      error: "invalid_grant",
    });
  });
});

describe("scope agent", () => {
  const scope = "openid profile email offline_access agent";

  test("gives a professional account's territory-wide id, the same at every site", async () => {
    const browser = new Browser();
    const first = await woippy.signIn(browser, { scope, email: "alex@exemple.test" });
    const second = await metropole.signIn(browser, { scope, parameters: { prompt: "none" } });
    expect(first.claims()?.agent_id).toEqual(expect.any(String));
    expect(second.claims()?.agent_id).toBe(first.claims()?.agent_id);
    expect(second.claims()?.sub).not.toBe(first.claims()?.sub);
    expect(first.claims()?.account_kind).toBe("professional");
  });

  test("gives a personal account nothing more", async () => {
    const tokens = await woippy.signIn(new Browser(), { scope });
    expect(tokens.claims()).not.toHaveProperty("agent_id");
    expect(tokens.claims()?.account_kind).toBe("personal");
  });

  test("is not released where it was not asked for", async () => {
    const tokens = await woippy.signIn(new Browser(), { email: "alex@exemple.test" });
    expect(tokens.claims()).not.toHaveProperty("agent_id");
  });

  test("asks who is signed in with a personal account to sign in again", async () => {
    const browser = new Browser();
    await woippy.signIn(browser, { email: "double@exemple.test" });
    const silent = await browser.open((await woippy.begin({ scope, parameters: { prompt: "none" } })).url);
    expect(silent.url).toContain("error=login_required");
    const page = await browser.open((await woippy.begin({ scope })).url);
    expect(page.html).toContain("demande un compte professionnel");
  });

  test("signs who has two accounts in to the one meant, ending the other's session", async () => {
    const browser = new Browser();
    const personal = await woippy.signIn(browser, { email: "double@exemple.test" });
    expect(personal.claims()?.account_kind).toBe("personal");
    const begun = await woippy.begin({ scope });
    const form = await browser.open(begun.url);
    const { email, password } = { email: "double@exemple.test", password: "un mot de passe assez long" };
    const asked = await browser.submit(form, { email, password, action: "connecter" });
    const told = await secondStep(browser, asked, email);
    expect(told.html).toContain("Vous changez de compte");
    const back = await browser.submit(told, { logout: "yes" });
    const professional = await woippy.complete(back.url, begun);
    expect(professional.claims()?.account_kind).toBe("professional");
    expect(professional.claims()?.sub).not.toBe(personal.claims()?.sub);
    await expect(woippy.refresh(personal.refresh_token ?? "")).rejects.toMatchObject({
      error: "invalid_grant",
    });
  });
});

test("nothing in the database works as a token", async () => {
  const browser = new Browser();
  const tokens = await woippy.signIn(browser);
  const begun = await woippy.begin();
  const page = await browser.open(begun.url);
  await new Browser().open(begun.url);
  const code = new URL(page.url).searchParams.get("code") ?? "";
  const cookies = [...browser.cookiesOf(new URL(idp.issuer).host).values()].map((cookie) => cookie.value);
  const secrets = [code, tokens.refresh_token ?? "", tokens.access_token, ...cookies];
  const { rows } = await idp.sql.query<{ line: string }>("select artifact::text as line from artifact");
  const dump = rows.map((row) => row.line).join("\n");
  for (const secret of secrets) expect(dump).not.toContain(secret);
  const interactions = await idp.sql.query<{ payload: { returnTo: string } }>(
    "select payload from artifact where kind = 'Interaction'",
  );
  for (const { payload } of interactions.rows) expect(payload.returnTo).toMatch(/\/auth\/$/);
});
