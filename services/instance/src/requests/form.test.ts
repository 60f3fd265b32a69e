import type { ProcedureDefinition } from "@interco/contracts/procedure";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CitizenBrowser } from "../../test/citizen-browser.ts";
import { DEMO_PROCEDURES, demonstrationSeed } from "../../test/demonstration-seed.ts";
import { signIn } from "../../test/sign-in.ts";
import { createTestInstance, IDS, type TestInstance } from "../../test/test-instance.ts";
import { fileRequest, fillIn, kept } from "../../test/typed-answers.ts";

const HOSTS = ["metropole", "woippy", "metz"] as const;
const report = DEMO_PROCEDURES.find(({ definition }) => definition.kind === "shared")!.definition;
/** A procedure that needs an account, which the demonstration has none of. */
const withAccount: ProcedureDefinition = { ...report, slug: "avec-compte", audience: "signed-in" };

let instance: TestInstance;
const hostOf = (entity: keyof typeof IDS) =>
  new URL(instance.config.entities.find(({ id }) => id === IDS[entity])!.origin).host;
const open = (entity: keyof typeof IDS = "metropole") => new CitizenBrowser(instance, hostOf(entity));

beforeAll(async () => {
  const seed = demonstrationSeed(HOSTS);
  seed.procedures?.push({ entity: IDS.metropole, definition: withAccount });
  instance = await createTestInstance({ hosts: [...HOSTS], seed });
});
afterAll(() => instance[Symbol.asyncDispose]());

/** Begins the report, from Woippy's site. */
async function begin(browser = open(), query = "?commune=57751") {
  await browser.open(`/demarches/signaler-un-probleme${query}`);
  await browser.send({}, { action: "/demarches/signaler-un-probleme/formulaire" });
  return browser;
}
const PLACE = { "place.commune": "57751", "place.precision": "address", "place.address": "12 rue du Fort" };

/** As the owner of the database: what was really filed. */
async function count(where: string): Promise<number> {
  const { rows } = await ownerQuery(`select count(*)::int as n from request where ${where}`);
  return rows[0].n;
}
async function ownerQuery(sql: string) {
  const { default: pg } = await import("pg");
  const client = new pg.Client(instance.database.admin);
  await client.connect();
  try {
    return await client.query(sql);
  } finally {
    await client.end();
  }
}

it("takes somebody from Woippy to a confirmation on the agglomeration's site, and says who will follow", async () => {
  const browser = open();
  await browser.open("/demarches/signaler-un-probleme?commune=57751");
  expect(browser.text()).toContain("Vous venez du site de Woippy");
  await browser.send({}, { action: "/demarches/signaler-un-probleme/formulaire" });
  expect(browser.text()).toContain("Étape 1 sur 5");
  expect(browser.text()).toContain("Danger immédiat ? Appelez le 112.");
  await browser.send({ type: "depot-sauvage" });
  expect(browser.page.body).toMatch(/<option value="57751" selected>/);
  await browser.send(PLACE);
  expect(browser.text()).toContain("Votre demande sera suivie par Mairie de Woippy");
  await browser.send({ description: "Un canapé devant le numéro 12." });
  await browser.send({ email: "camille@exemple.test", phone: "", name: "Camille Exemple" });
  expect(browser.text()).toContain("Vérifiez avant d'envoyer");
  expect(browser.page.body).toMatch(/href="[^"]*\/details\?retour=recapitulatif"/);
  await browser.send({}, { action: browser.url.replace(/recapitulatif$/, "envoi") });
  expect(kept(browser).number).toMatch(/^EMM-/);
  expect(browser.text()).toContain("Votre demande est suivie par Mairie de Woippy");
  expect(browser.text()).toContain("accusé d'enregistrement part maintenant à camille@exemple.test");
});

describe("every procedure of the demonstration can be filed", () => {
  const cases = DEMO_PROCEDURES.flatMap(({ for: owner, definition }) =>
    (["first", "last"] as const).map((end) => ({ owner, definition, end, slug: definition.slug })),
  );
  it.each(cases)("$slug, by the $end choices", async ({ owner, definition, end }) => {
    const browser = open(owner === "agglomeration" ? "metropole" : owner === "57463" ? "metz" : "woippy");
    const { number } = await fileRequest(browser, definition, end);
    expect(await count(`number = '${number}'`)).toBe(1);
    const receipt = /href="([^"]*\/recu)"/.exec(browser.page.body)?.[1] ?? "";
    await browser.open(receipt);
    expect(browser.text()).toContain(number);
  });
});

it("answers a page in error with all that was typed, a summary and a sentence beside each field", async () => {
  const browser = await begin();
  await browser.send({ type: "depot-sauvage" });
  await browser.send({ ...PLACE, "place.address": "", "place.detail": "Côté pair" });
  expect(browser.page.statusCode).toBe(422);
  expect(browser.page.body).toContain('href="#f-place-address"');
  expect(browser.page.body).toMatch(/id="f-place-address-error"[\s\S]*Indiquez la rue/);
  expect(browser.page.body).toContain('value="Côté pair"');
  expect(browser.page.body).toMatch(/<title>Erreur/);
  // It is in the draft too: the same page opened again has it.
  await browser.open(browser.url);
  expect(browser.page.body).toContain('value="Côté pair"');
});

it("gives the way to the right town hall for a place outside the territory", async () => {
  const browser = await begin();
  await browser.send({ type: "depot-sauvage" });
  await browser.send({ ...PLACE, "place.commune": "00000" });
  expect(browser.page.statusCode).toBe(422);
  expect(browser.text()).toContain("Adressez-vous à la mairie de la commune où se trouve l'endroit");
  expect(browser.page.body).toContain('value="12 rue du Fort"');
});

it("asks the question an answer calls for before calling it wrong", async () => {
  const browser = open("woippy");
  await browser.open("/demarches/inscription-cantine");
  await browser.send({}, { action: "/demarches/inscription-cantine/formulaire" });
  await browser.send({
    childName: "Sacha Exemple",
    "birth.day": "3",
    "birth.month": "4",
    "birth.year": "2019",
    school: "ecole-du-modele",
  });
  const year = String(new Date().getFullYear() + 1);
  const page = { days: ["monday"], "start.day": "5", "start.month": "1", "start.year": year, allergy: "yes" };
  expect(browser.page.body).not.toContain("allergyPlan");
  await browser.send(page);
  expect(browser.page.statusCode).toBe(200);
  expect(browser.text()).toContain("projet d’accueil individualisé");
  await browser.send(page);
  expect(browser.page.statusCode).toBe(422);
  await browser.send({ ...page, allergyPlan: "none" });
  expect(browser.url).toMatch(/\/contact$/);
});

it("files once, however often it is sent", async () => {
  const browser = await begin();
  await fillIn(browser, report);
  const action = browser.url.replace(/recapitulatif$/, "envoi");
  const form = browser.form(action);
  const payload = new URLSearchParams(form.hidden).toString();
  const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  const headers = { host: hostOf("metropole"), cookie, "content-type": "application/x-www-form-urlencoded" };
  const before = await count("true");
  const answers = await Promise.all(
    Array.from({ length: 4 }, () => instance.http.inject({ method: "POST", url: action, payload, headers })),
  );
  expect(answers.map(({ statusCode }) => statusCode)).toEqual([303, 303, 303, 303]);
  expect(await count("true")).toBe(before + 1);
  await browser.open(action.replace(/envoi$/, "confirmation"));
  const first = kept(browser);
  await browser.open(action.replace(/envoi$/, "recapitulatif"));
  expect(kept(browser)).toEqual(first);
});

it("asks again, with all that was typed, when the page stayed open too long", async () => {
  const browser = await begin();
  await browser.send({ type: "depot-sauvage" });
  await browser.send(PLACE, { csrf: "expired" });
  expect(browser.page.statusCode).toBe(422);
  expect(browser.text()).toContain("Tout ce que vous avez écrit est là");
  expect(browser.page.body).toContain('value="12 rue du Fort"');
  await browser.send(PLACE);
  expect(browser.url).toMatch(/\/details$/);
  await fillIn(browser, report);
  await browser.send({}, { action: browser.url.replace(/recapitulatif$/, "envoi"), csrf: "expired" });
  expect(browser.page.statusCode).toBe(422);
  await browser.send({}, { action: browser.url });
  expect(kept(browser).number).toMatch(/^EMM-/);
});

it("carries the commune in the draft and lets it be changed", async () => {
  const browser = await begin();
  await browser.send({ type: "depot-sauvage" });
  await browser.send({ ...PLACE, "place.commune": "57463" });
  expect(browser.text()).toContain("Votre demande sera suivie par Mairie de Metz");
  expect(browser.text()).toContain("Vous venez du site de Woippy");
  await fillInRest(browser);
  expect(await count(`communes = array['${IDS.metz}'] and in_charge = '${IDS.metz}'`)).toBeGreaterThan(0);
});

async function fillInRest(browser: CitizenBrowser) {
  await browser.send({ description: "Un canapé devant le numéro 12." });
  await browser.send({ email: "", phone: "", name: "" });
  await browser.send({}, { action: browser.url.replace(/recapitulatif$/, "envoi") });
}

it("keeps a form for later and gives the link to it", async () => {
  const browser = await begin();
  await browser.send({ type: "depot-sauvage", action: "later" });
  expect(browser.text()).toContain("C'est enregistré");
  const link = /href="(\/demarches\/[^"]*\/quoi)"/.exec(browser.page.body)?.[1] ?? "";
  const other = open();
  await other.open(link);
  expect(other.page.body).toMatch(/value="depot-sauvage"[^>]* checked/);
});

it("proposes a signed-in person's name and address, to change or to empty", async () => {
  const browser = open();
  await signIn(instance, browser, { entity: "metropole", sub: "sub-form" });
  await begin(browser);
  await browser.send({ type: "depot-sauvage" });
  await browser.send(PLACE);
  await browser.send({ description: "Un canapé devant le numéro 12." });
  expect(browser.page.body).toContain('value="camille@exemple.test"');
  await browser.send({ email: "", phone: "", name: "Camille Exemple" });
  await browser.open(browser.url.replace(/recapitulatif$/, "contact"));
  expect(browser.page.body).not.toContain('value="camille@exemple.test"');
  await browser.send({ email: "", phone: "", name: "Camille Exemple" });
  await browser.send({}, { action: browser.url.replace(/recapitulatif$/, "envoi") });
  expect(await count("citizen_sub = 'sub-form' and contact = '{\"name\": \"Camille Exemple\"}'")).toBe(1);
});

it("doesn't send without an account, unasked, what was to be sent with one", async () => {
  const browser = open();
  await signIn(instance, browser, { entity: "metropole", sub: "sub-ended" });
  await begin(browser);
  await fillIn(browser, report);
  expect(browser.text()).toContain("avec votre compte : Camille Exemple");
  browser.cookies.delete("__Host-session");
  const before = await count("true");
  await browser.send({}, { action: browser.url.replace(/recapitulatif$/, "envoi") });
  expect(browser.page.statusCode).toBe(422);
  expect(browser.text()).toContain("Votre connexion a pris fin");
  expect(await count("true")).toBe(before);
  await browser.send({}, { action: browser.url });
  expect(kept(browser).number).toMatch(/^EMM-/);
});

it("files nothing in the name of a professional account: the person goes on as themselves", async () => {
  const browser = open();
  await signIn(instance, browser, {
    entity: "metropole",
    sub: "sub-pro",
    claims: { accountKind: "professional" },
  });
  await browser.open("/demarches/signaler-un-probleme");
  expect(browser.text()).toContain("Continuer à titre personnel");
  await fileRequest(browser, report);
  expect(await count("citizen_sub = 'sub-pro'")).toBe(0);
});

it("knows a citizen's new address from their next sign-in on, and leaves it out of what they filed before", async () => {
  const file = async (email: string) => {
    const browser = open();
    await signIn(instance, browser, { entity: "metropole", sub: "sub-moved", claims: { email } });
    await begin(browser);
    await browser.send({ type: "depot-sauvage" });
    await browser.send(PLACE);
    await browser.send({ description: "Un canapé devant le numéro 12." });
    expect(browser.page.body).toContain(`value="${email}"`);
    await browser.send({ email, phone: "", name: "Camille Exemple" });
    await browser.send({}, { action: browser.url.replace(/recapitulatif$/, "envoi") });
    return kept(browser).number;
  };
  const [before, after] = [await file("avant@exemple.test"), await file("apres@exemple.test")];
  const { rows } = await ownerQuery(
    "select number, contact ->> 'email' as email from request where citizen_sub = 'sub-moved' order by number",
  );
  expect(new Map(rows.map(({ number, email }) => [number, email]))).toEqual(
    new Map([
      [before, "avant@exemple.test"],
      [after, "apres@exemple.test"],
    ]),
  );
});

it("asks to sign in where a procedure needs it, and loses nothing", async () => {
  const browser = open();
  await browser.open("/demarches/avec-compte");
  expect(browser.text()).toContain("Se connecter pour commencer");
  await signIn(instance, browser, { entity: "metropole", sub: "sub-account" });
  await browser.open("/demarches/avec-compte?commune=57751");
  await browser.send({}, { action: "/demarches/avec-compte/formulaire" });
  await browser.send({ type: "depot-sauvage" });
  browser.cookies.delete("__Host-session");
  const page = browser.url;
  await browser.send(PLACE);
  expect(browser.url).toMatch(/^\/connexion\?/);
  expect(new URL(browser.url, "http://x").searchParams.get("retour")).toBe(page);
  await signIn(instance, browser, { entity: "metropole", sub: "sub-account" });
  await browser.open(page);
  expect(browser.page.body).toContain('value="12 rue du Fort"');
});

it("answers 404 in the entity's colours for an unknown procedure, commune, draft or step", async () => {
  for (const url of [
    "/demarches/rien",
    "/demarches/signaler-un-probleme?commune=75056",
    "/demarches/signaler-un-probleme?commune=departement",
    "/demarches/signaler-un-probleme/formulaire/AAAA/quoi",
    "/demandes/n'importe%20quoi",
  ]) {
    const browser = open();
    await browser.open(url);
    expect([url, browser.page.statusCode]).toEqual([url, 404]);
    expect(browser.text()).toContain("Eurométropole de Metz");
  }
  const browser = await begin();
  await browser.open(browser.url.replace(/quoi$/, "rien"));
  expect(browser.page.statusCode).toBe(404);
});

it("says plainly that a draft has expired", async () => {
  const browser = await begin();
  await ownerQuery("update draft set expires_at = now() - interval '1 minute' where request_id is null");
  const { url } = browser;
  await browser.open(url);
  expect(browser.page.statusCode).toBe(404);
  expect(browser.text()).toContain("Ce brouillon n'existe plus");
});

it("begins another draft with what is written when the one it was for has expired, photos included", async () => {
  const browser = await begin();
  await browser.send({ type: "depot-sauvage" });
  await browser.send(PLACE);
  await ownerQuery("update draft set expires_at = now() - interval '1 minute' where request_id is null");
  const photo = await sharp({ create: { width: 40, height: 30, channels: 3, background: "#456" } })
    .jpeg()
    .toBuffer();
  await browser.send(
    { description: "Un canapé devant le numéro 12." },
    { files: [{ field: "photos", name: "canape.jpg", bytes: photo }] },
  );
  expect(browser.url).toMatch(/\/quoi\?repris=1$/);
  expect(browser.text()).toContain("Ce que vous venez d'écrire est là");
  await browser.send({ type: "depot-sauvage" });
  await browser.send(PLACE);
  expect(browser.page.body).toContain("Un canapé devant le numéro 12.</textarea>");
  expect(browser.page.body).toContain("canape.jpg");
});

it("takes what no hand types out of a form, and refuses a draft beyond all measure", async () => {
  const browser = await begin();
  await browser.send({ type: "depot-sauvage" });
  await browser.send(PLACE);
  const half = "🚲".repeat(10_001).slice(1);
  await browser.send({ description: `Un canapé\0 devant. ${half}` });
  expect(browser.page.statusCode).toBe(422);
  await browser.send({ description: "Un canapé\0 devant le numéro 12." });
  expect(browser.url).toMatch(/\/contact$/);
  expect((await browser.open("/demarches?q=%00")).statusCode).toBe(200);
  expect((await browser.open("/demarches/signaler%00")).statusCode).toBe(422);
});

it("shows a confirmation made with an account to that account alone: others may use this computer after them", async () => {
  const browser = open();
  await signIn(instance, browser, { entity: "metropole", sub: "sub-shared-computer" });
  await begin(browser);
  await fillIn(browser, report);
  await browser.send({}, { action: browser.url.replace(/recapitulatif$/, "envoi") });
  const { number, code } = kept(browser);
  const { url } = browser;
  expect(browser.cookies.has("__Host-suivi")).toBe(false);
  browser.cookies.delete("__Host-session");
  for (const page of [url, url.replace(/confirmation$/, "recu"), `/demandes/${number}`]) {
    await browser.open(page);
    expect(browser.text()).not.toContain(code);
    expect(browser.text()).not.toContain("Un canapé");
  }
});
