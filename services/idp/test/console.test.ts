import { ACR } from "@interco/contracts/authentication-context";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { nameAdministrator } from "../src/console/name-administrator.ts";
import { Browser, type Page } from "./browser.ts";
import { behindProxy, PASSWORD, type RunningIdp, startIdp } from "./running-idp.ts";
import { secondStep } from "./second-step.ts";
import { SiteEndpoint } from "./site-endpoint.ts";
import { TestSite } from "./test-site.ts";

const AGENT = "openid profile email offline_access agent";
const ADMIN = "ops@exemple.test";
const SECOND = "ops2@exemple.test";
const PAGES = [
  "",
  "/comptes",
  "/journal",
  "/reinitialisations",
  "/sites",
  "/deconnexions",
  "/cles",
  "/fournisseurs",
];

const stack = new AsyncDisposableStack();
let idp: RunningIdp;
let hears: SiteEndpoint;
let woippy: TestSite;
let metz: TestSite;
let admin: Browser;
let adminId: string;
let people = 0;

beforeAll(async () => {
  idp = stack.use(await startIdp());
  hears = stack.use(await new SiteEndpoint().start("woippy"));
  woippy = await TestSite.register(idp, "Woippy", { origin: hears.origin });
  metz = await TestSite.register(idp, "Metz");
  ({ accountId: adminId } = await idp.createAccount(ADMIN, "professional"));
  for (const email of [ADMIN, SECOND]) {
    if (email !== ADMIN) await idp.createAccount(email, "professional");
    expect(await nameAdministrator(idp.database.owner, email, "name")).toBe(true);
  }
  admin = new Browser();
  expect((await signIn(admin, ADMIN)).html).toContain("Administration du service de connexion");
}, 120_000);
afterAll(() => stack.disposeAsync());
beforeEach(() => idp.sql.query("delete from throttle"));

const at = (path: string) => `${idp.issuer}/administration${path}`;

async function signIn(browser: Browser, email: string, path = ""): Promise<Page> {
  let page = await browser.open(at(path));
  if (page.html.includes('name="password"'))
    page = await browser.submit(page, { email, password: PASSWORD, action: "connecter" });
  return secondStep(browser, page, email);
}

/** Sends a form of the console: its token is any page's. */
async function send(browser: Browser, path: string, values: Record<string, string>): Promise<Page> {
  const page = await browser.open(at("/journal"));
  const csrf = /_csrf" value="([^"]*)"/.exec(page.html)?.[1] ?? "";
  return browser.open(at(path), {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ _csrf: csrf, ...values }).toString(),
  });
}
const act = (email: string, values: Record<string, string>, browser = admin) =>
  send(browser, "/comptes/action", { email, kind: "professional", ...values });

async function agent(entity?: string) {
  const email = `agente${++people}@exemple.test`;
  const made = await idp.createAccount(email, "professional", entity ? { entity } : {});
  return { email, accountId: made.accountId, agentId: made.agentId ?? "" };
}
const linesOf = async (accountId: string) =>
  (
    await idp.sql.query("select kind, detail from sign_in_event where account_id = $1 order by at, id", [
      accountId,
    ])
  ).rows as { kind: string; detail: Record<string, string> }[];
const kindsOf = async (accountId: string) => (await linesOf(accountId)).map(({ kind }) => kind);
const mailTo = async (recipient: string, kind: string) =>
  (
    await idp.sql.query(
      "select text_body from mail where recipient = $1 and kind = $2 order by created_at desc",
      [recipient, kind],
    )
  ).rows[0]?.text_body as string | undefined;
const linkIn = (text: string | undefined) => /http\S+\/reinitialisation\/\S+/.exec(text ?? "")?.[0] ?? "";
const factorsOf = async (accountId: string) =>
  Number(
    (await idp.sql.query("select count(*) from authenticator where account_id = $1", [accountId])).rows[0]
      .count,
  );

describe("the console isn't there", () => {
  test("for who isn't signed in: they sign in first, and nothing is shown", async () => {
    for (const path of PAGES) {
      const page = await new Browser().open(at(path));
      expect(page.url).toContain("/connexion/");
      expect(page.html).not.toContain("Administration du service");
    }
  });

  test("for a citizen, nor for an agent, whatever they send", async () => {
    const citizen = new Browser();
    const email = `personne${++people}@exemple.test`;
    await idp.createAccount(email);
    await woippy.signIn(citizen, { email });
    const other = new Browser();
    const { email: theirs } = await agent();
    await woippy.signIn(other, { email: theirs, scope: AGENT });
    for (const browser of [citizen, other]) {
      for (const path of PAGES) expect((await browser.open(at(path))).status).toBe(404);
      const home = await browser.open(`${idp.issuer}/inscription`);
      for (const path of ["/comptes", "/comptes/action", "/journal", "/reinitialisations", "/deconnexions"]) {
        const answer = await browser.request(at(path), {
          method: "POST",
          headers: { "content-type": "application/x-www-form-urlencoded" },
          body: new URLSearchParams({
            _csrf: /_csrf" value="([^"]*)"/.exec(home.html)?.[1] ?? "",
            email: ADMIN,
            action: path === "/reinitialisations" ? "confirmer" : "deconnecter",
            id: crypto.randomUUID(),
            site: woippy.entity,
          }).toString(),
        });
        expect(answer.status).toBe(404);
        expect(answer.html).not.toContain(ADMIN);
      }
    }
  });

  test("for an administrator with one factor, before the second", async () => {
    const browser = new Browser();
    await woippy.signIn(browser, { email: ADMIN });
    await idp.sql.query(
      `update artifact set payload = jsonb_set(payload, '{acr}', to_jsonb($2::text)) where kind = 'Session' and account_id = $1
       and session_uid = (select session_uid from artifact where kind = 'Session' and account_id = $1 order by expires_at desc limit 1)`,
      [adminId, ACR.single],
    );
    const page = await browser.open(at("/journal"));
    expect(page.url).toMatch(/\/connexion\/[\w-]+\/verification/);
    expect(page.html).not.toContain("Lignes trouvées");
  });

  test("any more for one who was dismissed, or whose account is deactivated", async () => {
    const { email, accountId } = await agent();
    await nameAdministrator(idp.database.owner, email, "name");
    const browser = new Browser();
    expect((await signIn(browser, email)).status).toBe(200);
    expect(await nameAdministrator(idp.database.owner, email, "dismiss")).toBe(true);
    expect((await browser.open(at(""))).status).toBe(404);
    expect(await kindsOf(accountId)).toEqual(
      expect.arrayContaining(["administrator_named", "administrator_dismissed"]),
    );
    await expect(nameAdministrator(idp.database.owner, "nobody@exemple.test", "name")).rejects.toThrow(
      "no professional account",
    );
  });

  test("and the service's own role names nobody", async () => {
    await expect(
      idp.app.pool.query("insert into administrator (account_id) values ($1)", [adminId]),
    ).rejects.toThrow("permission denied");
  });
});

describe("an act", () => {
  test("wants credentials given a short while ago; looking doesn't", async () => {
    const { email, accountId } = await agent();
    await idp.sql.query(
      `update artifact set payload = jsonb_set(payload, '{loginTs}', to_jsonb(extract(epoch from now())::int - 3600))
       where kind = 'Session' and account_id = $1`,
      [adminId],
    );
    expect((await admin.open(at("/journal"))).status).toBe(200);
    const page = await act(email, { action: "deconnecter", confirmed: "oui" });
    expect(page.url).toContain("/connexion/");
    expect(await kindsOf(accountId)).not.toContain("sessions_ended");
    admin = new Browser();
    await signIn(admin, ADMIN);
  });

  test("needs its form's token", async () => {
    const { email, accountId } = await agent();
    const answer = await send(admin, "/comptes/action", {
      _csrf: "",
      email,
      kind: "professional",
      action: "desactiver",
      confirmed: "oui",
    });
    expect(answer.status).toBe(403);
    expect(await kindsOf(accountId)).not.toContain("account_deactivated");
  });
});

describe("support", () => {
  test("finds one account by its exact address and no other, says its state in words, and is a line of the journal", async () => {
    const { email, accountId } = await agent(woippy.entity);
    await woippy.signIn(new Browser(), { email, scope: AGENT });
    for (const near of ["agente", email.slice(1), `${email}x`, "%", "agente%@exemple.test"]) {
      const page = await send(admin, "/comptes", { email: near });
      expect(page.html).not.toContain("Camille Fictif");
    }
    const page = await send(admin, "/comptes", { email: email.toUpperCase() });
    expect(page.html).toContain("Camille Fictif");
    expect(page.html).toContain("une application de codes");
    expect(page.html).toMatch(/Travaille pour\s: Ville de Woippy\./);
    expect(page.html).not.toContain(accountId);
    expect((await linesOf(accountId)).at(-1)).toEqual({ kind: "account_looked_at", detail: { by: adminId } });
    expect((await admin.open(at("/comptes"))).html).not.toContain("Camille Fictif");
  });

  test("signs somebody out everywhere, once it was said again", async () => {
    const { email, accountId } = await agent();
    const browser = new Browser();
    await woippy.signIn(browser, { email, scope: AGENT });
    hears.tokens.length = 0;
    const asked = await act(email, { action: "deconnecter" });
    expect(asked.html).toContain("Déconnecter partout");
    expect(await kindsOf(accountId)).not.toContain("sessions_ended");
    expect((await admin.submit(asked, { action: "deconnecter" })).html).toContain("déconnecté partout");
    await expect.poll(() => hears.tokens.length, { timeout: 10_000 }).toBe(1);
    expect((await linesOf(accountId)).at(-1)).toMatchObject({
      kind: "sessions_ended",
      detail: { by: adminId, reason: "administrator" },
    });
  });

  test("deactivates and reactivates a professional account, never one's own nor a citizen's", async () => {
    const { email, accountId } = await agent();
    await act(email, { action: "desactiver", confirmed: "oui" });
    await expect(woippy.signIn(new Browser(), { email, scope: AGENT })).rejects.toThrow("désactivé");
    await act(email, { action: "reactiver", confirmed: "oui" });
    await woippy.signIn(new Browser(), { email, scope: AGENT });
    const lines = await linesOf(accountId);
    for (const kind of ["account_deactivated", "account_reactivated"])
      expect(lines.find((line) => line.kind === kind)?.detail).toMatchObject({ by: adminId });
    expect((await act(ADMIN, { action: "desactiver", confirmed: "oui" })).status).toBe(422);
    const citizen = `personne${++people}@exemple.test`;
    await idp.createAccount(citizen);
    const refused = await act(citizen, { action: "desactiver", kind: "personal", confirmed: "oui" });
    expect(refused.status).toBe(422);
  });

  test("sends an invitation again, with a link in place of the one before", async () => {
    const email = `invitee${++people}@mairie.example`;
    await woippy.say("invitations", { email, givenName: "Sacha", familyName: "Fictif", language: "fr" });
    const before = await idp.sql.query("select link from agent_access where email = $1", [email]);
    const page = await send(admin, "/comptes", { email });
    expect(page.html).toContain("Invitation par Ville de Woippy");
    const done = await act(email, { action: "renvoyer-invitation", site: woippy.entity });
    expect(done.html).toContain("Le message est reparti");
    const after = await idp.sql.query("select link from agent_access where email = $1", [email]);
    expect(after.rows[0].link).not.toEqual(before.rows[0].link);
  });

  test("sends a registration's mail again, whose link confirms", async () => {
    const email = `personne${++people}@exemple.test`;
    const browser = new Browser();
    const form = await browser.open(`${idp.issuer}/inscription`);
    await browser.submit(form, {
      email,
      givenName: "Dominique",
      familyName: "Fictif",
      password: PASSWORD,
      action: "creer",
    });
    const first = await mailTo(email, "registration");
    expect((await send(admin, "/comptes", { email })).html).toContain("pas encore confirmé");
    await act(email, { action: "renvoyer-inscription" });
    const second = await mailTo(email, "registration");
    expect(second).not.toBe(first);
    const link = (text: string | undefined) => /http\S+confirmer\S+/.exec(text ?? "")?.[0] ?? "";
    expect((await new Browser().open(link(first))).status).toBe(400);
    expect((await new Browser().open(link(second))).status).toBe(200);
  });
});

describe("the journal", () => {
  test("is searched by address, kind, site and days, and each search is a line of it", async () => {
    const { email, accountId } = await agent();
    await woippy.signIn(new Browser(), { email, scope: AGENT });
    const found = await send(admin, "/journal", { email });
    expect(found.html).toMatch(/<td>connexion<\/td>/);
    expect(found.html).toMatch(/<td>compte créé<\/td>/);
    expect(found.html).not.toContain(accountId);
    const kind = await send(admin, "/journal", { email, kind: "account_created" });
    expect(kind.html).not.toMatch(/<td>connexion<\/td>/);
    const site = await send(admin, "/journal", { email, site: metz.entity });
    expect(site.html).toContain("Rien dans cette partie");
    const old = await send(admin, "/journal", { email, since: "2020-01-01", until: "2020-02-01" });
    expect(old.html).toContain("Rien dans cette partie");
    const unknown = await send(admin, "/journal", { email: "personne@nulle.part" });
    expect(unknown.html).toContain("Rien dans cette partie");
    const searches = (await linesOf(accountId)).filter((line) => line.kind === "journal_searched");
    expect(searches).toHaveLength(4);
    expect(searches[0]?.detail).toMatchObject({ by: adminId });
  });

  test("goes on page by page, each line once", async () => {
    const { email, accountId } = await agent();
    await idp.sql.query(
      `insert into sign_in_event (id, kind, account_id, at) select gen_random_uuid(), 'signed_out', $1,
        now() - interval '1 hour' from generate_series(1, 120)`,
      [accountId],
    );
    let page = await send(admin, "/journal", { email, kind: "signed_out" });
    const counts = [page.html.match(/<td>déconnexion<\/td>/g)?.length];
    for (let n = 0; n < 2; n++) {
      const after = /name="after" value="([^"]*)"/.exec(page.html)?.[1]?.replaceAll("&#x3D;", "=") ?? "";
      page = await send(admin, "/journal", { email, kind: "signed_out", after });
      counts.push(page.html.match(/<td>déconnexion<\/td>/g)?.length);
    }
    expect(counts).toEqual([50, 50, 20]);
    expect(page.html).not.toContain('name="after"');
  });

  test("refuses days that aren't, or too many", async () => {
    const wrong: Record<string, string>[] = [
      { since: "hier" },
      { since: "2026-02-31" },
      { since: "2026-02-02", until: "2026-01-01" },
      { since: "2000-01-01" },
    ];
    for (const values of wrong) {
      const page = await send(admin, "/journal", values);
      expect(page.status).toBe(422);
      expect(page.html).toContain("error-summary");
    }
  });

  test("can be read by the service for an administrator alone", async () => {
    const { accountId } = await agent();
    const search = (by: string) =>
      idp.app.pool.query(
        "select * from search_sign_in_events($1, $2, null, null, null, now() - interval '1 day', now(), null, null, 10)",
        [crypto.randomUUID(), by],
      );
    await expect(search(accountId)).rejects.toThrow("only an administrator");
    await expect(idp.app.pool.query("select * from sign_in_event")).rejects.toThrow("permission denied");
    expect((await search(adminId)).rows.length).toBeGreaterThan(0);
  });
});

test("sites, keys and sign-outs that didn't arrive are shown without a secret, and tried again", async () => {
  const sites = await admin.open(at("/sites"));
  expect(sites.html).toContain(woippy.origin);
  expect(sites.html).not.toContain('"kty"');
  const keys = await admin.open(at("/cles"));
  const { rows } = await idp.sql.query("select kid from signing_key");
  for (const { kid } of rows) expect(keys.html).toContain(kid);
  const due = "now() + interval '10 minutes'";
  await idp.sql.query(
    `insert into logout_delivery (id, client_id, account_id, sid, attempts, due_at, last_error)
     values (gen_random_uuid(), $1, $2, 'sid', 3, ${due}, 'unexpected status 503')`,
    [woippy.entity, adminId],
  );
  const home = await admin.open(at(""));
  expect(home.html).toContain("Une déconnexion n'a pas été entendue");
  expect((await admin.open(at("/deconnexions"))).html).toContain("unexpected status 503");
  hears.tokens.length = 0;
  await send(admin, "/deconnexions", { site: woippy.entity });
  await expect.poll(() => hears.tokens.length, { timeout: 10_000 }).toBe(1);
});

describe("a second factor is reset by two persons", () => {
  const REASON = "Téléphone et codes perdus, vue à l'accueil";
  const ask = (email: string, values: Record<string, string> = {}, browser = admin) =>
    act(email, { action: "reinitialiser", reason: REASON, ...values }, browser);
  const answer = async (site: TestSite, id: string, agentId: string, confirmed = true) =>
    (await site.say(`resets/${id}`, { agentId, confirmed, saidAt: undefined })).status;
  const pendingAt = async (site: TestSite) =>
    (await (await site.say("resets", { saidAt: undefined })).json()) as { id: string; email: string }[];

  test("an administrator asks, one of the entity confirms on its own instance, and the agent sets up another", async () => {
    const { email, accountId, agentId } = await agent(woippy.entity);
    const boss = await agent(woippy.entity);
    const stranger = await agent(metz.entity);
    const browser = new Browser();
    await woippy.signIn(browser, { email, scope: AGENT });
    expect((await ask(email, { second: woippy.entity })).html).toContain("La demande est faite");
    expect(await mailTo(email, "factor_reset_asked")).toContain("48 heures");
    expect(await factorsOf(accountId)).toBe(1);
    expect((await pendingAt(metz)).map((one) => one.email)).not.toContain(email);
    const id = (await pendingAt(woippy)).find((one) => one.email === email)?.id ?? "";
    expect(await answer(metz, id, stranger.agentId)).toBe(404);
    expect(await answer(woippy, id, stranger.agentId)).toBe(403);
    expect(await answer(woippy, id, agentId)).toBe(403);
    expect(await factorsOf(accountId)).toBe(1);
    expect(await answer(woippy, id, boss.agentId)).toBe(200);
    expect(await factorsOf(accountId)).toBe(0);
    expect(await mailTo(email, "told_factors_reset")).toContain("deux personnes");
    expect(await answer(woippy, id, boss.agentId)).toBe(404);
    expect((await browser.open(`${idp.issuer}/compte`)).url).toContain("/connexion/");
    const begun = await woippy.begin({ scope: AGENT });
    const page = await browser.submit(await browser.open(begun.url), {
      email,
      password: PASSWORD,
      action: "connecter",
    });
    expect(page.url).toContain("/securiser");
    const lines = await linesOf(accountId);
    expect(lines.find(({ kind }) => kind === "factor_reset_asked")?.detail).toMatchObject({ by: adminId });
    expect(lines.find(({ kind }) => kind === "factors_reset")?.detail).toMatchObject({
      asked: adminId,
      by: boss.accountId,
    });
  });

  test("where there is no other administrator the official confirms by a link, which serves once", async () => {
    const { email, accountId } = await agent(woippy.entity);
    expect((await ask(email, { second: `official:${woippy.entity}` })).status).toBe(422);
    const named = await behindProxy(`${idp.issuer}/operator/clients/${woippy.entity}/official`, {
      method: "PUT",
      headers: {
        authorization: `Bearer ${idp.config.secrets.operatorToken}`,
        "content-type": "application/json",
      },
      body: JSON.stringify({ name: "Madame la maire", email: "maire@mairie.example" }),
    });
    expect(named.status).toBe(204);
    expect((await ask(email, { second: `official:${woippy.entity}` })).status).toBe(200);
    expect((await pendingAt(woippy)).map((one) => one.email)).not.toContain(email);
    const link = linkIn(await mailTo("maire@mairie.example", "factor_reset_official"));
    const official = new Browser();
    const page = await official.open(link);
    expect(page.html).toContain(email);
    expect(await factorsOf(accountId)).toBe(1);
    expect((await official.submit(page, { action: "confirmer" })).html).toContain("confirmé");
    expect(await factorsOf(accountId)).toBe(0);
    expect((await official.open(link)).status).toBe(400);
    expect((await linesOf(accountId)).find(({ kind }) => kind === "factors_reset")?.detail).toMatchObject({
      by: "official",
    });
  });

  test("its person stops it by the link in their mail, which confirms nothing", async () => {
    const { email, accountId } = await agent(woippy.entity);
    await ask(email, { second: woippy.entity });
    const link = linkIn(await mailTo(email, "factor_reset_asked"));
    const browser = new Browser();
    expect((await browser.submit(await browser.open(link), { action: "confirmer" })).status).toBe(400);
    expect(await factorsOf(accountId)).toBe(1);
    expect((await browser.submit(await browser.open(link), { action: "arreter" })).html).toContain("arrêtée");
    expect((await pendingAt(woippy)).map((one) => one.email)).not.toContain(email);
    expect(await kindsOf(accountId)).toContain("factor_reset_stopped");
  });

  test("an account no entity answers for takes two administrators: never who asked, nor whose it is", async () => {
    const email = `personne${++people}@exemple.test`;
    const { accountId } = await idp.createAccount(email, "personal", { totp: true });
    expect((await ask(email, { kind: "personal" })).html).toContain("La demande est faite");
    const { rows } = await idp.sql.query("select id from factor_reset where account_id = $1", [accountId]);
    const confirm = (browser: Browser) =>
      send(browser, "/reinitialisations", { id: rows[0].id, action: "confirmer" });
    expect((await confirm(admin)).html).toContain("ce n'est pas à vous");
    expect(await factorsOf(accountId)).toBe(1);
    const second = new Browser();
    await signIn(second, SECOND);
    expect((await second.open(at("/reinitialisations"))).html).toContain(email);
    expect((await confirm(second)).html).toContain("La deuxième vérification est retirée");
    expect(await factorsOf(accountId)).toBe(0);
    expect((await ask(ADMIN)).status).toBe(422);
  });

  test("after 48 hours nobody confirms, and it may be asked again", async () => {
    const { email, accountId } = await agent(woippy.entity);
    const boss = await agent(woippy.entity);
    await ask(email, { second: woippy.entity });
    const id = (await pendingAt(woippy)).find((one) => one.email === email)?.id ?? "";
    expect((await ask(email, { second: woippy.entity })).status).toBe(422);
    await idp.sql.query("update factor_reset set expires_at = now() where id = $1", [id]);
    expect(await answer(woippy, id, boss.agentId)).toBe(404);
    expect(await factorsOf(accountId)).toBe(1);
    expect((await ask(email, { second: woippy.entity })).status).toBe(200);
  });

  test("needs a reason, kept as typed where it is too short", async () => {
    const { email } = await agent(woippy.entity);
    const page = await ask(email, { reason: "perdu", second: woippy.entity });
    expect(page.status).toBe(422);
    expect(page.html).toContain(">perdu</textarea>");
  });
});
