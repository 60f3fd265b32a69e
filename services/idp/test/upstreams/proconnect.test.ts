import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import {
  AGENT,
  begin,
  comeBackFrom,
  lastCode,
  linkTo,
  startUpstreamIdp,
  throughUpstream,
  type UpstreamIdp,
} from "./upstream-idp.ts";

const MFA = "https://refeds.org/profile/mfa";

let all: UpstreamIdp;
beforeAll(async () => {
  all = await startUpstreamIdp();
  for (const email of ["alix@woippy.example", "un@woippy.example", "dominique@metz.example"])
    await all.idp.createAccount(email, "professional");
});
afterAll(() => all?.[Symbol.asyncDispose]());
afterEach(async () => {
  all.proConnect.tampering = {};
  await all.idp.sql.query("delete from throttle");
});

const links = async () => (await all.idp.sql.query("select 1 from upstream_identity")).rowCount;

describe("what is asked", () => {
  test("is documented, all of it: two factors by claims, long state and nonce, no PKCE and no acr_values", async () => {
    const going = await begin(all.woippy, { scope: AGENT });
    expect(going.page.html).toContain("ProConnect");
    expect(going.page.html).not.toContain("FranceConnect");
    await throughUpstream(going, "proconnect", "deux-facteurs");
    const asked = all.proConnect.asked.at(-1) ?? {};
    expect(Object.keys(asked).sort()).toEqual([
      "claims",
      "client_id",
      "nonce",
      "redirect_uri",
      "response_type",
      "scope",
      "state",
    ]);
    expect(asked.state?.length).toBeGreaterThanOrEqual(32);
    expect(asked.nonce?.length).toBeGreaterThanOrEqual(32);
    expect(all.proConnect.refusals).toEqual([]);
  });

  test("isn't offered to citizens", async () => {
    expect((await begin(all.woippy)).page.html).not.toContain("ProConnect");
  });
});

describe("an agent", () => {
  test("with a professional account, whose address answers, signs in: two factors there are two here", async () => {
    const going = await begin(all.woippy, { scope: AGENT });
    const first = await comeBackFrom(going, "proconnect", "deux-facteurs");
    expect(first.html).toContain("<b>alix@woippy.example</b>");
    expect(first.html).not.toContain('name="password"');
    expect(await links()).toBe(0);
    const sent = await going.browser.submit(first, { action: "creer", email: "autre@exemple.test" });
    const back = await going.browser.submit(sent, { code: await lastCode(all.mail, "alix@woippy.example") });
    expect(all.mail.mails.list("autre@exemple.test")).toEqual([]);
    expect(back.url).toContain(all.woippy.origin);
    const claims = (await all.woippy.complete(back.url, going.begun)).claims();
    expect(claims).toMatchObject({ account_kind: "professional", acr: MFA, amr: ["pwd", "otp", "mfa"] });
    expect(claims?.agent_id).toEqual(expect.any(String));
  });

  test("comes in at once the next time", async () => {
    const going = await begin(all.woippy, { scope: AGENT });
    const back = await comeBackFrom(going, "proconnect", "deux-facteurs");
    expect(back.url).toContain(all.woippy.origin);
  });

  test.each([
    ["of an organisation that isn't here", "ailleurs", "Votre organisme n'est pas sur ce territoire"],
    ["nobody has invited", "sans-invitation", "personne ne vous a invité"],
  ])("%s is granted nothing", async (_name, person, words) => {
    const accounts = async () => (await all.idp.sql.query("select 1 from account")).rowCount;
    const before = [await accounts(), await links()];
    const going = await begin(all.woippy, { scope: AGENT });
    const stopped = await comeBackFrom(going, "proconnect", person);
    expect(stopped.status).toBe(400);
    expect(stopped.html).toContain(words);
    expect(stopped.html).toContain("Choisir une autre façon de me connecter");
    // Posting by hand what another page would have posted changes nothing.
    const forced = await going.browser.request(`${stopped.url}`, { method: "POST" });
    expect(forced.status).toBeGreaterThanOrEqual(400);
    expect([await accounts(), await links()]).toEqual(before);
  });

  test("without a second factor there never has two here, whatever amr says", async () => {
    all.proConnect.tampering = { idToken: { acr: "eidas1", amr: ["pwd", "mfa"] } };
    const going = await begin(all.woippy, { scope: AGENT });
    const first = await comeBackFrom(going, "proconnect", "un-facteur");
    const sent = await going.browser.submit(first, { action: "creer" });
    await going.browser.submit(sent, { code: await lastCode(all.mail, "un@woippy.example") });
    const { rows } = await all.idp.sql.query(
      "select payload -> 'amr' as amr, payload ->> 'acr' as acr from artifact where kind = 'Session' and account_id = (select id from account where email = 'un@woippy.example')",
    );
    for (const { amr, acr } of rows) {
      expect(amr).toEqual(["pwd"]);
      expect(acr).not.toBe(MFA);
    }
  });

  test("with a siret that is none is told that something is missing", async () => {
    for (const siret of ["215707514", "21570751400017 ", undefined]) {
      all.proConnect.tampering = { userinfo: { siret: siret && `${siret}x` } };
      const going = await begin(all.woippy, { scope: AGENT });
      expect((await comeBackFrom(going, "proconnect", "deux-facteurs")).html).toContain("Il manque");
    }
  });
});

describe("an entity's own directory", () => {
  test("is offered on its own sites, to the kind of account it is for", async () => {
    expect((await begin(all.metz, { scope: AGENT })).page.html).toContain("l'annuaire de Metz");
    expect((await begin(all.metz)).page.html).not.toContain("l'annuaire de Metz");
    expect((await begin(all.woippy, { scope: AGENT })).page.html).not.toContain("l'annuaire de Metz");
  });

  test("is asked with PKCE, and its claims are read by the names it has", async () => {
    const before = await links();
    const going = await begin(all.metz, { scope: AGENT });
    const first = await comeBackFrom(going, "annuaire-metz", "dominique");
    expect(all.directory.asked.at(-1)).toMatchObject({ code_challenge_method: "S256" });
    expect(all.directory.refusals).toEqual([]);
    expect(first.html).toContain("<b>Dominique Fictif</b>");
    const sent = await going.browser.submit(first, { action: "creer" });
    const back = await going.browser.submit(sent, {
      code: await lastCode(all.mail, "dominique@metz.example"),
    });
    // It says nothing of a second factor, which this agent has: it is asked for here, and nothing is bound before.
    expect(back.url).toContain("/verification");
    expect(await links()).toBe(before);
    const again = await begin(all.metz, { scope: AGENT });
    expect((await comeBackFrom(again, "annuaire-metz", "dominique")).html).toContain("Première fois");
  });

  test("of another entity can't be reached by its address", async () => {
    const going = await begin(all.woippy, { scope: AGENT });
    const href = linkTo(going.page, /\/avec\/proconnect/).replace("proconnect", "annuaire-metz");
    expect((await going.browser.open(new URL(href, going.page.url).href)).status).toBe(400);
  });
});

describe("an invitation", () => {
  const invite = async (entity: string) =>
    all.idp.sql.query(
      `insert into agent_access (client_id, email_key, email, given_name, family_name, link, link_expires_at, said_at)
       values ($1, 'personne@woippy.example', 'personne@woippy.example', 'Personne', 'Fictive', $2, now() + interval '7 days', now())`,
      [entity, Buffer.from(entity)],
    );

  test("of another entity isn't one of this", async () => {
    await invite(all.marly.entity);
    const going = await begin(all.woippy, { scope: AGENT });
    expect((await comeBackFrom(going, "proconnect", "sans-invitation")).html).toContain(
      "personne ne vous a invité",
    );
  });

  test("of the entity whose SIREN it is makes the account, once the address has answered", async () => {
    await invite(all.woippy.entity);
    const going = await begin(all.woippy, { scope: AGENT });
    const first = await comeBackFrom(going, "proconnect", "sans-invitation");
    const sent = await going.browser.submit(first, { action: "creer" });
    const back = await going.browser.submit(sent, {
      code: await lastCode(all.mail, "personne@woippy.example"),
    });
    expect((await all.woippy.complete(back.url, going.begun)).claims()?.agent_id).toEqual(expect.any(String));
    const { rows } = await all.idp.sql.query(
      "select count(account_id)::int as accepted from agent_access where email_key = 'personne@woippy.example'",
    );
    expect(rows).toEqual([{ accepted: 2 }]);
  });

  test("doesn't open a deactivated account", async () => {
    await all.idp.sql.query(
      "update account set deactivated_at = now(), deactivated_reason = 'operator' where email = 'personne@woippy.example'",
    );
    const going = await begin(all.woippy, { scope: AGENT });
    const stopped = await comeBackFrom(going, "proconnect", "sans-invitation");
    expect(stopped.url).not.toContain(all.woippy.origin);
    expect(stopped.html).toContain("désactivé");
  });
});
