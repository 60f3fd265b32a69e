import { type CaughtMail, type MailCatcher, startTestMail } from "@interco/testing/mail";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Browser } from "./browser.ts";
import { NO_MAIL, PASSWORD, type RunningIdp, startIdp } from "./running-idp.ts";
import { TestSite } from "./test-site.ts";

const AGENT = "openid profile email offline_access agent";

let mail: MailCatcher;
let idp: RunningIdp;
let woippy: TestSite;
let metz: TestSite;
let people = 0;

beforeAll(async () => {
  mail = await startTestMail();
  idp = await startIdp({ smtp: mail.smtp });
  woippy = await TestSite.register(idp, "Woippy");
  metz = await TestSite.register(idp, "Metz");
});
afterAll(async () => {
  await idp?.close();
  await mail?.stop();
});
beforeEach(() => idp.sql.query("delete from throttle"));

const somebody = () => `agent${++people}@mairie.example`;
const person = (email: string) => ({ email, givenName: "Sacha", familyName: "Fictif", language: "fr" });

async function mails(email: string, count: number): Promise<CaughtMail[]> {
  await expect.poll(() => mail.mails.list(email).length, { timeout: 10_000 }).toBe(count);
  return mail.mails.list(email);
}
const linkOf = (one: CaughtMail | undefined) => /http\S+\/invitation\/\S+/.exec(one?.text ?? "")?.[0] ?? "";

async function invited(email = somebody(), site = woippy) {
  const answer = await site.say("invitations", person(email));
  expect(answer.status).toBe(202);
  const [one] = await mails(email, 1);
  return { email, link: linkOf(one), mail: one };
}
/** Invited, and with an account since. */
async function arrived() {
  const { email, link } = await invited();
  const browser = new Browser();
  await browser.submit(await browser.open(link), { password: PASSWORD, action: "creer" });
  return email;
}
const accountOf = async (email: string) =>
  (await idp.sql.query("select * from account where email = $1 and kind = 'professional'", [email])).rows[0];
const journalOf = async (accountId: string) =>
  (
    await idp.sql.query(
      "select kind, client_id, detail from sign_in_event where account_id = $1 order by at, id",
      [accountId],
    )
  ).rows;
/** With the second factor a backoffice asks for: its first setting up is tried elsewhere. */
async function canSignIn(email: string, site = woippy) {
  if (await accountOf(email)) await idp.createAccount(email, "professional");
  return site.signIn(new Browser(), { email, scope: AGENT });
}

describe("an agent", () => {
  test("opens the link, chooses a password, and signs in to the backoffice with an account of their own", async () => {
    const { email, link, mail: letter } = await invited();
    expect(letter?.subject).toBe("Ville de Woippy vous invite dans son espace des agents");
    expect(letter?.text).toContain("7 jours");
    const browser = new Browser();
    const page = await browser.open(link);
    for (const said of ["Ville de Woippy", "Sacha Fictif", email]) expect(page.html).toContain(said);
    expect(page.headers.get("referrer-policy")).toBe("no-referrer");
    const done = await browser.submit(page, { password: PASSWORD, action: "creer" });
    expect(done.html).toContain("Votre compte est prêt");
    expect(done.html).toContain(`href="${woippy.origin}/backoffice/"`);
    const begun = await woippy.begin({ scope: AGENT });
    expect((await browser.open(begun.url)).html).toContain(`value="${email}"`);
    const claims = (await canSignIn(email)).claims();
    expect(claims).toMatchObject({
      email,
      email_verified: true,
      name: "Sacha Fictif",
      account_kind: "professional",
      agent_id: (await accountOf(email)).agent_id,
    });
    expect(await journalOf((await accountOf(email)).id)).toContainEqual(
      expect.objectContaining({
        kind: "account_created",
        client_id: woippy.entity,
        detail: { invited: true },
      }),
    );
  });

  test("is refused a password found in a few guesses, which says why and makes nothing", async () => {
    const { email, link } = await invited();
    const browser = new Browser();
    const page = await browser.open(link);
    for (const [password, why] of [
      ["court", "trop court"],
      ["sacha fictif 2026", "votre nom"],
      ["motdepasse1234", "trop facile"],
    ] as const) {
      const again = await browser.submit(page, { password, action: "creer" });
      expect(again.status).toBe(422);
      expect(again.html).toContain(why);
    }
    const seen = await browser.submit(page, { password: "", action: "montrer" });
    expect(seen.html).toContain("est visible à l");
    expect((await browser.submit(page, { password: PASSWORD, _csrf: null })).status).toBe(422);
    expect(await accountOf(email)).toBeUndefined();
  });

  test("has programs open the link, which changes nothing", async () => {
    const { email, link } = await invited();
    for (let n = 0; n < 3; n++) expect((await new Browser().open(link)).status).toBe(200);
    expect(await accountOf(email)).toBeUndefined();
  });

  test("uses the link once: then it says that the account exists, and its password stays", async () => {
    const { email, link } = await invited();
    const [first, second] = [new Browser(), new Browser()];
    const [mine, theirs] = [await first.open(link), await second.open(link)];
    await first.submit(mine, { password: PASSWORD, action: "creer" });
    const known = await second.submit(theirs, { password: "un autre mot de passe long", action: "creer" });
    expect(known.html).toContain("Vous avez déjà votre compte");
    expect((await second.open(link)).html).toContain("Vous avez déjà votre compte");
    expect((await canSignIn(email)).claims()?.email).toBe(email);
  });

  test("sent again, holds a link that replaces the one before", async () => {
    const { email, link } = await invited();
    await woippy.say("invitations", person(email));
    const [, again] = await mails(email, 2);
    expect(linkOf(again)).not.toBe(link);
    const old = await new Browser().open(link);
    expect(old.status).toBe(400);
    expect(old.html).toContain("ne sert plus");
    expect((await new Browser().open(linkOf(again))).status).toBe(200);
  });

  test.each([
    ["seven days later", "update agent_access set link_expires_at = now() where email = $1"],
    ["tampered with", "update agent_access set link = sha256(link) where email = $1"],
  ])("%s, the link makes nothing", async (_when, change) => {
    const { email, link } = await invited();
    await idp.sql.query(change, [email]);
    expect((await new Browser().open(link)).status).toBe(400);
  });

  test("cancelled before they came, has a link that is worth nothing, and no mail that still waits", async () => {
    await idp.restart(NO_MAIL);
    const email = somebody();
    await woippy.say("invitations", person(email));
    await woippy.say("departures", { email });
    const waiting = await idp.sql.query("select from mail where recipient = $1 and due_at is not null", [
      email,
    ]);
    expect(waiting.rowCount).toBe(0);
    await idp.restart(mail.smtp);
    const { email: other, link } = await invited();
    await woippy.say("departures", { email: other });
    expect((await new Browser().open(link)).status).toBe(400);
  });

  test("may have a personal account with the same address, and registers one beside the professional one", async () => {
    const email = await arrived();
    const { agent_id } = await accountOf(email);
    const browser = new Browser();
    const form = await browser.open(`${idp.issuer}/inscription`);
    await browser.submit(form, {
      email,
      givenName: "Sacha",
      familyName: "Chez Soi",
      password: "quatre mots sans rapport",
      action: "creer",
    });
    const letters = await mails(email, 2);
    expect(letters.at(-1)?.subject).toBe("Confirmez votre adresse électronique");
    await idp.createAccount(email, "personal");
    const both = await idp.sql.query("select kind, agent_id from account where email = $1 order by kind", [
      email,
    ]);
    expect(both.rows).toEqual([
      { kind: "personal", agent_id: null },
      { kind: "professional", agent_id },
    ]);
    expect((await canSignIn(email)).claims()?.agent_id).toBe(agent_id);
    const atPortal = await woippy.signIn(new Browser(), { email });
    expect(atPortal.claims()?.account_kind).toBe("personal");
  });
});

describe("several entities", () => {
  test("have one account: who has one is told of the new access, and the entity isn't told that they have", async () => {
    const email = await arrived();
    const answer = await metz.say("invitations", { ...person(email), givenName: "Autre", familyName: "Nom" });
    expect({ status: answer.status, body: await answer.json() }).toEqual({ status: 202, body: {} });
    const [, word] = await mails(email, 2);
    expect(word?.subject).toMatch(/^Vous avez un nouvel accès\s: Ville de Metz$/);
    expect(word?.text).toContain(`${metz.origin}/backoffice/`);
    expect(linkOf(word)).toBe("");
    const [here, there] = [await canSignIn(email), await canSignIn(email, metz)];
    expect(there.claims()?.agent_id).toBe(here.claims()?.agent_id);
    expect(there.claims()?.name).toBe("Sacha Fictif");
    expect(there.claims()?.sub).not.toBe(here.claims()?.sub);
  });

  test("invited twice before coming, one link makes the account, the other leads on", async () => {
    const { email, link } = await invited();
    await metz.say("invitations", person(email));
    const [, second] = await mails(email, 2);
    const browser = new Browser();
    await browser.submit(await browser.open(link), { password: PASSWORD, action: "creer" });
    const page = await browser.open(linkOf(second));
    expect(page.html).toContain("Vous avez déjà votre compte");
    expect(page.html).toContain(`href="${metz.origin}/backoffice/"`);
  });

  test("never end each other's access: the account ends with the last word, and nobody learns which was", async () => {
    const email = await arrived();
    await metz.say("invitations", person(email));
    const answers = [];
    answers.push(await woippy.say("departures", { email }));
    expect((await canSignIn(email, metz)).claims()?.email).toBe(email);
    answers.push(await woippy.say("departures", { email }));
    expect((await accountOf(email)).deactivated_at).toBeNull();
    answers.push(await metz.say("departures", { email }));
    for (const answer of answers) expect([answer.status, await answer.text()]).toEqual([202, "{}"]);
    expect((await accountOf(email)).deactivated_reason).toBe("left");
    const { id } = await accountOf(email);
    expect((await journalOf(id)).filter(({ kind }) => kind === "account_deactivated")).toEqual([
      { kind: "account_deactivated", client_id: metz.entity, detail: { reason: "left" } },
    ]);
  });

  test("that never invited somebody ends nothing of theirs, nor does anybody of an account the operator keeps", async () => {
    const email = await arrived();
    await metz.say("departures", { email });
    expect((await accountOf(email)).deactivated_at).toBeNull();
    await idp.createAccount("exploitante@exemple.test", "professional");
    await metz.say("invitations", person("exploitante@exemple.test"));
    await metz.say("departures", { email: "exploitante@exemple.test" });
    expect((await accountOf("exploitante@exemple.test")).deactivated_at).toBeNull();
  });

  test("take back neither link nor waiting mail of another", async () => {
    const { email, link } = await invited();
    await metz.say("invitations", person(email));
    await metz.say("departures", { email });
    expect((await new Browser().open(link)).status).toBe(200);
  });
});

describe("who left everybody", () => {
  test("comes back by a link to their address, with the account and the password they had", async () => {
    const email = await arrived();
    const before = await accountOf(email);
    await woippy.say("departures", { email });
    await expect(canSignIn(email)).rejects.toThrow("Votre compte professionnel est désactivé");
    await metz.say("invitations", person(email));
    const again = (await mails(email, 3)).at(-1);
    // An administrator's word opens nothing: who reads the address's mail does.
    await expect(canSignIn(email, metz)).rejects.toThrow("désactivé");
    const browser = new Browser();
    const page = await browser.open(linkOf(again));
    expect(page.html).toContain("Rouvrir mon compte");
    await browser.submit(page);
    expect((await canSignIn(email, metz)).claims()?.agent_id).toBe(before.agent_id);
  });

  test("stays out where the operator ended the account: no invitation undoes that", async () => {
    const email = await arrived();
    await idp.sql.query(
      "update account set deactivated_at = now(), deactivated_reason = 'operator' where email = $1",
      [email],
    );
    await woippy.say("departures", { email });
    await metz.say("invitations", person(email));
    const [, word] = await mails(email, 2);
    expect(linkOf(word)).toBe("");
    await expect(canSignIn(email, metz)).rejects.toThrow("désactivé");
  });
});

describe("a site's word", () => {
  test.each([
    ["without an assertion", () => Promise.resolve("")],
    ["for another audience", () => woippy.assertion({ aud: idp.issuer })],
    ["in another site's name", () => woippy.assertion({ iss: metz.entity, sub: metz.entity })],
    ["for another subject", () => woippy.assertion({ sub: metz.entity })],
    ["that has expired", () => woippy.assertion({ exp: Math.floor(Date.now() / 1000) - 60 })],
    ["that lasts an hour", () => woippy.assertion({}, 3_600)],
    ["made long ago", () => woippy.assertion({ iat: Math.floor(Date.now() / 1000) - 600 })],
    ["without an id", () => woippy.assertion({ jti: undefined })],
    ["of a site nobody knows", () => woippy.assertion({ iss: "nobodyatall1", sub: "nobodyatall1" })],
  ])("%s is refused", async (_what, assertion) => {
    const answer = await woippy.say("invitations", person(somebody()), await assertion());
    expect(answer.status).toBe(401);
  });

  test("is good once", async () => {
    const assertion = await woippy.assertion();
    const email = somebody();
    expect((await woippy.say("invitations", person(email), assertion)).status).toBe(202);
    expect((await woippy.say("departures", { email }, assertion)).status).toBe(401);
  });

  test("that comes late changes nothing, and one from the future is refused", async () => {
    const { email, link } = await invited();
    expect((await woippy.say("departures", { email, saidAt: Date.now() - 3_600_000 })).status).toBe(202);
    expect((await new Browser().open(link)).status).toBe(200);
    await woippy.say("departures", { email });
    await woippy.say("invitations", { ...person(email), saidAt: Date.now() - 3_600_000 });
    expect(mail.mails.list(email)).toHaveLength(1);
    const ahead = { ...person(email), saidAt: Date.now() + 3_600_000 };
    expect((await woippy.say("invitations", ahead)).status).toBe(422);
  });

  test.each([
    ["an address that is none", { email: "Lou <lou@exemple.test>" }],
    ["a name that is an address of a page", { givenName: "Gagnez sur http://mechant.example" }],
    ["a name of 101 characters", { familyName: "x".repeat(101) }],
    ["a role", { role: "admin" }],
  ])("with %s is refused", async (_what, wrong) => {
    const answer = await woippy.say("invitations", { ...person(somebody()), ...wrong });
    expect(answer.status).toBe(422);
  });

  test("invites so many a day: whoever holds a site's key is no mail cannon", async () => {
    const marly = await TestSite.register(idp, "Marly");
    await idp.sql.query(
      `insert into agent_access (client_id, email_key, email, said_at)
       select $1, n || '@exemple.test', n || '@exemple.test', now() from generate_series(1, 300) n`,
      [marly.entity],
    );
    expect((await marly.say("invitations", person(somebody()))).status).toBe(429);
    expect((await marly.say("invitations", person("7@exemple.test"))).status).toBe(202);
  });

  test("holds three mails at once for an address: one too many waits", async () => {
    const email = somebody();
    for (let n = 0; n < 5; n++) await woippy.say("invitations", person(email));
    const waiting = await idp.sql.query("select from mail where recipient = $1 and due_at > now()", [email]);
    expect(waiting.rowCount).toBe(1);
  });
});

test("an agent the operator made for an entity is kept by that entity's word", async () => {
  const email = somebody();
  for (let n = 0; n < 2; n++) await idp.createAccount(email, "professional", { entity: woippy.entity });
  await metz.say("departures", { email });
  expect((await accountOf(email)).deactivated_at).toBeNull();
  await woippy.say("departures", { email });
  expect((await accountOf(email)).deactivated_reason).toBe("left");
});
