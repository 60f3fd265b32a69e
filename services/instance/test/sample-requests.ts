import { noteRequest } from "../src/requests/note-request.ts";
import { changeStatus, takeRequest, writeToCitizen } from "../src/requests/process-request.ts";
import type { Request } from "../src/requests/request.ts";
import { transferRequest } from "../src/requests/transfer-request.ts";
import { authorOf, file } from "./backoffice-fixture.ts";
import { IDS, type TestInstance } from "./test-instance.ts";

const TYPES = [
  "depot-sauvage",
  "lampadaire",
  "nid-de-poule",
  "parc",
  "fuite-eau",
  "graffiti",
  "autre",
  "college",
  "bruit",
  "conteneur-de-tri",
];
const STREETS = [
  "rue du Fort",
  "route de Thionville",
  "rue de Metz",
  "avenue des Exemples",
  "place de la Mairie",
  "chemin du Moulin",
];
const NAMES = ["Camille Exemple", "Sacha Témoin", "Dominique Fictif", "Claude Modèle", null];
const WORDS = [
  "Le trou s'agrandit depuis la dernière pluie, les vélos doivent se déporter.",
  "Passage très sombre vers l'école, plusieurs enfants l'empruntent le matin.",
  "Déjà signalé l'an dernier ; le problème est revenu depuis lundi.",
];

/** Varied requests, the same at each call: what lists and pages look like on a working day. */
export async function fileSamples(instance: TestInstance, count: number): Promise<Request[]> {
  const requests: Request[] = [];
  const pick = <T>(list: readonly T[], index: number): T => list[index % list.length] as T;
  for (let index = 0; index < count; index++) {
    const name = pick(NAMES, index);
    const request = await file(instance, {
      type: pick(TYPES, index * 7 + Math.floor(index / 10)),
      commune: pick(["57751", "57463", "57751", "57447"], index),
      address: `${((index * 13) % 80) + 1} ${pick(STREETS, index)}`,
      description: pick(WORDS, index),
      contact: name
        ? { name, email: `${name.split(" ")[0]?.toLowerCase()}@exemple.test`, phone: "+33300000000" }
        : null,
      source: pick(["web", "web", "phone", "counter"] as const, index),
    });
    requests.push(request);
    await handle(instance, request, index);
  }
  return requests;
}

/** What happened since: some taken, planned, noted, closed or handed over. */
async function handle(instance: TestInstance, request: Request, index: number): Promise<void> {
  const { deps } = instance;
  const host = (["metropole", "woippy", "metz"] as const).find((one) => IDS[one] === request.inCharge);
  if (!host || index % 2 === 0) return;
  const author = authorOf(host);
  await takeRequest(deps, author, request.number);
  if (index % 3 === 0)
    await writeToCitizen(deps, author, request.number, "L'équipe passera jeudi dans la matinée.");
  if (index % 5 === 0)
    await noteRequest(deps.db, author, request.number, "Voir avec le chantier voisin.", index % 10 === 0);
  if (index % 7 === 0)
    await changeStatus(deps, author, request.number, {
      action: "resolve",
      reason: "Réparé ce matin.",
      date: null,
      message: null,
    }).catch(() => {});
  else if (index % 11 === 0 && host === "woippy")
    await transferRequest(deps, author, request.number, {
      to: IDS.metz,
      team: null,
      reason: "La rue est sur le ban de Metz.",
      correctedPlace: { precision: "address", communes: ["57463"], address: "3 rue de Metz", detail: null },
    });
}
