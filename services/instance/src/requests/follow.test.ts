import { afterAll, beforeAll, expect, it } from "vitest";
import { CitizenBrowser } from "../../test/citizen-browser.ts";
import { DEMO_PROCEDURES, demonstrationSeed } from "../../test/demonstration-seed.ts";
import { signIn } from "../../test/sign-in.ts";
import { createTestInstance, IDS, type TestInstance } from "../../test/test-instance.ts";
import { fileRequest, kept } from "../../test/typed-answers.ts";
import type { Author } from "../audit/author.ts";
import { noteRequest } from "./note-request.ts";
import { changeStatus, writeToCitizen } from "./process-request.ts";

const HOSTS = ["metropole", "woippy"] as const;
const agent: Author = { entity: IDS.woippy, agentId: "agent-1", name: "Alix Modèle" };

let instance: TestInstance;
beforeAll(async () => {
  instance = await createTestInstance({ hosts: [...HOSTS], seed: demonstrationSeed(HOSTS) });
});
afterAll(() => instance[Symbol.asyncDispose]());

const hostOf = (entity: keyof typeof IDS) =>
  new URL(instance.config.entities.find(({ id }) => id === IDS[entity])!.origin).host;
const open = (entity: keyof typeof IDS = "metropole") => new CitizenBrowser(instance, hostOf(entity));

/** A report in Woippy's charge. */
async function reported(browser = open()): Promise<{ number: string; code: string }> {
  await browser.open("/demarches/signaler-un-probleme");
  await browser.send({}, { action: "/demarches/signaler-un-probleme/formulaire" });
  await browser.send({ type: "depot-sauvage" });
  await browser.send({
    "place.commune": "57751",
    "place.precision": "address",
    "place.address": "12 rue du Fort",
  });
  await browser.send({ description: "Un canapé devant le numéro 12." });
  await browser.send({ email: "", phone: "", name: "" });
  await browser.send({}, { action: browser.url.replace(/recapitulatif$/, "envoi") });
  return kept(browser);
}

it("opens a request by its number and code, typed any way, and no other", async () => {
  const mine = await reported();
  const other = await reported();
  const browser = open();
  await browser.open("/suivi");
  await browser.send({
    number: ` ${mine.number.toLowerCase().replaceAll("-", " ")} `,
    code: mine.code.toLowerCase().replace(" ", "-"),
  });
  expect(browser.url).toBe(`/demandes/${mine.number}`);
  expect(browser.text()).toContain("Votre demande est suivie par Mairie de Woippy");
  expect(browser.text()).toMatch(/Confiée à : Mairie de Woippy .* Enregistrée/);
  await browser.open(`/demandes/${other.number}`);
  expect(browser.page.statusCode).toBe(404);
});

it("answers the same for a wrong code and for a number that doesn't exist", async () => {
  const { number } = await reported();
  const tries = [
    { number, code: "7K3MP 9RTBC" },
    { number: "EMM-2026-9RTBC7K", code: "7K3MP 9RTBC" },
  ];
  const answers: string[] = [];
  for (const typed of tries) {
    const browser = open();
    await browser.open("/suivi");
    await browser.send(typed);
    expect(browser.page.statusCode).toBe(422);
    answers.push(browser.text().replaceAll(typed.number, "N"));
  }
  expect(answers[0]).toBe(answers[1]);
  expect(answers[0]).toContain("Aucune demande ne s'ouvre avec ce numéro et ce code");
});

it("stops who guesses, even with the right code at last", async () => {
  const { number, code } = await reported();
  const browser = open();
  await browser.open("/suivi");
  for (let tries = 0; tries < 10; tries++) await browser.send({ number, code: "7K3MP 9RTBC" });
  await browser.send({ number, code });
  expect(browser.page.statusCode).toBe(422);
  expect(browser.text()).toContain("attendez un quart d'heure");
});

it("sends the code straight to the site that has the request, in no address", async () => {
  const { number, code } = await reported();
  const woippy = open("woippy");
  await woippy.open("/suivi");
  await woippy.send({ number, code });
  expect(woippy.text()).toContain("Eurométropole de Metz");
  const form = /<form method="post" action="([^"]*)">/.exec(
    woippy.page.body.slice(woippy.page.body.indexOf("<main")),
  )?.[1];
  expect(form).toBe("http://metropole.localhost:4404/suivi");
  expect(woippy.page.headers["content-security-policy"]).toContain(
    "form-action 'self' http://metropole.localhost:4404",
  );
  expect(woippy.page.headers["referrer-policy"]).toBe("strict-origin");

  // There: no CSRF token, but the origin of a sister site.
  const post = (origin: string) =>
    instance.http.inject({
      method: "POST",
      url: "/suivi",
      payload: new URLSearchParams({ number, code }).toString(),
      headers: { host: hostOf("metropole"), origin, "content-type": "application/x-www-form-urlencoded" },
    });
  const welcome = await post("http://woippy.localhost:4405");
  expect([welcome.statusCode, welcome.headers.location]).toEqual([303, `/demandes/${number}`]);
  const stranger = await post("https://ailleurs.example");
  expect(stranger.statusCode).toBe(422);
  expect(stranger.headers["set-cookie"]?.toString() ?? "").not.toContain("__Host-suivi");
  expect(stranger.body).toContain(number);
});

it("keeps a message written when the access has ended, and gives it back once the code is given again", async () => {
  const mine = await reported();
  const browser = open();
  await browser.open("/suivi");
  await browser.send(mine);
  browser.cookies.delete("__Host-suivi");
  const message = "Le canapé est maintenant sur la chaussée.";
  await browser.send({ message }, { action: `/demandes/${mine.number}` });
  expect(browser.page.statusCode).toBe(422);
  expect(browser.text()).toContain("votre message n'est pas encore envoyé");
  await browser.send({ number: mine.number, code: "7K3MP 9RTBC" }, { action: "/suivi" });
  expect(browser.page.statusCode).toBe(422);
  await browser.send(mine, { action: "/suivi" });
  expect(browser.page.statusCode).toBe(200);
  expect(browser.page.body).toContain(`${message}</textarea>`);
  await browser.send({ message }, { action: `/demandes/${mine.number}` });
  expect(browser.text()).toContain("Votre message est envoyé.");
});

it("keeps a message written with an account while its author signs in again, for them alone", async () => {
  const browser = open();
  const author = { entity: "metropole", sub: "sub-kept" } as const;
  await signIn(instance, browser, author);
  const { number } = await reported(browser);
  await browser.open(`/demandes/${number}`);
  browser.cookies.delete("__Host-session");
  const message = "Le canapé est maintenant sur la chaussée.";
  const way = browser.form(`/demandes/${number}`);
  expect(way.hidden._auteur).toBeDefined();
  await browser.send({ message }, { action: `/demandes/${number}` });
  const back = new URL(browser.url, "http://site").searchParams.get("retour") ?? "";
  expect(back).toMatch(/^\/demandes\/[\w-]+\?garde=/);
  await signIn(instance, browser, { ...author, sub: "sub-somebody-else" });
  await browser.open(back);
  expect(browser.page.body).not.toContain("sur la chaussée");
  await signIn(instance, browser, author);
  await browser.open(back);
  expect(browser.page.body).toContain(`${message}</textarea>`);
  await browser.send({ message }, { action: `/demandes/${number}` });
  expect(browser.text()).toContain("Votre message est envoyé.");
});

it("forgets on signing out what was opened by its code on this computer", async () => {
  const mine = await reported();
  const browser = open();
  await browser.open("/suivi");
  await browser.send(mine);
  await signIn(instance, browser, { entity: "metropole", sub: "sub-out" });
  await browser.open("/deconnexion");
  await browser.send({}, { action: "/deconnexion" });
  expect(browser.cookies.has("__Host-suivi")).toBe(false);
});

it("shows a signed-in person their own request and nobody else's", async () => {
  const mine = open();
  await signIn(instance, mine, { entity: "metropole", sub: "sub-mine" });
  const { number } = await reported(mine);
  mine.cookies.delete("__Host-suivi");
  await mine.open(`/demandes/${number}`);
  expect(mine.page.statusCode).toBe(200);
  await mine.open("/demandes");
  expect(mine.text()).toContain(number);
  const other = open();
  await signIn(instance, other, { entity: "metropole", sub: "sub-other" });
  await other.open(`/demandes/${number}`);
  const missing = open();
  await signIn(instance, missing, { entity: "metropole", sub: "sub-other" });
  await missing.open("/demandes/EMM-2026-9RTBC7K");
  expect([other.page.statusCode, missing.page.statusCode]).toEqual([404, 404]);
  expect(other.text().replaceAll(number, "N")).toBe(missing.text().replaceAll("EMM-2026-9RTBC7K", "N"));
  await other.open("/demandes");
  expect(other.text()).not.toContain(number);
});

it("leads from a commune's site to the site that has the request", async () => {
  const { number } = await reported();
  const answer = await instance.http.inject({
    url: `/demandes/${number}`,
    headers: { host: hostOf("woippy") },
  });
  expect([answer.statusCode, answer.headers.location]).toEqual([
    303,
    `http://metropole.localhost:4404/demandes/${number}`,
  ]);
});

it("tells what was done in words, and nothing that stays between agents", async () => {
  const browser = open();
  const { number } = await reported(browser);
  await noteRequest(instance.deps.db, agent, number, "Note à ne pas montrer", true);
  await writeToCitizen(instance.deps, agent, number, "L'équipe passera jeudi.");
  await changeStatus(instance.deps, agent, number, {
    action: "plan",
    reason: null,
    date: "2030-03-07",
    message: null,
  });
  await browser.open(`/demandes/${number}`);
  expect(browser.text()).toContain("Jeudi 7 mars : intervention prévue");
  expect(browser.text()).toContain("L'équipe passera jeudi.");
  expect(browser.text()).not.toContain("Note à ne pas montrer");
  expect(browser.text()).not.toContain("Alix Modèle");
});

it("adds a citizen's message to the request, refuses an empty one, and closes with it", async () => {
  const browser = open();
  const { number } = await reported(browser);
  await browser.open(`/demandes/${number}`);
  await browser.send({ message: "  " });
  expect(browser.page.statusCode).toBe(422);
  expect(browser.page.body).toContain('href="#f-message"');
  await browser.send({ message: "Il y a aussi un matelas." });
  expect(browser.text()).toContain("Votre message est envoyé");
  expect(browser.text()).toContain("Il y a aussi un matelas.");
  await changeStatus(instance.deps, agent, number, {
    action: "resolve",
    reason: null,
    date: null,
    message: null,
  });
  await browser.open(`/demandes/${number}`);
  expect(browser.text()).toContain("Est-ce réglé ?");
  await browser.open(`/demandes/${number}/avis?regle=oui`);
  expect(browser.page.body).toMatch(/value="oui"[^>]* checked/);
  await browser.send({ regle: "oui" }, { action: `/demandes/${number}/avis` });
  expect(browser.text()).toContain("Merci de nous l'avoir dit");
  await browser.open(`/demandes/${number}`);
  expect(browser.text()).toContain("Cette demande est terminée");
  expect(browser.text()).toContain("Vous avez répondu : c'est réglé");
  await browser.open(`/demandes/${number}/avis`);
  expect(browser.page.statusCode).toBe(409);
});

it("moves a request that waits for its author on when they answer, and tells who follows it", async () => {
  const browser = open();
  const { number } = await reported(browser);
  await changeStatus(instance.deps, agent, number, {
    action: "ask",
    reason: "Quel étage ?",
    date: "2030-03-07",
    message: null,
  });
  await browser.open(`/demandes/${number}`);
  expect(browser.text()).toContain("Répondez au plus tard jeudi 7 mars");
  expect(browser.text()).toContain("Quel étage ?");
  await browser.send({ message: "Au rez-de-chaussée." });
  expect(browser.page.statusCode).toBe(200);
  expect(browser.text()).toContain("Prise en charge");
  const row = await instance.deps.db.within({ entities: [IDS.woippy] }, (trx) =>
    trx
      .selectFrom("request_entity")
      .select(["status", "version"])
      .where("number", "=", number)
      .where("entity", "=", IDS.woippy)
      .executeTakeFirstOrThrow(),
  );
  expect(row).toEqual({ status: "taken", version: 3 });
});

it("lets a visitor of the site write nothing to a request they can't open (row-level security)", async () => {
  const { number } = await reported();
  const { rows } = await instance.deps.db.within({ entities: [IDS.woippy] }, async (trx) => ({
    rows: await trx
      .selectFrom("request_entity")
      .select(["request_id"])
      .where("number", "=", number)
      .execute(),
  }));
  const line = {
    id: crypto.randomUUID(),
    request_id: rows[0]!.request_id,
    owner: IDS.metropole,
    kind: "citizen-message",
    visibility: "citizen",
    body: "Intrus",
  };
  for (const scope of [{ site: IDS.metropole }, { site: IDS.metropole, citizen: "sub-other" }])
    await expect(
      instance.deps.db.within(scope, (trx) => trx.insertInto("request_event").values(line).execute()),
    ).rejects.toThrow(/row-level security/);
});

it("lists the requests of procedures filed on the entity's own site", async () => {
  const browser = open("woippy");
  await signIn(instance, browser, { entity: "woippy", sub: "sub-local" });
  const local = DEMO_PROCEDURES.find(({ for: owner }) => owner === "57751")!.definition;
  const { number } = await fileRequest(browser, local);
  await browser.open("/demandes");
  expect(browser.text()).toContain(number);
  // The agglomeration can't be asked in this test: the page says so, and shows the rest.
  expect(browser.text()).toContain("Eurométropole de Metz ne répond pas pour l'instant");
});
