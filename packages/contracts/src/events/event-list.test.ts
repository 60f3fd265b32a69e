import { readdirSync, readFileSync } from "node:fs";
import { Type } from "typebox";
import { expect, it } from "vitest";
import { type CloudEvent, defineEvent, eventReader, makeEvent, UnreadableEvent } from "../cloud-event.ts";
import { ALL_EVENTS, SHARED_EVENTS } from "./event-list.ts";
import { projectionHash } from "./projection-digest.ts";

const folder = new URL("examples/", import.meta.url);
const examples = readdirSync(folder).map(
  (file): CloudEvent => JSON.parse(readFileSync(new URL(file, folder), "utf8")),
);
const readAny = eventReader(ALL_EVENTS);

it.each(examples)("today's reader reads $type", (example) => {
  expect(readAny(example)).toMatchObject({ id: example.id, subject: example.subject });
});

it("keeps an example of every version of every event", () => {
  const versions = ALL_EVENTS.flatMap(({ type, past }) => [
    type,
    ...past.map(({ version }) => type.replace(/\d+$/, String(version))),
  ]);
  expect(examples.map(({ type }) => type).sort()).toEqual(versions.sort());
});

it("reads a past version as today's", () => {
  const moved = defineEvent("CATALOGUE", {
    kind: "bench",
    verb: "moved",
    version: 2,
    data: Type.Object({ place: Type.String() }, { additionalProperties: false }),
    past: [
      {
        version: 1,
        data: Type.Object({ where: Type.String() }),
        upgrade: (old) => ({ place: (old as { where: string }).where }),
      },
    ],
  });
  const old = { ...examples[0], type: "fr.interco.bench.moved.v1", data: { where: "Place d'Armes" } };
  expect(eventReader([moved])(old)).toMatchObject({
    type: "fr.interco.bench.moved.v2",
    data: { place: "Place d'Armes" },
  });
});

it("refuses an unknown version, a broken envelope and a field it doesn't know", () => {
  const [example] = examples;
  for (const broken of [
    { ...example, type: "fr.interco.request.registered.v99" },
    { ...example, specversion: "0.3" },
    { ...example, extra: 1 },
    { ...example, data: { ...(example?.data as object), extra: 1 } },
    "text",
    null,
  ]) {
    expect(() => readAny(broken)).toThrow(UnreadableEvent);
  }
});

it("doesn't let a writer publish what a reader would refuse", () => {
  const [registered] = SHARED_EVENTS;
  const row = examples.find(({ type }) => type === registered.type)?.data as never;
  const envelope = { id: examples[0]!.id, from: "metr0p0leaaa", subject: "x", time: new Date() };
  expect(readAny(makeEvent(registered, { ...envelope, data: row }))).toBeDefined();
  const withName = { ...(row as object), citizenName: "Camille Exemple" };
  expect(() => makeEvent(registered, { ...envelope, data: withName as never })).toThrow(UnreadableEvent);
});

// Who asked, and what they wrote, stays on the instance where it was filed.
const CITIZEN =
  /citizen|applicant|requester|sub$|given|family|birth|e?mail|phone|address|answer|description|comment|photo|tracking/i;

it("has no room for a citizen's identity or answers", () => {
  for (const { type, data, past } of ALL_EVENTS) {
    for (const schema of [data, ...past.map((old) => old.data)]) {
      for (const { path, node } of objectsIn(schema, type)) {
        expect(node.additionalProperties, path).toBe(false);
        if (type.startsWith("fr.interco.request.")) {
          for (const field of Object.keys(node.properties)) expect(field, path).not.toMatch(CITIZEN);
        }
      }
    }
  }
});

it("hashes a month whatever the order of its rows", () => {
  const [a, b] = [
    { requestId: "0199f2a0-7c11-7d3e-8a55-0c5f1e2d3b4a", version: 3, relation: "place", status: "received" },
    { requestId: "0199f2a0-7c11-7d3e-8a55-0c5f1e2d3b4b", version: 1, relation: "gone", status: "" },
  ];
  expect(projectionHash([a, b])).toBe(projectionHash([b, a]));
  expect(projectionHash([a])).not.toBe(projectionHash([{ ...a, version: 4 }]));
  expect(projectionHash([a])).not.toBe(projectionHash([{ ...a, status: "resolved" }]));
  expect(projectionHash([])).toBe("0");
});

interface ObjectNode {
  properties: Record<string, unknown>;
  additionalProperties?: unknown;
}

function* objectsIn(node: unknown, path: string): Generator<{ path: string; node: ObjectNode }> {
  if (typeof node !== "object" || node === null) return;
  if ("properties" in node) yield { path, node: node as ObjectNode };
  for (const [key, value] of Object.entries(node)) yield* objectsIn(value, `${path}/${key}`);
}
