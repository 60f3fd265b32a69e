import { createHmac } from "node:crypto";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ConsentRepository } from "../src/consent/consent-repository.ts";
import { pairwiseSubject } from "../src/provider/pairwise-subject.ts";
import { Browser, type Page } from "./browser.ts";
import { PASSWORD, type RunningIdp, startIdp } from "./running-idp.ts";
import { TestSite } from "./test-site.ts";

let idp: RunningIdp;
let woippy: TestSite;
/** Needs to know that somebody came, and would like their name and address. */
let library: TestSite;
/** An outside body's site. */
let museum: TestSite;
let consents: ConsentRepository;
let people = 0;

beforeAll(async () => {
  idp = await startIdp();
  consents = new ConsentRepository(idp.app.pool);
  [woippy, library, museum] = await Promise.all([
    TestSite.register(idp, "Woippy"),
    TestSite.register(idp, "Biblio", {
      metadata: { needed_scopes: "openid", purpose: "Pour vous prévenir du retour d'un livre." },
    }),
    TestSite.register(idp, "Musee", {
      metadata: { entity_kind: "partner", purpose: "Pour réserver votre visite." },
    }),
  ]);
});
afterAll(() => idp?.close());

async function somebody() {
  const email = `accord${++people}@exemple.test`;
  return { email, ...(await idp.createAccount(email)), browser: new Browser() };
}

/** The page of a site's request, after signing in where that is asked. */
async function reach(site: TestSite, who: { browser: Browser; email: string }, scope: string, more = {}) {
  const begun = await site.begin({ scope, parameters: more });
  let page = await who.browser.open(begun.url);
  if (page.html.includes('name="password"'))
    page = await who.browser.submit(page, { email: who.email, password: PASSWORD, action: "connecter" });
  return { page, begun };
}
const answer = (who: { browser: Browser }, page: Page, value: "accepter" | "refuser") =>
  who.browser.submit(page, { answer: value });
const journalOf = async (accountId: string) =>
  (
    await idp.sql.query<{ kind: string; detail: object }>(
      "select kind, detail from sign_in_event where account_id = $1 and kind like 'consent%' order by at",
      [accountId],
    )
  ).rows;

describe("a site that asks for what it needs", () => {
  test("asks nobody, and gets claims by scope alone", async () => {
    const who = await somebody();
    const { page, begun } = await reach(woippy, who, "openid email");
    expect(page.url.startsWith(woippy.origin)).toBe(true);
    const claims = (await woippy.complete(page.url, begun)).claims() ?? {};
    expect(claims).toMatchObject({ email: who.email, email_verified: true });
    for (const name of ["name", "given_name", "family_name", "account_kind", "agent_id"])
      expect(claims).not.toHaveProperty(name);
    expect(await consents.listOf(who.accountId)).toEqual([]);
  });

  test("gets a name and an address that were changed at the next sign-in", async () => {
    const who = await somebody();
    const first = await woippy.signIn(who.browser, { email: who.email });
    await idp.sql.query(
      "update account set given_name = 'Dominique', email = $2, email_key = $2 where id = $1",
      [who.accountId, `nouvelle-${who.email}`],
    );
    const again = await woippy.signIn(who.browser, { parameters: { prompt: "none" } });
    expect(again.claims()).toMatchObject({
      sub: first.claims()?.sub,
      given_name: "Dominique",
      name: "Dominique Fictif",
      email: `nouvelle-${who.email}`,
    });
  });
});

describe("a site that asks for more than it needs", () => {
  test("shows what it would get, and why, and gets it once the person accepts", async () => {
    const who = await somebody();
    const { page, begun } = await reach(library, who, "openid profile email");
    expect(page.html).toContain("Ville de Biblio vous demande votre accord");
    expect(page.html).toContain("Camille Fictif");
    expect(page.html).toContain(who.email);
    expect(page.html).toContain("retour d'un livre");
    const back = await answer(who, page, "accepter");
    expect((await library.complete(back.url, begun)).claims()).toMatchObject({
      name: "Camille Fictif",
      email: who.email,
    });
    expect(await consents.listOf(who.accountId)).toMatchObject([
      { clientId: library.entity, site: "Ville de Biblio", accepted: ["profile", "email"], refused: [] },
    ]);
    expect(await journalOf(who.accountId)).toEqual([
      { kind: "consent_given", detail: { scopes: "profile email" } },
    ]);
  });

  test("signs in who refuses, without what they refused, and doesn't ask again, nor in another browser", async () => {
    const who = await somebody();
    const { page, begun } = await reach(library, who, "openid profile");
    const back = await answer(who, page, "refuser");
    const claims = (await library.complete(back.url, begun)).claims();
    expect(claims?.sub).toEqual(expect.any(String));
    expect(claims).not.toHaveProperty("name");
    const silent = await library.signIn(who.browser, {
      scope: "openid profile",
      parameters: { prompt: "none" },
    });
    expect(silent.claims()).not.toHaveProperty("name");
    const elsewhere = { ...who, browser: new Browser() };
    expect((await reach(library, elsewhere, "openid profile")).page.url.startsWith(library.origin)).toBe(
      true,
    );
    expect(await journalOf(who.accountId)).toMatchObject([{ kind: "consent_refused" }]);
  });

  test("asks for what is new only, and says consent_required where nobody may be asked", async () => {
    const who = await somebody();
    await answer(who, (await reach(library, who, "openid email")).page, "accepter");
    const silent = await reach(library, who, "openid email profile", { prompt: "none" });
    expect(new URL(silent.page.url).searchParams.get("error")).toBe("consent_required");
    const { page, begun } = await reach(library, who, "openid email profile");
    expect(page.html).not.toContain(who.email);
    const back = await answer(who, page, "refuser");
    const claims = (await library.complete(back.url, begun)).claims() ?? {};
    expect(claims).toMatchObject({ email: who.email });
    expect(claims).not.toHaveProperty("name");
    expect(await consents.find(who.accountId, library.entity)).toEqual({
      accepted: ["email"],
      refused: ["profile"],
    });
  });

  test("loses all it has where the person takes their answer back, and asks again", async () => {
    const who = await somebody();
    const { page, begun } = await reach(library, who, "openid profile offline_access");
    const tokens = await library.complete((await answer(who, page, "accepter")).url, begun);
    await consents.revoke(who.accountId, library.entity);
    await expect(library.refresh(tokens.refresh_token ?? "")).rejects.toMatchObject({
      error: "invalid_grant",
    });
    expect(await consents.listOf(who.accountId)).toEqual([]);
    expect((await reach(library, who, "openid profile")).page.html).toContain("vous demande votre accord");
  });

  test("is listed with what it has in its person's account, who takes the answer back there", async () => {
    const who = await somebody();
    await answer(who, (await reach(library, who, "openid profile email")).page, "accepter");
    const mine = await who.browser.open(`${idp.issuer}/compte/accords`);
    expect(mine.html).toContain("Ville de Biblio");
    expect(mine.html).toContain(who.email);
    const done = await who.browser.submit(mine);
    expect(done.html).toContain("Votre réponse est retirée");
    expect(await consents.listOf(who.accountId)).toEqual([]);
    expect((await journalOf(who.accountId)).at(-1)).toMatchObject({ kind: "consent_withdrawn" });
    expect((await reach(library, who, "openid profile")).page.html).toContain("vous demande votre accord");
  });

  test("asks again on demand, and a changed answer counts", async () => {
    const who = await somebody();
    await answer(who, (await reach(library, who, "openid profile")).page, "refuser");
    const { page, begun } = await reach(library, who, "openid profile", { prompt: "consent" });
    const back = await answer(who, page, "accepter");
    expect((await library.complete(back.url, begun)).claims()).toMatchObject({ name: "Camille Fictif" });
  });
});

describe("an outside body's site", () => {
  test("has nothing unasked, and is asked about at each sign-in", async () => {
    const who = await somebody();
    const first = await reach(museum, who, "openid email");
    expect(first.page.html).toContain("réserver votre visite");
    await museum.complete((await answer(who, first.page, "accepter")).url, first.begun);
    // The same sign-in: it holds.
    expect((await reach(museum, who, "openid email")).page.url.startsWith(museum.origin)).toBe(true);
    const later = { ...who, browser: new Browser() };
    expect((await reach(museum, later, "openid email")).page.html).toContain("vous demande votre accord");
  });

  test("hears access_denied where the person refuses, and nothing of them", async () => {
    const who = await somebody();
    const { page } = await reach(museum, who, "openid email");
    const back = new URL((await answer(who, page, "refuser")).url);
    expect(back.origin).toBe(museum.origin);
    expect(back.searchParams.get("error")).toBe("access_denied");
    expect(back.searchParams.get("code")).toBeNull();
    const { rows } = await idp.sql.query("select 1 from artifact where kind = 'Grant' and account_id = $1", [
      who.accountId,
    ]);
    expect(rows).toEqual([]);
  });

  test("gets no token for an entity's requests, and is no audience of one", async () => {
    const who = await somebody();
    const { page, begun } = await reach(museum, who, "openid offline_access");
    const tokens = await museum.complete((await answer(who, page, "accepter")).url, begun);
    await expect(
      museum.refresh(tokens.refresh_token ?? "", { resource: woippy.audience }),
    ).rejects.toMatchObject({ error: "invalid_target" });
    const atWoippy = await woippy.signIn(who.browser);
    await expect(
      woippy.refresh(atWoippy.refresh_token ?? "", { resource: museum.audience }),
    ).rejects.toMatchObject({ error: "invalid_target" });
  });

  test.each(["agent", "requests"])("can't ask for the scope %s", async (scope) => {
    await expect(museum.begin({ scope: `openid ${scope}` })).rejects.toMatchObject({
      error: "invalid_scope",
    });
  });
});

describe("the question", () => {
  test("isn't answered by another site's form, nor by no button: it comes again", async () => {
    const who = await somebody();
    const { page } = await reach(library, who, "openid profile");
    const forged: Record<string, string>[] = [
      { answer: "accepter", _csrf: "guessed" },
      { answer: "peut-être" },
    ];
    for (const values of forged) {
      const again = await who.browser.submit(page, values);
      expect(again.status).toBe(422);
      expect(again.html).toContain("Votre réponse n'est pas arrivée");
    }
    expect(await consents.listOf(who.accountId)).toEqual([]);
  });

  test("is the browser's it was put to: elsewhere it is gone, with the way back", async () => {
    const who = await somebody();
    const { page } = await reach(library, who, "openid profile");
    const elsewhere = await new Browser().open(page.url);
    expect(elsewhere.status).toBe(400);
    expect(elsewhere.html).not.toContain("Camille");
    expect(elsewhere.html).toContain(library.origin);
  });
});

describe("a pairwise subject", () => {
  const id = fc.stringMatching(/^[a-z2-7]{12}$/);

  test("says nothing of another: without the key nothing computes it", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        id,
        id,
        fc.uuid(),
        (key, a, b, account) => {
          fc.pre(a !== b);
          const [atA, atB] = [a, b].map((entity) => pairwiseSubject(Buffer.from(key), entity, account));
          expect(atA).not.toBe(atB);
          // What A has: its subject, both ids, and perhaps the account. No mix of them gives B's.
          const known = [atA ?? "", a, b, account, `${a}\0${account}`, `${b}\0${account}`];
          for (const secret of known)
            for (const text of known)
              expect(createHmac("sha256", secret).update(text).digest("base64url")).not.toBe(atB);
        },
      ),
    );
  });

  test("of two pairs of entity and account is never the same: what ends one can't begin the other", () => {
    const key = Buffer.alloc(32, 7);
    const pair = fc.tuple(id, fc.uuid());
    fc.assert(
      fc.property(pair, pair, ([a, x], [b, y]) => {
        fc.pre(a !== b || x !== y);
        expect(pairwiseSubject(key, a, x)).not.toBe(pairwiseSubject(key, b, y));
      }),
    );
  });
});
