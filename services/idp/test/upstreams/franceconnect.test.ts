import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Browser } from "../browser.ts";
import { PASSWORD, statementsOf } from "../running-idp.ts";
import {
  AGENT,
  begin,
  comeBackFrom,
  lastCode,
  linkTo,
  makeAccount,
  startUpstreamIdp,
  submitWith,
  throughUpstream,
  type UpstreamIdp,
} from "./upstream-idp.ts";

let all: UpstreamIdp;
beforeAll(async () => {
  all = await startUpstreamIdp();
  await all.idp.createAccount("camille@exemple.test");
});
afterAll(() => all?.[Symbol.asyncDispose]());

const people = async () => (await all.idp.sql.query("select count(*)::int as n from account")).rows[0].n;
/** Nobody has come yet. */
const forgetEverybody = () =>
  all.idp.sql.query(
    "delete from upstream_identity; delete from pivot_identity; delete from account where email like '%courriel.example'; delete from throttle",
  );

describe("the button", () => {
  test("is there where the site's entity has a grant, with the words that are asked for", async () => {
    const { page } = await begin(all.woippy);
    expect(page.html).toContain("S'identifier avec <b>FranceConnect</b>");
    expect(page.html).toContain("Qu'est-ce que FranceConnect");
    expect(page.html).toContain('href="https://franceconnect.gouv.fr/"');
  });

  test("isn't where it has none, nor for agents", async () => {
    expect((await begin(all.marly)).page.html).not.toContain("FranceConnect");
    expect((await begin(all.woippy, { scope: AGENT })).page.html).not.toContain("FranceConnect");
  });

  test("pressed by hand where it isn't, it leads to a page with the way back", async () => {
    const { browser, page } = await begin(all.marly);
    const path = new URL(page.url).pathname;
    const refused = await browser.open(
      `${all.idp.issuer}${path}/avec/franceconnect?site=${all.marly.entity}&commune=${all.woippy.entity}`,
    );
    expect(refused.status).toBe(400);
    expect(refused.html).toContain(`href="${all.marly.origin}/connexion"`);
  });

  test("without a site, one is asked which commune: those with a grant", async () => {
    const browser = new Browser();
    const form = await browser.open(`${all.idp.issuer}/inscription`);
    const page = await browser.open(all.idp.issuer + linkTo(form, /commune$/));
    expect(page.html).toContain("Quelle est votre commune");
    expect(page.html).toContain(`href="${all.woippy.origin}/connexion"`);
    expect(page.html).toContain(`href="${all.metz.origin}/connexion"`);
    expect(page.html).not.toContain(all.marly.origin);
    expect((await new Browser().open(`${all.idp.issuer}/fournisseur/proconnect/commune`)).status).toBe(404);
  });
});

test("to one's own account, too, one is asked which commune, then comes back to it", async () => {
  await forgetEverybody();
  const going = await begin(all.woippy);
  const first = await comeBackFrom(going, "franceconnect", "angela");
  await makeAccount(all, going.browser, first, "compte@courriel.example");
  const browser = new Browser();
  const signIn = await browser.open(`${all.idp.issuer}/compte`);
  const communes = await browser.open(new URL(linkTo(signIn, /avec\/franceconnect/), signIn.url).href);
  expect(communes.html).toContain("Quelle est votre commune");
  const link = linkTo(communes, new RegExp(`commune=${all.woippy.entity}`));
  const sent = await browser.open(new URL(link, communes.url).href);
  const chooser = await browser.request(sent.url);
  const chosen = await browser.request(new URL(linkTo(chooser, /person=angela/), sent.url).href);
  const account = await browser.open(chosen.headers.get("location") ?? "");
  expect(new URL(account.url).pathname).toBe("/compte");
  expect(account.html).toContain("Angela Exemple");
});

describe("what is asked", () => {
  test("is what is documented and nothing else: levels, long state and nonce, that entity's client", async () => {
    const going = await begin(all.woippy);
    await throughUpstream(going, "franceconnect", "angela");
    const asked = all.franceConnect.asked.at(-1) ?? {};
    expect(asked.acr_values).toBe("eidas1");
    expect(asked.client_id).toBe(`fc-${all.woippy.entity}`);
    expect(asked.redirect_uri).toBe(`${all.idp.issuer}/fournisseur/franceconnect/retour`);
    expect(asked.state?.length).toBeGreaterThanOrEqual(32);
    expect(asked.nonce?.length).toBeGreaterThanOrEqual(32);
    expect(asked).not.toHaveProperty("code_challenge");
    expect(asked).not.toHaveProperty("prompt");
    expect(all.franceConnect.refusals).toEqual([]);
  });
});

test.each([
  ["prompt", "login"],
  ["max_age", "0"],
])(
  "asked for credentials anew (%s), FranceConnect is asked to ask again, whoever is signed in there",
  async (name, value) => {
    await forgetEverybody();
    const going = await begin(all.woippy);
    const first = await comeBackFrom(going, "franceconnect", "angela");
    await makeAccount(all, going.browser, first, "encore@courriel.example");
    const again = await begin(all.woippy, { browser: going.browser, parameters: { [name]: value } });
    await throughUpstream(again, "franceconnect", "angela");
    expect(all.franceConnect.asked.at(-1)?.prompt).toBe("login");
  },
);

describe("the first time", () => {
  test("an account is made once the address has answered, and the site is reached signed in", async () => {
    await forgetEverybody();
    const going = await begin(all.woippy);
    const first = await comeBackFrom(going, "franceconnect", "angela");
    expect(first.html).toContain("<b>Angela Exemple</b>");
    expect(first.html).toContain('value="angela@courriel.example"');
    const back = await makeAccount(all, going.browser, first, "angela@courriel.example");
    expect(back.url).toContain(all.woippy.origin);
    const tokens = await all.woippy.complete(back.url, going.begun);
    expect(tokens.claims()).toMatchObject({
      given_name: "Angela",
      family_name: "Exemple",
      email: "angela@courriel.example",
      email_verified: true,
      acr: "https://refeds.org/profile/sfa",
    });
  });

  test("keeps of the person what the account needs, and an HMAC of who they are", async () => {
    const tables = ["account", "pivot_identity", "upstream_identity", "sign_in_event", "upstream_session"];
    const kept = await Promise.all(
      tables.map(async (table) => JSON.stringify((await all.idp.sql.query(`select * from ${table}`)).rows)),
    );
    for (const secret of ["1962", "57463", "99100", "female", "Claire", "Louise", "FICTIF"])
      expect(kept.join()).not.toContain(secret);
    expect(
      (
        await all.idp.sql.query(
          "select * from password p join account a on a.id = p.account_id where a.email = 'angela@courriel.example'",
        )
      ).rowCount,
    ).toBe(0);
  });

  test("the next time nothing is asked", async () => {
    const going = await begin(all.woippy);
    const back = await comeBackFrom(going, "franceconnect", "angela");
    expect(back.url).toContain(`${all.woippy.origin}/connexion/retour?`);
  });

  test("by another commune's client, whose sub is another, it is the same account once confirmed", async () => {
    const before = await people();
    const going = await begin(all.metz);
    const same = await comeBackFrom(going, "franceconnect", "angela");
    expect(same.html).toContain("Est-ce bien votre compte");
    expect(same.html).toContain("a…a@courriel.example");
    expect((await all.idp.sql.query("select 1 from upstream_identity")).rowCount).toBe(1);
    const back = await going.browser.submit(same, { action: "meme-compte" });
    expect(back.url).toContain(all.metz.origin);
    expect(await people()).toBe(before);
    const { rows } = await all.idp.sql.query(
      "select count(distinct subject)::int as subjects, count(distinct account_id)::int as accounts from upstream_identity",
    );
    expect(rows).toEqual([{ subjects: 2, accounts: 1 }]);
    const again = await begin(all.metz);
    expect((await comeBackFrom(again, "franceconnect", "angela")).url).toContain(all.metz.origin);
  });

  test("an account there is is linked by its password, in the same flow, and never without", async () => {
    await forgetEverybody();
    const going = await begin(all.woippy);
    const first = await comeBackFrom(going, "franceconnect", "angela");
    const wrong = await submitWith(going.browser, first, "login", {
      login: "camille@exemple.test",
      password: "un mauvais mot de passe",
      action: "relier",
    });
    expect(wrong.status).toBe(422);
    expect(wrong.html).toContain('value="camille@exemple.test"');
    expect((await all.idp.sql.query("select 1 from upstream_identity")).rowCount).toBe(0);
    const back = await submitWith(going.browser, wrong, "login", {
      login: "camille@exemple.test",
      password: PASSWORD,
      action: "relier",
    });
    expect(back.url).toContain(all.woippy.origin);
    const tokens = await all.woippy.complete(back.url, going.begun);
    expect(tokens.claims()?.email).toBe("camille@exemple.test");
    const { rows } = await all.idp.sql.query(
      "select kind from sign_in_event where kind like 'upstream%' order by at desc limit 1",
    );
    expect(rows).toEqual([{ kind: "upstream_linked" }]);
    // Its person hears of it, with a way to say that it wasn't them.
    await expect
      .poll(() => all.mail.mails.list("camille@exemple.test").at(-1)?.subject)
      .toBe("Votre compte est relié à FranceConnect");
  });

  test("an account linked to one person is no other's, even with its password", async () => {
    const going = await begin(all.woippy);
    const first = await comeBackFrom(going, "franceconnect", "etranger");
    const refused = await submitWith(going.browser, first, "login", {
      login: "camille@exemple.test",
      password: PASSWORD,
      action: "relier",
    });
    expect(refused.status).toBe(400);
    expect(refused.html).toContain("déjà relié à une autre identité");
    expect((await all.idp.sql.query("select 1 from upstream_identity")).rowCount).toBe(1);
    expect(
      (await going.browser.open(new URL(linkTo(refused, /^\/connexion\//), refused.url).href)).html,
    ).toContain("Mot de passe");
  });

  test("somebody born abroad has no birthplace, and is known again all the same", async () => {
    await forgetEverybody();
    const going = await begin(all.woippy);
    const first = await comeBackFrom(going, "franceconnect", "etranger");
    await makeAccount(all, going.browser, first, "joerg@courriel.example");
    const elsewhere = await begin(all.metz);
    expect((await comeBackFrom(elsewhere, "franceconnect", "etranger")).html).toContain(
      "Est-ce bien votre compte",
    );
  });
});

describe("nothing tells whether an address has an account", () => {
  test("same page, same work: the mail alone differs", async () => {
    await forgetEverybody();
    const answers = [];
    for (const email of ["camille@exemple.test", "personne@exemple.test"]) {
      const going = await begin(all.woippy);
      const first = await comeBackFrom(going, "franceconnect", "angela");
      let page = first;
      const work = await statementsOf(async () => {
        page = await going.browser.submit(first, { email, action: "creer" });
      });
      const text = page.html
        .replaceAll(email, "")
        .replace(/\/connexion\/[\w-]+/g, "")
        .replace(/_csrf" value="[^"]*"/, "");
      answers.push({ status: page.status, text, work: work.filter((name) => name.startsWith("upstream")) });
    }
    const about = (email: string) => all.mail.mails.list(email).map(({ subject }) => subject);
    await expect.poll(() => about("camille@exemple.test")).toContain("Vous avez déjà un compte");
    await expect.poll(() => about("personne@exemple.test")).toContain("Votre code pour vous connecter");
    expect(answers[1]).toEqual(answers[0]);
    expect(all.mail.mails.list("camille@exemple.test").at(-1)?.text).not.toMatch(/\d{3} \d{3}/);
  });

  test("no code is right for an address that has one", async () => {
    const going = await begin(all.woippy);
    const first = await comeBackFrom(going, "franceconnect", "angela");
    const sent = await going.browser.submit(first, { email: "camille@exemple.test", action: "creer" });
    const tried = [];
    for (let n = 0; n < 6; n++) tried.push((await going.browser.submit(sent, { code: `00000${n}` })).html);
    expect(tried[0]).toContain("il vous reste 4 essais");
    expect(tried[5]).toContain("Demandez un nouveau message");
  });

  test("a code asked again takes the other's place", async () => {
    await all.idp.sql.query("delete from throttle");
    const going = await begin(all.woippy);
    const first = await comeBackFrom(going, "franceconnect", "angela");
    const email = "nouvelle@courriel.example";
    await going.browser.submit(first, { email, action: "creer" });
    const old = await lastCode(all.mail, email);
    const sent = await going.browser.submit(first, { email, action: "creer" });
    await expect.poll(() => all.mail.mails.list(email).length).toBe(2);
    const current = await lastCode(all.mail, email);
    if (old !== current) expect((await going.browser.submit(sent, { code: old })).status).toBe(422);
    expect((await going.browser.submit(sent, { code: current })).url).toContain(all.woippy.origin);
  });
});

test("the forms refuse a token that isn't theirs, and lose nothing", async () => {
  await forgetEverybody();
  const going = await begin(all.woippy);
  const first = await comeBackFrom(going, "franceconnect", "angela");
  const again = await going.browser.submit(first, { email: "a@b.fr", action: "creer", _csrf: "forged" });
  expect(again.status).toBe(422);
  expect(again.html).toContain('value="a@b.fr"');
  const missing = await going.browser.submit(first, { email: "nulle part", action: "creer" });
  expect(missing.status).toBe(422);
  expect(missing.html).toContain('href="#f-email"');
});
