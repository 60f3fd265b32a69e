import type { Tampering } from "@interco/testing/upstream-provider";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Browser } from "../browser.ts";
import { PASSWORD } from "../running-idp.ts";
import {
  begin,
  comeBackFrom,
  linkTo,
  startUpstreamIdp,
  throughUpstream,
  type UpstreamIdp,
} from "./upstream-idp.ts";

let all: UpstreamIdp;
beforeAll(async () => {
  all = await startUpstreamIdp();
  await all.idp.createAccount("camille@exemple.test");
});
afterAll(() => all?.[Symbol.asyncDispose]());
afterEach(() => {
  all.franceConnect.tampering = {};
  all.franceConnect.down = false;
});

const lastJournal = async () =>
  (await all.idp.sql.query("select kind, detail from sign_in_event order by at desc, id desc limit 1"))
    .rows[0];

/** The sign-in it was begun from goes on: with a password, it ends on its site. */
async function goesOn(going: Awaited<ReturnType<typeof begin>>, stopped: { html: string; url: string }) {
  const back = new URL(linkTo(stopped as never, /^\/connexion\/[\w-]+\?site=/), all.idp.issuer).href;
  const form = await going.browser.open(back);
  const done = await going.browser.submit(form, { email: "camille@exemple.test", password: PASSWORD });
  expect(done.url).toContain(all.woippy.origin);
  await all.woippy.complete(done.url, going.begun);
}

describe("an answer that isn't what it should be is refused, told in plain French, and the sign-in goes on", () => {
  test.each<[string, Tampering, string]>([
    ["an ID token somebody else signed", { idTokenOfAnotherKey: true }, "vérifier la réponse"],
    ["an ID token of another issuer", { idToken: { iss: "https://autre.example" } }, "vérifier la réponse"],
    ["an ID token for another client", { idToken: { aud: "autre" } }, "vérifier la réponse"],
    ["an ID token with another nonce", { idToken: { nonce: "n".repeat(43) } }, "vérifier la réponse"],
    ["an ID token without a nonce", { idToken: { nonce: undefined } }, "vérifier la réponse"],
    ["an ID token that has expired", { idToken: { exp: 1 } }, "vérifier la réponse"],
    ["another level than was asked", { idToken: { acr: "eidas0" } }, "vérifier la réponse"],
    ["userinfo somebody else signed", { userinfoOfAnotherKey: true }, "vérifier la réponse"],
    ["userinfo without a signature", { plainUserinfo: true }, "vérifier la réponse"],
    ["userinfo of somebody else", { userinfo: { sub: "somebody-else" } }, "vérifier la réponse"],
    ["userinfo for another client", { userinfo: { aud: "autre" } }, "vérifier la réponse"],
    ["userinfo of another issuer", { userinfo: { iss: "https://autre.example" } }, "vérifier la réponse"],
    ["no iss, which it says it sends", { iss: null }, "vérifier la réponse"],
    ["another's iss: a mix-up", { iss: "https://autre.example" }, "vérifier la réponse"],
    ["no birthdate", { userinfo: { birthdate: undefined } }, "Il manque des informations"],
    ["a birthdate that is no text", { userinfo: { birthdate: 1962 } }, "Il manque des informations"],
    ["that somebody gave up", { error: "access_denied" }, "pas allé jusqu'au bout"],
    ["an error of its own", { error: "server_error" }, "ne répond pas"],
    ["an error nobody knows", { error: "<b>bold</b>" }, "vérifier la réponse"],
  ])("%s", async (_name, tampering, words) => {
    const going = await begin(all.woippy);
    all.franceConnect.tampering = tampering;
    const stopped = await comeBackFrom(going, "franceconnect", "angela");
    expect(stopped.html).toContain(words);
    expect(stopped.html).not.toContain("<b>bold</b>");
    expect(stopped.html).not.toMatch(/at .*\.ts|eyJ/);
    expect((await lastJournal()).kind).toBe("upstream_refused");
    expect((await all.idp.sql.query("select 1 from upstream_arrival")).rowCount).toBe(0);
    all.franceConnect.tampering = {};
    await goesOn(going, stopped);
  });

  test("an upstream that stops answering between two calls", async () => {
    const going = await begin(all.woippy);
    const answer = await throughUpstream(going, "franceconnect", "angela");
    all.franceConnect.down = true;
    const stopped = await going.browser.open(answer);
    expect(stopped.status).toBe(503);
    expect(stopped.html).toContain("FranceConnect ne répond pas");
    await goesOn(going, stopped);
  });
});

describe("an answer is good once, in the browser that asked, from the upstream it was asked of", () => {
  test("a second time, it leads to a page that says so", async () => {
    const going = await begin(all.woippy);
    const answer = await throughUpstream(going, "franceconnect", "angela");
    expect((await going.browser.open(answer)).html).toContain("Première fois");
    const again = await going.browser.open(answer);
    expect(again.status).toBe(400);
    expect(again.html).toContain("Elle a déjà servi");
    const { rows } = await all.idp.sql.query("select count(*)::int as n from upstream_arrival");
    expect(rows[0].n).toBe(1);
    await all.idp.sql.query("delete from upstream_arrival");
  });

  test("another browser gets nothing by it (login CSRF), and spoils nothing", async () => {
    const going = await begin(all.woippy);
    const answer = await throughUpstream(going, "franceconnect", "angela");
    const stranger = new Browser();
    for (const prepare of [false, true]) {
      // Also one that has begun a sign-in of its own.
      if (prepare)
        await throughUpstream(await begin(all.woippy, { browser: stranger }), "franceconnect", "etranger");
      expect((await stranger.open(answer)).status).toBe(400);
    }
    expect((await going.browser.open(answer)).html).toContain("Angela Exemple");
  });

  test("a state nobody gave, or none, gets a page", async () => {
    for (const query of ["", "?state=", `?state=${"x".repeat(43)}&code=abc`, "?code=abc"]) {
      const page = await new Browser().open(`${all.idp.issuer}/fournisseur/franceconnect/retour${query}`);
      expect(page.status).toBe(400);
      expect(page.html).toContain("Choisir un site");
    }
    expect((await new Browser().open(`${all.idp.issuer}/fournisseur/inconnu/retour`)).status).toBe(404);
  });

  test("an answer of one upstream brought to another's address is refused, and is used up by it", async () => {
    const going = await begin(all.woippy);
    const answer = await throughUpstream(going, "franceconnect", "angela");
    const stopped = await going.browser.open(answer.replace("/franceconnect/", "/proconnect/"));
    expect(stopped.html).toContain("vérifier la réponse de ProConnect");
    expect((await going.browser.open(answer)).status).toBe(400);
    await goesOn(going, stopped);
  });

  test("after an hour it is too late", async () => {
    const going = await begin(all.woippy);
    const answer = await throughUpstream(going, "franceconnect", "angela");
    await all.idp.sql.query("update upstream_attempt set expires_at = now()");
    expect((await going.browser.open(answer)).status).toBe(400);
  });

  test("who came back is known in their own sign-in and browser alone", async () => {
    const going = await begin(all.woippy);
    const first = await comeBackFrom(going, "franceconnect", "angela");
    const other = await begin(all.woippy);
    const path = new URL(first.url).pathname;
    expect((await other.browser.open(all.idp.issuer + path)).status).toBe(400);
    const elsewhere = new URL(other.page.url).pathname;
    const stolen = await other.browser.open(`${all.idp.issuer}${elsewhere}/identite`);
    expect(stolen.status).toBe(400);
    expect(stolen.html).not.toContain("Angela");
  });
});

describe("what the database holds", () => {
  test("completes no sign-in: neither state, nonce, verifier nor names", async () => {
    const going = await begin(all.woippy);
    const answer = new URL(await throughUpstream(going, "franceconnect", "angela"));
    const asked = all.franceConnect.asked.at(-1) ?? {};
    const attempts = JSON.stringify((await all.idp.sql.query("select * from upstream_attempt")).rows);
    await going.browser.open(answer.href);
    const arrivals = JSON.stringify((await all.idp.sql.query("select * from upstream_arrival")).rows);
    for (const secret of [asked.state, asked.nonce, "Angela", "courriel.example", "eyJ"])
      expect(attempts + arrivals).not.toContain(secret);
  });

  test("and the service may change no more of these tables than it must", async () => {
    for (const change of [
      "pivot_identity set account_id = null",
      "upstream_identity set account_id = null",
      "upstream_attempt set browser = null",
      "upstream_arrival set subject = null",
      "upstream_logout set target = null",
    ])
      await expect(all.idp.app.pool.query(`update ${change}`)).rejects.toThrow(/permission denied/);
  });

  test("is removed once it has expired", async () => {
    await begin(all.woippy).then((going) => comeBackFrom(going, "franceconnect", "angela"));
    for (const table of ["attempt", "arrival", "session", "logout"])
      await all.idp.sql.query(`update upstream_${table} set expires_at = now()`);
    const { UpstreamSessionRepository } = await import("../../src/upstreams/upstream-session-repository.ts");
    await new UpstreamSessionRepository(all.idp.app.pool).removeExpired(100);
    expect((await all.idp.sql.query("select 1 from upstream_arrival")).rowCount).toBe(0);
  });
});

test("an upstream that is down when the service starts, or later, costs its button a page and nothing else", async () => {
  all.franceConnect.down = true;
  await all.idp.restart(all.mail.smtp);
  const going = await begin(all.woippy);
  const href = linkTo(going.page, /\/avec\/franceconnect/);
  const stopped = await going.browser.open(new URL(href, going.page.url).href);
  expect(stopped.status).toBe(503);
  expect(stopped.html).toContain("FranceConnect ne répond pas");
  await goesOn(going, stopped);
});
