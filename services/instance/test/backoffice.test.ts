import pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { changeStatus, takeRequest } from "../src/requests/process-request.ts";
import { agentBrowser, authorOf, createBackoffice, file, STAFF } from "./backoffice-fixture.ts";
import type { CitizenBrowser } from "./citizen-browser.ts";
import { DEMO_PROCEDURES } from "./demonstration-seed.ts";
import { IDS, type TestInstance } from "./test-instance.ts";
import { fillIn, kept } from "./typed-answers.ts";

let instance: TestInstance;
beforeAll(async () => {
  instance = await createBackoffice();
});
afterAll(() => instance?.[Symbol.asyncDispose]());

const page = (number: string, end = "") => `/backoffice/demandes/${number}${end}`;
/** Opens a request and fills in one of the forms of its page. */
async function send(
  agent: CitizenBrowser,
  number: string,
  end: string,
  fields: Record<string, string> = {},
  options: { csrf?: string } = {},
) {
  await agent.open(page(number));
  return agent.send(fields, { action: page(number, end), ...options });
}
const timeline = (requestId: string, entity = IDS.woippy) =>
  instance.deps.db.within({ entities: [entity] }, (trx) =>
    trx.selectFrom("request_event").selectAll().where("request_id", "=", requestId).orderBy("id").execute(),
  );

it("the commune in charge finds a shared report in its list, told apart and with the reason, and opens all of it", async () => {
  const request = await file(instance, { type: "depot-sauvage" });
  const agent = await agentBrowser(instance, "woippy");
  expect((await agent.open("/backoffice/")).statusCode).toBe(200);
  expect(agent.text()).toContain(`${request.number} · ici parce que : la propreté relève de la commune`);
  expect(agent.page.body).toMatch(/tag tag-info">Métropole</);
  expect((await agent.open(page(request.number))).statusCode).toBe(200);
  expect(agent.text()).toContain("Des sacs sont posés");
  expect(agent.text()).toContain("camille@exemple.test");
});

it("an agent of the agglomeration can't open a request in a commune's charge, nor find it", async () => {
  const request = await file(instance, { type: "depot-sauvage" });
  const agent = await agentBrowser(instance, "metropole");
  expect((await agent.open(page(request.number))).statusCode).toBe(404);
  expect((await agent.open(`/backoffice/demandes?q=${request.number}`)).body).not.toContain(
    page(request.number),
  );
});

it("a commune of the place follows what the agglomeration processes: status and dates, neither answers nor contact", async () => {
  const request = await file(instance, { type: "fuite-eau", description: "L'eau monte jusqu'au trottoir." });
  const agent = await agentBrowser(instance, "woippy");
  expect((await agent.open(page(request.number))).statusCode).toBe(200);
  expect(agent.text()).toContain("Vous suivez cette demande sans la traiter");
  expect(agent.text()).not.toContain("L'eau monte");
  expect(agent.text()).not.toContain("camille@exemple.test");
  expect(agent.page.body).not.toContain("prise-en-charge");
  await changeStatus(instance.deps, authorOf("metropole"), request.number, {
    action: "dismiss",
    reason: "Madame Exemple n'était pas là.",
    date: null,
    message: null,
  });
  await agent.open(page(request.number));
  expect(agent.text()).toContain("Sans suite");
  expect(agent.text()).not.toContain("Madame Exemple");
});

it("Note interne stays in the entity, shared it reaches the others, Message à l'usager reaches the citizen: never one box", async () => {
  const request = await file(instance, { type: "fuite-eau" });
  const metropole = await agentBrowser(instance, "metropole");
  const woippy = await agentBrowser(instance, "woippy");
  await send(metropole, request.number, "/note", { note: "Vanne n° 4, voir Charlie." });
  expect(metropole.text()).toContain("elle reste dans votre collectivité");
  await send(metropole, request.number, "/note", { note: "Rue barrée lundi.", partagee: "true" });
  await send(metropole, request.number, "/message", { message: "L'équipe passera jeudi." });
  expect(metropole.text()).toContain("Message envoyé à l'usager");
  // A message is its author's and the citizen's: nobody else's row changes, and no event leaves.
  const versions = await instance.deps.db.within({ entities: [IDS.metropole, IDS.woippy] }, (trx) =>
    trx.selectFrom("request_entity").select("version").where("number", "=", request.number).execute(),
  );
  expect(versions.map(({ version }) => version)).toEqual([1, 1]);
  await send(woippy, request.number, "/note", { note: "La mairie a prévenu l'école." });
  expect(woippy.text()).toContain("La mairie a prévenu l'école");
  expect(woippy.text()).toContain("Rue barrée lundi");
  expect(woippy.text()).not.toContain("Vanne n° 4");
  expect(woippy.text()).not.toContain("L'équipe passera");
  await metropole.open(page(request.number));
  expect(metropole.text()).toContain("Vanne n° 4");
  expect(metropole.text()).not.toContain("La mairie a prévenu");
  const kept = await timeline(request.id);
  expect(kept.map(({ kind, visibility }) => `${kind} ${visibility}`)).toEqual([
    "registered status",
    "dispatched status",
    "note shared",
    "note internal",
  ]);
});

it("both buttons are there in triage and for somebody who left no address, and the message says where it will be read", async () => {
  const waiting = await file(instance, { type: "autre" });
  const metropole = await agentBrowser(instance, "metropole");
  await metropole.open(page(waiting.number));
  expect(metropole.text()).toContain("À orienter : ce type se décide à la lecture");
  await send(metropole, waiting.number, "/message", { message: "Pouvez-vous préciser le lieu ?" });
  expect(metropole.text()).toContain("Message envoyé à l'usager");
  await send(metropole, waiting.number, "/note", { note: "J'ai demandé." });
  expect(metropole.text()).toContain("J'ai demandé.");
  const anonymous = await file(instance, { contact: null });
  const woippy = await agentBrowser(instance, "woippy");
  await woippy.open(page(anonymous.number));
  expect(woippy.text()).toContain("Message à l'usager, sur sa page de suivi");
  expect(woippy.text()).toContain("Publier sur sa page de suivi");
  await send(woippy, anonymous.number, "/message", { message: "C'est prévu jeudi." });
  expect(woippy.text()).toContain("l'usager le lira sur sa page de suivi");
  expect(await timeline(anonymous.id)).toContainEqual(
    expect.objectContaining({ kind: "message", visibility: "citizen" }),
  );
});

it("one line says why a request is here: the rule and its type, a person's words, or its place", async () => {
  const ruled = await file(instance);
  const placed = await file(instance, { type: "fuite-eau" });
  const local = await file(instance, { owner: "woippy", procedure: "inscription-cantine", answers: {} });
  const woippy = await agentBrowser(instance, "woippy");
  await woippy.open(page(ruled.number));
  expect(woippy.text()).toContain(
    "En charge : type « Déchets abandonnés », la propreté relève de la commune",
  );
  await woippy.open(page(placed.number));
  expect(woippy.text()).toContain("Le lieu est dans votre commune.");
  await woippy.open(page(local.number));
  expect(woippy.text()).toContain("En charge : démarche de Woippy");
  await woippy.open(page(ruled.number, "/transmettre"));
  await woippy.send({ vers: IDS.metz, raison: "Rue de Metz." });
  const metz = await agentBrowser(instance, "metz");
  await metz.open(page(ruled.number));
  expect(metz.text()).toContain("En charge : transmise par Woippy : Rue de Metz.");
});

it("an empty message or note is refused with what to do, and sends nothing", async () => {
  const request = await file(instance);
  const agent = await agentBrowser(instance, "woippy");
  const refused = await send(agent, request.number, "/message", { message: "   " });
  expect(refused.statusCode).toBe(422);
  expect(agent.text()).toContain("Écrivez le message à envoyer.");
  expect(await timeline(request.id)).toHaveLength(2);
});

it("taking a request says who, moves its status, and is refused twice in words", async () => {
  const request = await file(instance);
  const agent = await agentBrowser(instance, "woippy");
  await send(agent, request.number, "/prise-en-charge");
  expect(agent.text()).toContain("Vous vous en occupez");
  expect(agent.text()).toContain("Prise en charge");
  const again = await agent.send({}, { action: page(request.number, "/actions/resolve") });
  expect(again.statusCode).toBe(200);
  expect(agent.text()).toContain("Résolue");
});

it("an action that needs a reason and a date keeps what was typed until both are right", async () => {
  const request = await file(instance);
  const agent = await agentBrowser(instance, "woippy");
  const ask = "/actions/ask";
  const refused = await send(agent, request.number, ask, { "ask-message": "Merci de votre aide." });
  expect(refused.statusCode).toBe(422);
  expect(agent.text()).toContain("Il y a une erreur à corriger");
  expect(agent.page.body).toContain("Merci de votre aide.");
  const past = await agent.send(
    {
      "ask-reason": "Quel côté de la rue ?",
      "ask-date.day": "1",
      "ask-date.month": "1",
      "ask-date.year": "2020",
    },
    { action: page(request.number, ask) },
  );
  expect(past.statusCode).toBe(422);
  expect(agent.page.body).toContain("Quel côté de la rue ?");
  const year = String(new Date().getFullYear() + 1);
  await agent.send(
    { "ask-reason": "Quel côté ?", "ask-date.day": "3", "ask-date.month": "2", "ask-date.year": year },
    { action: page(request.number, ask) },
  );
  expect(agent.page.statusCode).toBe(200);
  expect(agent.text()).toContain("Délai suspendu");
  expect(agent.text()).toContain("Pièces attendues jusqu'au mercredi 3 février");
});

it("once the citizen has answered, the deadline has the days again that were spent waiting", async () => {
  const request = await file(instance);
  const author = authorOf("woippy");
  await changeStatus(instance.deps, author, request.number, {
    action: "ask",
    reason: "De quel côté ?",
    date: "2099-01-05",
    message: null,
  });
  const admin = new pg.Client(instance.database.admin);
  await admin.connect();
  // Asked a fortnight ago.
  await admin.query(
    "update request set received_at = received_at - interval '20 days', competent_received_at = competent_received_at - interval '20 days', deadline = deadline - interval '20 days' where id = $1",
    [request.id],
  );
  await admin.query(
    "update request_event set at = at - interval '14 days' where request_id = $1 and kind = 'status'",
    [request.id],
  );
  await admin.end();
  const answer = { action: "answer", reason: null, date: null, message: null };
  const next = await changeStatus(instance.deps, author, request.number, answer);
  const before = (request.deadline?.getTime() ?? 0) - 20 * 86_400_000;
  const days = ((next.deadline?.getTime() ?? 0) - before) / 86_400_000;
  expect(days).toBeGreaterThan(12);
  expect(days).toBeLessThan(17);
});

it("an authorised agent of the commune opens the shared request on the agglomeration's instance, acting for the commune", async () => {
  const request = await file(instance);
  const agent = await agentBrowser(instance, "woippy", "metropole");
  await agent.open(`${page(request.number)}?entite=${IDS.woippy}`);
  expect(agent.page.statusCode).toBe(200);
  expect(agent.text()).toContain("Vous agissez pour Woippy");
  expect(agent.text()).toContain("Retour à la liste de Woippy");
  expect(agent.text()).toContain("Backoffice Métropole");
  await send(agent, request.number, "/prise-en-charge");
  expect(agent.text()).toContain("Vous vous en occupez");
  expect((await agent.open("/backoffice/agents")).statusCode).toBe(403);
});

it("what somebody else changed meanwhile is told, and nothing is recorded over it", async () => {
  const request = await file(instance);
  const agent = await agentBrowser(instance, "woippy");
  await agent.open(page(request.number));
  const form = agent.form(page(request.number, "/actions/resolve"));
  const colleague = await agentBrowser(instance, "woippy");
  await send(colleague, request.number, "/actions/dismiss", { "dismiss-reason": "Déjà signalée." });
  const late = await agent.send(
    {},
    { action: page(request.number, "/actions/resolve"), csrf: form.hidden._csrf ?? "" },
  );
  expect(late.statusCode).toBe(422);
  expect(agent.text()).toContain("La demande a changé entre-temps");
  expect(agent.text()).toContain("Sans suite");
});

it("a form whose page stayed open too long asks again and loses nothing typed", async () => {
  const request = await file(instance);
  const agent = await agentBrowser(instance, "woippy");
  const refused = await send(agent, request.number, "/note", { note: "À rappeler demain." }, { csrf: "old" });
  expect(refused.statusCode).toBe(422);
  expect(agent.page.body).toContain("À rappeler demain.");
  expect(await timeline(request.id)).toHaveLength(2);
});

it("a hand-over with its place corrected leaves a tombstone and no more; who gets it processes it", async () => {
  const request = await file(instance, { description: "Secret de Woippy." });
  const woippy = await agentBrowser(instance, "woippy");
  const way = page(request.number, "/transmettre");
  await woippy.open(way);
  const refused = await woippy.send({ vers: "", raison: "", corriger: "true" });
  expect(refused.statusCode).toBe(422);
  expect(woippy.text()).toContain("Choisissez qui doit s'occuper de la demande.");
  await woippy.send({
    vers: IDS.metz,
    equipe: `${IDS.metz}/technique`,
    raison: "La rue est à Metz.",
    corriger: "true",
    "lieu.precision": "address",
    "lieu.commune": "57463",
    "lieu.address": "3 rue de Metz",
  });
  expect(woippy.page.statusCode).toBe(200);
  expect(woippy.text()).toContain("Demande transmise");
  expect(woippy.text()).toContain("Transmise à Mairie de Metz");
  expect(woippy.page.body).not.toContain("Secret de Woippy");
  expect(woippy.page.body).not.toContain(request.title.fr);
  await woippy.open("/backoffice/demandes");
  expect(woippy.text()).toContain("Transmise à Mairie de Metz");
  const metz = await agentBrowser(instance, "metz");
  await metz.open(page(request.number));
  expect(metz.text()).toContain("Secret de Woippy");
  expect(metz.text()).toContain("Déchets abandonnés, 3 rue de Metz, Metz");
  expect(metz.text()).toContain("Lieu 3 rue de Metz, Metz");
  expect(metz.text()).toContain("Lieu corrigé");
  expect(metz.text()).toContain("de « 12 rue du Fort, Woippy » à « 3 rue de Metz, Metz »");
  const [corrected] = (await timeline(request.id, IDS.metz)).filter(({ kind }) => kind === "place-corrected");
  // Agents alone read it: neither the citizen's policy nor Woippy's tombstone gives it.
  expect(corrected?.visibility).toBe("shared");
  expect((await timeline(request.id)).map(({ kind }) => kind)).not.toContain("place-corrected");
  expect(metz.text()).toContain("services techniques".replace("s", "S"));
  const { received_at, competent_received_at } = await instance.deps.db.within(
    { entities: [IDS.metz] },
    (trx) => trx.selectFrom("request").selectAll().where("id", "=", request.id).executeTakeFirstOrThrow(),
  );
  expect(competent_received_at?.getTime()).toBeGreaterThan(received_at.getTime());
});

it("a reason or a message too long is refused in words, whole, and an emoji at its end breaks nothing", async () => {
  const request = await file(instance);
  const woippy = await agentBrowser(instance, "woippy");
  await woippy.open(page(request.number, "/transmettre"));
  const long = `${"é".repeat(3_999)}🚧`;
  expect((await woippy.send({ vers: IDS.metropole, raison: long })).statusCode).toBe(422);
  expect(woippy.text()).toContain("Il y a 2 001 caractères de trop : ce champ en contient 2 000 au plus.");
  expect(woippy.page.body).toContain(long);
  const noted = await send(woippy, request.number, "/note", { note: `${"a".repeat(3_999)}🚧` });
  expect(noted.statusCode).toBe(422);
  expect(woippy.text()).toContain("Il y a un caractère de trop");
  // Cut where nobody types any more, between the two halves of a character.
  const cut = await send(woippy, request.number, "/note", { note: `${"a".repeat(19_999)}🚧` });
  expect(cut.statusCode).toBe(422);
  expect((await woippy.open(`/backoffice/demandes?q=${"a".repeat(199)}🚧`)).statusCode).toBe(200);
});

it("a request goes to another team of the same entity, and its author isn't told of it", async () => {
  const request = await file(instance);
  const woippy = await agentBrowser(instance, "woippy");
  await send(woippy, request.number, "/prise-en-charge");
  const way = page(request.number, "/transmettre");
  await woippy.open(way);
  await woippy.send({ vers: IDS.woippy, equipe: `${IDS.woippy}/eclairage`, raison: "C'est le lampadaire." });
  expect(woippy.text()).toContain("l'entité qui la suit n'a pas changé");
  expect(woippy.text()).toContain("Confiée à l'équipe : Éclairage public");
  expect(woippy.text()).not.toContain("Vous vous en occupez");
  const kept = await timeline(request.id);
  expect(kept.at(-1)).toMatchObject({ kind: "transferred", visibility: "internal" });
  await woippy.open(way);
  await woippy.send({ vers: IDS.woippy, equipe: `${IDS.woippy}/eclairage`, raison: "Encore." });
  expect(woippy.page.statusCode).toBe(422);
  const local = await file(instance, { owner: "woippy", procedure: "inscription-cantine", answers: {} });
  await woippy.open(page(local.number));
  expect(woippy.text()).toContain("Changer d'équipe…");
  await woippy.open(page(local.number, "/transmettre"));
  await woippy.send({ equipe: `${IDS.woippy}/technique`, raison: "Aux services." });
  expect(woippy.text()).toContain("Confiée à l'équipe : Services techniques");
});

it("a request handed to the agglomeration stays followed by the commune of its place", async () => {
  const request = await file(instance);
  const woippy = await agentBrowser(instance, "woippy");
  await woippy.open(page(request.number, "/transmettre"));
  await woippy.send({ vers: IDS.metropole, raison: "Route métropolitaine." });
  expect(woippy.text()).toContain("Vous suivez cette demande sans la traiter");
  expect(woippy.text()).toContain("Route métropolitaine.");
});

it("what no table decides waits in triage with its reason and first recipients, and a person names who takes it", async () => {
  const request = await file(instance, { type: "autre" });
  const agent = await agentBrowser(instance, "metropole");
  await agent.open("/backoffice/a-orienter");
  expect(agent.text()).toContain(request.number);
  expect(agent.text()).toContain("ce type se décide à la lecture");
  expect(agent.text()).toContain("Accueil");
  await agent.open(page(request.number, "/transmettre"));
  expect(agent.page.body.indexOf("Mairie de Woippy")).toBeLessThan(agent.page.body.indexOf("Mairie de Metz"));
  await agent.send({ vers: IDS.woippy, raison: "Propreté." });
  expect(agent.text()).toContain("Demande orientée");
  expect(agent.text()).not.toContain(request.number);
  const woippy = await agentBrowser(instance, "woippy");
  await woippy.open("/backoffice/");
  expect(woippy.text()).toContain(`${request.number} · ici parce que : orientée à la main : Propreté.`);
});

it("a whole number or its last letters open the request; words and filters find it, each filter removable", async () => {
  const request = await file(instance, { address: "7 quai Félix Maréchal" });
  const agent = await agentBrowser(instance, "woippy");
  await agent.open(`/backoffice/demandes?q=${request.number.toLowerCase().replaceAll("-", " ")}`);
  expect(agent.url).toBe(page(request.number));
  await agent.open(`/backoffice/demandes?q=${request.number.slice(-7)}`);
  expect(agent.url).toBe(page(request.number));
  await agent.open(`/backoffice/demandes?q=${request.number.slice(0, -4)}`);
  expect(agent.text()).toContain(request.number);
  await agent.open("/backoffice/demandes?q=felix+MARÉCHAL&type=depot-sauvage&origine=metropole");
  expect(agent.text()).toContain(request.number);
  expect(agent.page.body).toContain(
    'href="/backoffice/demandes?q=felix+MAR%C3%89CHAL&amp;origine=metropole"',
  );
  await agent.open("/backoffice/demandes?q=exemple+felix");
  expect(agent.text()).toContain(request.number);
  await agent.open("/backoffice/demandes?q=felix+licorne");
  expect(agent.text()).toContain("Aucune demande ne correspond");
});

it("pages of a list, followed by their links, show every request once, also while others arrive", async () => {
  const agent = await agentBrowser(instance, "metz");
  const numbers = new Set<string>();
  for (let index = 0; index < 120; index++) numbers.add((await file(instance, { commune: "57463" })).number);
  const seen: string[] = [];
  let next: string | undefined = "/api/backoffice/demandes?file=a-traiter&limite=25";
  for (let pages = 0; next; pages++) {
    const { requests, next: cursor } = (await agent.open(next)).json() as {
      requests: { number: string }[];
      next: string | null;
    };
    seen.push(...requests.map((one) => one.number));
    if (pages === 1) await file(instance, { commune: "57463" });
    next = cursor ? `/api/backoffice/demandes?file=a-traiter&limite=25&apres=${cursor}` : undefined;
  }
  expect(new Set(seen).size).toBe(seen.length);
  for (const number of numbers) expect(seen).toContain(number);
  await agent.open("/backoffice/");
  const second = /rel="next" href="([^"]+)"/.exec(agent.page.body)?.[1]?.replaceAll("&amp;", "&") ?? "";
  const first = agent.page.body.match(/[A-Z]{3}-\d{4}-\w{7}/g);
  await agent.open(second);
  const back = /rel="prev" href="([^"]+)"/.exec(agent.page.body)?.[1]?.replaceAll("&amp;", "&") ?? "";
  await agent.open(back);
  expect(agent.page.body.match(/[A-Z]{3}-\d{4}-\w{7}/g)).toEqual(first);
});

it("several requests are taken at once; those that changed meanwhile are counted apart", async () => {
  const [one, two] = [await file(instance), await file(instance)];
  await takeRequest(instance.deps, authorOf("woippy"), two.number);
  const agent = await agentBrowser(instance, "woippy");
  await agent.open("/backoffice/");
  await agent.send({ number: [one.number, two.number] }, { action: "/backoffice/demandes" });
  expect(agent.text()).toContain("Une demande est à votre nom. Une autre a changé entre-temps");
  await agent.open("/backoffice/demandes?file=miennes");
  expect(agent.text()).toContain(one.number);
});

it("an agent files for somebody: same form, source kept, receipt with the code, and no follow-up session of theirs", async () => {
  const agent = await agentBrowser(instance, "metropole");
  await agent.open("/backoffice/saisir");
  expect((await agent.send({})).statusCode).toBe(422);
  expect(agent.text()).toContain("Dites comment la demande vous arrive.");
  await agent.send({ source: "phone", demarche: "signaler-un-probleme" });
  expect(agent.url).toMatch(/^\/demarches\/signaler-un-probleme\/formulaire\/[^/]+\/quoi$/);
  await agent.send({ type: "depot-sauvage" });
  await agent.send({
    "place.precision": "address",
    "place.commune": "57751",
    "place.address": "4 rue du Fort",
  });
  await agent.send({ description: "Une dame au téléphone : des gravats depuis hier." });
  await agent.send({});
  await agent.send({});
  expect(agent.text(), agent.url).toMatch(/EMM-\d{4}-\w{7}/);
  const number = /EMM-\d{4}-\w{7}/.exec(agent.text())?.[0] ?? "";
  const receipt = /href="([^"]+\/recu)"/.exec(agent.page.body)?.[1] ?? "";
  expect((await agent.open(receipt)).statusCode).toBe(200);
  expect(agent.text()).toContain(number);
  const woippy = await agentBrowser(instance, "woippy");
  await woippy.open(page(number));
  expect(woippy.text()).toContain("saisie au téléphone");
  expect(woippy.text()).toContain("Anonyme");
});

it("at the counter nobody needs an address or a phone, whatever the form asks of others", async () => {
  const slug = "operation-tranquillite-vacances";
  const definition = DEMO_PROCEDURES.find((one) => one.definition.slug === slug)?.definition;
  if (!definition) throw new Error("the demonstration has lost its procedure");
  const kinds = definition.steps.flatMap(({ fields }) => fields.filter((field) => field.required));
  expect(kinds.filter(({ kind }) => kind === "email" || kind === "phone").length).toBeGreaterThan(0);
  const agent = await agentBrowser(instance, "woippy");
  await agent.open("/backoffice/saisir");
  await agent.send({ source: "counter", demarche: slug });
  await fillIn(agent, definition, "first", ["email", "phone"]);
  await agent.send({}, { action: agent.url.replace(/recapitulatif$/, "envoi") });
  const { number } = kept(agent);
  await agent.open(/href="([^"]+\/recu)"/.exec(agent.page.body)?.[1] ?? "");
  expect(agent.page.statusCode).toBe(200);
  expect(agent.text()).toContain(number);
});

it("the journal keeps who opened and did what, for administrators, and can't be changed under the service's role", async () => {
  const request = await file(instance);
  const agent = await agentBrowser(instance, "woippy");
  await send(agent, request.number, "/note", { note: "Vu." });
  await agent.open(page("WOI-2026-AAAAAAA"));
  await agent.open("/backoffice/journal");
  expect(agent.text()).toContain("A ouvert la demande");
  expect(agent.text()).toContain("A ajouté une note");
  expect(agent.text()).toContain("A demandé une demande qui n'est pas ici WOI-2026-AAAAAAA");
  for (const change of ["update audit_entry set act = 'x'", "delete from audit_entry"])
    await expect(instance.deps.db.pool.query(change)).rejects.toThrow("permission denied");
});

it("agents are invited, authorised and removed by their administrator, and nobody else", async () => {
  const agent = await agentBrowser(instance, "woippy");
  await agent.open("/backoffice/agents");
  expect((await agent.send({ email: "nope" }, { action: "/backoffice/agents" })).statusCode).toBe(422);
  expect(agent.page.body).toContain('value="nope"');
  await agent.send(
    { email: "lou.ebauche@woippy.example", prenom: "Lou", nom: "Ébauche", role: "agent" },
    { action: "/backoffice/agents" },
  );
  expect(agent.text()).toContain("Agent invité");
  expect(agent.text()).toContain("Lou Ébauche");
  const metropole = await agentBrowser(instance, "metropole");
  await metropole.open("/backoffice/agents");
  expect(metropole.text()).not.toContain("Lou Ébauche");
});

it("the agglomeration's dispatch tables are read there, each row with an address of its own", async () => {
  const agent = await agentBrowser(instance, "metropole");
  await agent.open("/backoffice/orientation");
  expect(agent.page.body).toContain('<tr id="proprete-communale">');
  expect(agent.text()).toContain("la commune du lieu");
  const woippy = await agentBrowser(instance, "woippy");
  expect((await woippy.open("/backoffice/orientation")).statusCode).toBe(404);
});

it("nobody enters without an agent's session", async () => {
  const stranger = await instance.http.inject({ url: "/backoffice/", headers: { host: instance.host } });
  expect(stranger.statusCode).toBe(303);
  expect(stranger.headers.location).toMatch(/^\/connexion\?/);
  expect(STAFF.woippy.agentId).not.toBe(STAFF.metz.agentId);
});
