import { join } from "node:path";
import { expect, it } from "vitest";
import { FederationError, parseFederation, readFederation } from "./federation-file.ts";

const demo = join(import.meta.dirname, "../../../../deploy/demo/federation.yaml");

const least = `name: Essai
agglomeration: "200039865"
idp: { slug: connexion }
instances:
  - name: metropole
    hosts: ["200039865"]
entities:
  - code: "200039865"
    slug: metropole
    shortCode: EMM
`;

function faults(text: string): string[] {
  try {
    parseFederation(text, "federation.yaml");
  } catch (error) {
    if (error instanceof FederationError) return error.faults;
    throw error;
  }
  return [];
}

it("takes the demonstration: eight entities on five instances", () => {
  const federation = readFederation(demo);
  expect(federation.entities).toHaveLength(8);
  expect(federation.instances.map((instance) => instance.hosts.length)).toEqual([1, 1, 1, 1, 4]);
});

it("names the line of broken YAML", () => {
  expect(faults("name: Essai\nidp: { slug: x\n")).toEqual([expect.stringMatching(/^federation.yaml:\d: /)]);
});

it("names the line of an unknown setting, of a bad value and of what lacks", () => {
  expect(faults(least.replace("    slug: metropole", "    slug: Métropole\n    colour: red"))).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^federation.yaml:9: entities.0.slug must match/),
      "federation.yaml:10: entities.0.colour is not a known setting",
    ]),
  );
  expect(faults(least.replace("    shortCode: EMM\n", ""))).toEqual([
    "federation.yaml:8: entities.0 lacks shortCode",
  ]);
});

it("refuses a commune outside the territory, where its line is", () => {
  const text = `${least}  - code: "75056"\n    slug: paris\n    shortCode: PAR\n`;
  expect(faults(text)).toEqual([
    "federation.yaml:11: 75056 is outside the territory",
    "federation.yaml:11: no instance hosts 75056",
  ]);
});

it("refuses an entity hosted twice and two entities of one short code", () => {
  const text = `${least.replace('hosts: ["200039865"]', 'hosts: ["200039865", "57751", "57751"]')}  - code: "57751"
    slug: woippy
    shortCode: EMM
`;
  expect(faults(text)).toEqual([
    "federation.yaml:13: EMM is already a short code",
    "federation.yaml:6: 57751 is already hosted",
  ]);
});

it("refuses an agent of nowhere and a team its entity doesn't have", () => {
  const text = `${least}accounts:
  - { email: a@b.example, givenName: A, familyName: B, role: agent }
  - { email: c@b.example, givenName: C, familyName: D, role: agent, entity: "200039865", teams: [voirie] }
`;
  expect(faults(text)).toEqual([
    "federation.yaml:12: a@b.example needs an entity with a site",
    "federation.yaml:13: 200039865 has no team voirie",
  ]);
});

it("refuses upstreams of nowhere, a second client of an entity, and a SIREN of two", () => {
  const text = `${least}upstreams:
  franceConnect:
    issuer: https://fc.example/api/v2
    clients:
      - { entity: "200039865", clientId: a, secretFile: secrets/a }
      - { entity: "200039865", clientId: b, secretFile: secrets/b }
      - { entity: "57751", clientId: c, secretFile: secrets/c }
  proConnect:
    issuer: https://pc.example/api/v2
    clientId: d
    secretFile: secrets/d
    entities:
      - { entity: "200039865", sirens: ["200039865", "200039865"] }
  others:
    - { id: proconnect, name: X, accounts: personal, issuer: https://x.example, clientId: e, secretFile: secrets/e }
`;
  expect(faults(text)).toEqual([
    "federation.yaml:17: 57751 is not among the entities",
    "federation.yaml:16: 200039865 has a client already",
    "federation.yaml:23: 200039865 is already an entity's",
    "federation.yaml:25: proconnect is already an upstream",
  ]);
});
