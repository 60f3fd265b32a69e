import type { ProcedureDefinition } from "@interco/contracts/procedure";
import { afterAll, beforeAll, expect, it } from "vitest";
import { CitizenBrowser } from "../../test/citizen-browser.ts";
import { DEMO_PROCEDURES, demonstrationSeed } from "../../test/demonstration-seed.ts";
import { signIn } from "../../test/sign-in.ts";
import { createTestInstance, IDS, type TestInstance } from "../../test/test-instance.ts";
import { fillIn } from "../../test/typed-answers.ts";
import { asOneself } from "../sign-in/as-oneself.ts";
import { SESSION_COOKIE } from "../sign-in/session-cookie.ts";

const report = DEMO_PROCEDURES.find(({ definition }) => definition.kind === "shared")!.definition;
/** A procedure that needs an account, which the demonstration has none of. */
const withAccount: ProcedureDefinition = { ...report, slug: "avec-compte", audience: "signed-in" };

let instance: TestInstance;
let host: string;

beforeAll(async () => {
  const seed = demonstrationSeed(["metropole"]);
  seed.procedures?.push({ entity: IDS.metropole, definition: withAccount });
  instance = await createTestInstance({ hosts: ["metropole"], seed });
  host = instance.host;
});
afterAll(() => instance?.[Symbol.asyncDispose]());

/** Signed in on the portal, with the account one works with. */
async function atWork(kind: "professional" | "personal" = "professional") {
  const browser = new CitizenBrowser(instance, host);
  await signIn(instance, browser, {
    entity: "metropole",
    sub: `sub-${kind}`,
    claims: { accountKind: kind },
  });
  return browser;
}
/** One answer, whose redirect isn't followed: it leads to the identity provider. */
const ask = (browser: CitizenBrowser, url: string, more: object = {}) =>
  instance.http.inject({
    url,
    headers: {
      host,
      cookie: `${SESSION_COOKIE}=${browser.cookies.get(SESSION_COOKIE)}`,
      accept: "text/html",
    },
    ...more,
  });
const filed = async () => {
  const { default: pg } = await import("pg");
  const client = new pg.Client(instance.database.admin);
  await client.connect();
  try {
    return (await client.query("select citizen_sub from request")).rows;
  } finally {
    await client.end();
  }
};

it("their own requests are those of their personal account: the page says so, with the way to it and back", async () => {
  const page = await ask(await atWork(), "/demandes");
  expect(page.statusCode).toBe(403);
  expect(page.body).toContain("Continuer à titre personnel");
  expect(page.body).toContain(`href="${asOneself("/demandes").replaceAll("&", "&amp;")}"`);
});

it("following by number offers it too", async () => {
  const page = await ask(await atWork(), "/suivi");
  expect(page.body).toContain("Continuer à titre personnel");
});

it("a procedure offers it first, and to start without an account only where none is needed", async () => {
  const [open, needed] = await Promise.all(
    [report, withAccount].map(async ({ slug }) => (await ask(await atWork(), `/demarches/${slug}`)).body),
  );
  for (const page of [open, needed])
    expect(page).toMatch(/class="button" href="\/connexion\?compte=personnel/);
  expect(open).toContain("Commencer sans compte");
  expect(needed).not.toContain("Commencer sans compte");
});

it("each step of a form offers it, with the way back to that step", async () => {
  const browser = await atWork();
  await browser.open(`/demarches/${report.slug}`);
  await browser.send({}, { action: `/demarches/${report.slug}/formulaire` });
  expect(browser.page.body).toContain(`href="${asOneself(browser.url).replaceAll("&", "&amp;")}"`);
  await fillIn(browser, report);
  expect(browser.text()).toContain("Vérifiez avant d'envoyer");
  expect(browser.page.body).toContain(`href="${asOneself(browser.url).replaceAll("&", "&amp;")}"`);
});

it("a form that needs an account leads to the personal one, and the server files nothing under the other", async () => {
  const citizen = await atWork("personal");
  await citizen.open(`/demarches/${withAccount.slug}`);
  await citizen.send({}, { action: `/demarches/${withAccount.slug}/formulaire` });
  await fillIn(citizen, withAccount);
  const check = citizen.url;
  const form = citizen.form(check.replace(/recapitulatif$/, "envoi"));
  const browser = await atWork();
  citizen.cookies.set(SESSION_COOKIE, browser.cookies.get(SESSION_COOKIE) ?? "");
  const step = await ask(browser, check);
  expect([step.statusCode, step.headers.location]).toEqual([303, asOneself(check)]);
  const cookie = [...citizen.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  for (const account of ["", "1"]) {
    const sent = await instance.http.inject({
      method: "POST",
      url: form.action ?? "",
      headers: { host, cookie, "content-type": "application/x-www-form-urlencoded" },
      payload: new URLSearchParams({ ...form.hidden, ...(account ? { account } : {}) }).toString(),
    });
    expect([sent.statusCode, sent.headers.location]).toEqual([303, asOneself(check)]);
  }
  expect(await filed()).toEqual([]);
});

it("one who is signed in as themselves comes straight back; one at work goes to the identity provider", async () => {
  const here = await ask(await atWork("personal"), asOneself("/demandes"));
  expect([here.statusCode, here.headers.location]).toEqual([303, "/demandes"]);
  // Nobody answers there: the page says so, and what was wanted is asked for again.
  const there = await ask(await atWork(), asOneself("/demandes"));
  expect(there.statusCode).toBe(503);
  expect(there.body).toContain("compte=personnel");
});
