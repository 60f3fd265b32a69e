import type { SeedAgent } from "@interco/contracts/instance-seed";
import { type CaughtMail, type MailCatcher, startTestMail } from "@interco/testing/mail";
import pg from "pg";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { startJobs } from "../running-jobs.ts";
import { IDS } from "../test-instance.ts";
import { type SmallFederation, startFederation, TestBrowser } from "./federation.ts";
import type { SiteName } from "./listening-instance.ts";
import type { Page } from "./test-browser.ts";

const AGENTS = "/backoffice/agents";
const BACKOFFICE = "/backoffice/";

let mail: MailCatcher;
let federation: SmallFederation;
let jobs: { stop: () => Promise<void> };
let admin: TestBrowser;
let idp: pg.Pool;
let people = 0;

beforeAll(async () => {
  mail = await startTestMail();
  federation = await startFederation(
    ["woippy", "metz"],
    async (idp) => {
      const { agentId } = await idp.createAccount("admin@exemple.test", "professional");
      return { agents: [seat("woippy", agentId), seat("metz", agentId)] };
    },
    mail.smtp,
  );
  idp = new pg.Pool({ connectionString: federation.idp.databaseUrl, max: 1 });
  jobs = await startJobs(federation.instance);
  admin = new TestBrowser();
  await federation.signIn(admin, "woippy", { email: "admin@exemple.test", path: AGENTS });
});
afterAll(async () => {
  await jobs?.stop();
  await idp?.end();
  await federation?.[Symbol.asyncDispose]();
  await mail?.stop();
});

const isDeactivated = async (email: string) => {
  const found = await idp.query("select from account where email = $1 and deactivated_at is not null", [
    email,
  ]);
  return found.rowCount === 1;
};
const on = (site: SiteName, path: string) => `${federation.origin(site)}${path}`;
const somebody = () => `agent${++people}@mairie.example`;
async function mails(email: string, count: number): Promise<CaughtMail[]> {
  await expect.poll(() => mail.mails.list(email).length, { timeout: 15_000 }).toBe(count);
  return mail.mails.list(email);
}
const linkOf = (one: CaughtMail | undefined) => /http\S+\/invitation\/\S+/.exec(one?.text ?? "")?.[0] ?? "";

/** Sends one of the forms of the agents' page. */
async function send(path: string, values: Record<string, string>, site: SiteName = "woippy"): Promise<Page> {
  const page = await admin.open(on(site, AGENTS));
  const csrf = /name="_csrf" value="([^"]*)"/.exec(page.html)?.[1] ?? "";
  return admin.open(on(site, path), {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ _csrf: csrf, ...values }).toString(),
  });
}
const invite = (email: string, site: SiteName = "woippy", more: Record<string, string> = {}) =>
  send(AGENTS, { email, prenom: "Sacha", nom: "Fictif", role: "agent", ...more }, site);

/** Follows the link of their invitation, chooses a password, and signs in to the backoffice by two factors. */
async function arrive(email: string, link: string): Promise<{ browser: TestBrowser; page: Page }> {
  const browser = new TestBrowser();
  await browser.submit(await browser.open(link), { password: "un mot de passe assez long", action: "creer" });
  await federation.idp.createAccount(email, "professional");
  const page = await federation.signIn(browser, "woippy", { email, path: BACKOFFICE });
  return { browser, page };
}

it("an administrator invites, the person makes their account by the mail's link and is in the backoffice", async () => {
  const email = somebody();
  const page = await invite(email);
  expect(page.html).toContain("Agent invité.");
  const [letter] = await mails(email, 1);
  expect(letter?.subject).toContain("woippy vous invite");
  await vi.waitFor(async () =>
    expect((await admin.open(on("woippy", AGENTS))).html).toContain("invité, pas encore venu"),
  );
  const { page: desk } = await arrive(email, linkOf(letter));
  expect([desk.status, desk.url]).toEqual([200, on("woippy", BACKOFFICE)]);
  expect(desk.html).toContain("Sacha Fictif");
  expect((await admin.open(on("woippy", AGENTS))).html).not.toContain("invité, pas encore venu");
});

it("an invitation is sent again, and cancelled: the links before are worth nothing", async () => {
  const email = somebody();
  await invite(email);
  const [first] = await mails(email, 1);
  expect((await send(`${AGENTS}/renvoyer`, { email })).html).toContain("Invitation renvoyée");
  const [, second] = await mails(email, 2);
  const browser = new TestBrowser();
  expect((await browser.open(linkOf(first))).status).toBe(400);
  expect((await browser.open(linkOf(second))).status).toBe(200);
  expect((await send(`${AGENTS}/annuler`, { email })).html).toContain("Invitation annulée");
  await vi.waitFor(async () => expect((await browser.open(linkOf(second))).status).toBe(400), {
    timeout: 10_000,
  });
});

it("while the identity provider doesn't answer nothing is lost: the page says so, and the mail leaves once it does", async () => {
  const email = somebody();
  const { identity } = federation.instance.deps;
  const tell = vi.spyOn(identity, "tellOfAgent").mockRejectedValueOnce(new Error("down"));
  try {
    await invite(email);
    await vi.waitFor(() => expect(tell).toHaveBeenCalled(), { timeout: 10_000 });
    expect((await admin.open(on("woippy", AGENTS))).html).toContain("message en cours d'envoi");
  } finally {
    tell.mockRestore();
  }
  await mails(email, 1);
});

it("a name or an address nobody can be written to by is asked for again, and nothing typed is lost", async () => {
  const wrongs: Record<string, string>[] = [{ prenom: "Gagnez http://mechant.example" }, { email: "lou@" }];
  for (const wrong of wrongs) {
    const page = await invite(somebody(), "woippy", wrong);
    expect(page.status).toBe(422);
    expect(page.html).toContain(`value="${Object.values(wrong)[0]}"`);
  }
});

it("two entities have one account: the second one's mail just says so, each page says for whom, with a way to the other", async () => {
  const email = somebody();
  await invite(email);
  const { browser } = await arrive(email, linkOf((await mails(email, 1))[0]));
  await federation.signIn(admin, "metz", { email: "admin@exemple.test", path: AGENTS });
  await invite(email, "metz");
  const [, word] = await mails(email, 2);
  expect(word?.subject).toContain("Vous avez un nouvel accès");
  const there = await browser.open(on("metz", BACKOFFICE));
  expect([there.status, there.url]).toEqual([200, on("metz", BACKOFFICE)]);
  expect(there.html).toContain("Changer de collectivité");
  expect(there.html).toContain(`href="${on("woippy", BACKOFFICE)}"`);
  const here = await browser.open(on("woippy", BACKOFFICE));
  expect(here.html).toContain(`href="${on("metz", BACKOFFICE)}"`);
});

it("who is removed is out at once, and out everywhere once no entity needs them; another's access stays", async () => {
  const email = somebody();
  await invite(email);
  const { browser } = await arrive(email, linkOf((await mails(email, 1))[0]));
  await invite(email, "metz");
  await mails(email, 2);
  await browser.open(on("metz", BACKOFFICE));
  expect((await send(`${AGENTS}/retirer`, { email })).html).toContain("Agent retiré");
  expect((await browser.open(on("woippy", BACKOFFICE))).status).toBe(403);
  expect((await browser.open(on("metz", BACKOFFICE))).status).toBe(200);
  await send(`${AGENTS}/retirer`, { email }, "metz");
  await expect.poll(() => isDeactivated(email), { timeout: 10_000 }).toBe(true);
  const again = await federation.signIn(new TestBrowser(), "metz", { email, path: BACKOFFICE });
  expect(again.html).toContain("Votre compte professionnel est désactivé");
});

it("the operator ends an account: signed out of both sites at their next page, and their session renews nothing", async () => {
  const { accountId, agentId } = await federation.idp.createAccount("partante@exemple.test", "professional");
  for (const site of ["woippy", "metz"] as const)
    await federation.instance.deps.db.within({ entities: [IDS[site]] }, (trx) =>
      trx
        .insertInto("agent")
        .values({
          entity: IDS[site],
          email: "partante@exemple.test",
          agent_id: agentId,
          given_name: "Camille",
          family_name: "Fictif",
          role: "agent",
        })
        .execute(),
    );
  const browser = new TestBrowser();
  for (const site of ["woippy", "metz"] as const)
    expect(
      (await federation.signIn(browser, site, { email: "partante@exemple.test", path: BACKOFFICE })).status,
    ).toBe(200);
  await federation.idp.operate(accountId, "deactivate");
  for (const site of ["woippy", "metz"] as const)
    await vi.waitFor(
      async () => {
        const page = await browser.request(on(site, BACKOFFICE));
        expect(page.headers.get("location")).toContain("/connexion?");
      },
      { timeout: 10_000 },
    );
  const page = await federation.signIn(browser, "woippy", {
    email: "partante@exemple.test",
    path: BACKOFFICE,
  });
  expect(page.status).toBe(403);
  expect(page.html).toContain("Votre compte professionnel est désactivé");
  await federation.idp.operate(accountId, "reactivate");
  const back = new TestBrowser();
  expect(
    (await federation.signIn(back, "woippy", { email: "partante@exemple.test", path: BACKOFFICE })).status,
  ).toBe(200);
});

function seat(site: SiteName, agentId: string | null): SeedAgent {
  return {
    entity: IDS[site],
    agentId: agentId ?? "",
    email: "admin@exemple.test",
    givenName: "Camille",
    familyName: "Fictif",
    role: "admin",
    teams: [],
    authorised: true,
  };
}
