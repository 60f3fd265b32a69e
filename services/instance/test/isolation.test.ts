import { randomBytes, randomUUID } from "node:crypto";
import { requestNumber } from "@interco/kernel/request-number";
import fc from "fast-check";
import { sql } from "kysely";
import pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { agentBrowser, createBackoffice } from "./backoffice-fixture.ts";
import { IDS, type TestInstance } from "./test-instance.ts";

// The three live in one process and one database: nothing but sessions, scopes and row-level security keeps them apart.
const HOSTS = ["metropole", "woippy", "metz"] as const;
type Host = (typeof HOSTS)[number];
const RELATIONS = ["in_charge", "triage", "place", "gone", "none"] as const;
type Relation = (typeof RELATIONS)[number];
const PROBES = ["list", "page", "search", "file", "act", "note", "api", "sql"] as const;

interface Made {
  id: string;
  number: string;
  fileId: string;
  relations: Record<Host, Relation>;
  closed: boolean;
}

let instance: TestInstance;
const made: Made[] = [];
const agents = {} as Record<Host, Awaited<ReturnType<typeof agentBrowser>>>;
const SECRET = "adresse du voisin";

beforeAll(async () => {
  instance = await createBackoffice();
  for (const host of HOSTS) agents[host] = await agentBrowser(instance, host);
  const relation = fc.constantFrom(...RELATIONS);
  const world = fc.record({
    relations: fc.record({ metropole: relation, woippy: relation, metz: relation }),
    closed: fc.boolean(),
  });
  const admin = new pg.Client(instance.database.admin);
  await admin.connect();
  for (const one of fc.sample(world, { numRuns: 150, seed: 20261122 }))
    made.push(await insert(admin, one.relations, one.closed));
  await admin.end();
});
afterAll(() => instance?.[Symbol.asyncDispose]());

/** A request with its rows, a line of each visibility from each entity, and a photo; written by nobody's rules. */
async function insert(admin: pg.Client, relations: Record<Host, Relation>, closed: boolean): Promise<Made> {
  const one = {
    id: randomUUID(),
    number: requestNumber("EMM", 2026, randomBytes(16)),
    fileId: randomUUID(),
    relations,
    closed,
  };
  const status = closed ? "resolved" : "received";
  const kind = closed ? "closed" : "open";
  const label = '{"fr":"Reçue","en":"Received"}';
  const text = '{"fr":"Trou, rue du Fort","en":"Hole, rue du Fort"}';
  const charge = HOSTS.find((host) => relations[host] === "in_charge");
  await admin.query(
    `insert into request (id, entity, number, procedure_slug, procedure_version, type_code, title, status, status_kind, answers,
       contact, source, tracking_hmac, in_charge, received_at)
     values ($1, $2, $3, 'signaler-un-probleme', 1, 'depot-sauvage', $4, $5, $6, $7, '{"email":"secret@exemple.test"}', 'web', $8, $9, now())`,
    [
      one.id,
      IDS.metropole,
      one.number,
      text,
      status,
      kind,
      JSON.stringify({ description: SECRET }),
      Buffer.from(one.id),
      charge ? IDS[charge] : null,
    ],
  );
  await admin.query(
    "insert into file (id, entity, request_id, field, name, media_type, size) values ($1, $2, $3, 'photos', 'a.jpg', 'image/jpeg', 3)",
    [one.fileId, IDS.metropole, one.id],
  );
  await admin.query("insert into file_content (file_id, bytes) values ($1, 'abc')", [one.fileId]);
  for (const host of HOSTS) {
    for (const visibility of ["status", "citizen", "shared", "internal"])
      await admin.query(
        "insert into request_event (id, request_id, owner, kind, author_entity, author_name, visibility, body) values ($1, $2, $3, 'note', $4, $5, $6, $7)",
        [randomUUID(), one.id, IDS.metropole, IDS[host], host, visibility, `${visibility} de ${host}`],
      );
    const relation = relations[host];
    if (relation === "none") continue;
    const gone = relation === "gone";
    await admin.query(
      `insert into request_entity (entity, request_id, relation, owner, shared, projected, number, version, procedure_slug, procedure_title,
         type_code, title, status, status_label, status_kind, received_at, updated_at, reason, gone_to, url, search)
       values ($1, $2, $3, $4, true, false, $5, 1, 'signaler-un-probleme', $6, 'depot-sauvage', $6, $7, $8, $9, now(), now(), $6, $10, 'http://x', $11)`,
      [
        IDS[host],
        one.id,
        relation,
        IDS.metropole,
        one.number,
        gone ? '{"fr":"","en":""}' : text,
        status,
        label,
        kind,
        gone ? "Mairie de Metz" : null,
        `${one.number.toLowerCase()} trou`,
      ],
    );
  }
  return one;
}

const processes = (relation: Relation) => relation === "in_charge" || relation === "triage";

it("an agent reaches exactly what their entity may see: lists, search, pages, photos, acts, API, straight SQL (1,000 cases)", {
  timeout: 120_000,
}, async () => {
  const probe = fc.record({
    host: fc.constantFrom(...HOSTS),
    request: fc.nat(149),
    probe: fc.constantFrom(...PROBES),
    queue: fc.constantFrom("a-traiter", "a-orienter", "metropole", "toutes"),
  });
  await fc.assert(
    fc.asyncProperty(probe, async ({ host, request, probe: kind, queue }) => {
      const one = made[request] as Made;
      const relation = one.relations[host];
      await CHECKS[kind](host, one, relation, queue);
    }),
    { numRuns: 1_000 },
  );
});

const CHECKS: Record<
  (typeof PROBES)[number],
  (host: Host, one: Made, relation: Relation, queue: string) => Promise<void>
> = {
  async page(host, one, relation) {
    const page = await agents[host].open(`/backoffice/demandes/${one.number}`);
    expect(page.statusCode).toBe(relation === "none" ? 404 : 200);
    expect(page.body.includes(SECRET)).toBe(processes(relation));
    expect(page.body.includes("secret@exemple.test")).toBe(processes(relation));
    for (const other of HOSTS) {
      const follows = relation !== "none" && relation !== "gone";
      const own = other === host && follows;
      expect(page.body.includes(`internal de ${other}`)).toBe(own);
      expect(page.body.includes(`shared de ${other}`)).toBe(follows);
      expect(page.body.includes(`citizen de ${other}`)).toBe(processes(relation) || own);
    }
  },
  async search(host, one, relation) {
    const page = await agents[host].open(`/backoffice/demandes?q=${one.number}`);
    expect(agents[host].url.endsWith(one.number)).toBe(true);
    const found = page.statusCode === 200 && !page.body.includes("Aucune demande ne correspond");
    expect(found).toBe(relation !== "none");
  },
  async list(host, _one, _relation, queue) {
    const seen = await everyPage(host, `/api/backoffice/demandes?file=${queue}&limite=40`);
    expect(seen).toEqual(expected(host, queue));
  },
  async api(host, one, relation) {
    const seen = await everyPage(host, "/api/backoffice/demandes?limite=200");
    expect(seen.includes(one.number)).toBe(relation !== "none");
  },
  async file(host, one, relation) {
    const { statusCode } = await agents[host].open(
      `/backoffice/demandes/${one.number}/fichiers/${one.fileId}`,
    );
    expect(statusCode).toBe(processes(relation) ? 200 : 404);
    const other = made.find(({ relations }) => relations[host] === "in_charge") as Made;
    if (other.id === one.id) return;
    // A photo's id with the number of a request one may read.
    const borrowed = await agents[host].open(`/backoffice/demandes/${other.number}/fichiers/${one.fileId}`);
    expect(borrowed.statusCode).toBe(404);
  },
  async act(host, one, relation) {
    if (processes(relation)) return;
    const answer = await post(host, `/backoffice/demandes/${one.number}/actions/dismiss`, {
      "dismiss-reason": "non",
    });
    expect(answer).toBe(relation === "none" ? 404 : 422);
    const hand = await post(host, `/backoffice/demandes/${one.number}/transmettre`, {
      vers: IDS[host],
      raison: "à moi",
    });
    expect(hand).toBe(relation === "none" ? 404 : 409);
  },
  async note(host, one, relation) {
    if (relation !== "none" && relation !== "gone") return;
    const answer = await post(host, `/backoffice/demandes/${one.number}/note`, { note: "je vois" });
    expect(answer).toBe(relation === "none" ? 404 : 422);
  },
  async sql(host) {
    const found = await instance.deps.db.within({ entities: [IDS[host]] }, async (trx) => ({
      rows: await trx.selectFrom("request_entity").select(["entity", "number"]).execute(),
      requests: await trx.selectFrom("request").select("number").execute(),
      events: await sql<{
        n: number;
      }>`select count(*) as n from request_event where visibility = 'internal' and author_entity <> ${IDS[host]}`.execute(
        trx,
      ),
      files: await sql<{ n: number }>`select count(*) as n from file_content`.execute(trx),
    }));
    const mine = made.filter((one) => one.relations[host] !== "none");
    const open = made.filter((one) => processes(one.relations[host]));
    expect(new Set(found.rows.map((row) => row.entity))).toEqual(new Set([IDS[host]]));
    expect(found.rows.map((row) => row.number).sort()).toEqual(mine.map((one) => one.number).sort());
    expect(found.requests.map((row) => row.number).sort()).toEqual(open.map((one) => one.number).sort());
    expect(found.events.rows[0]?.n).toBe(0);
    expect(found.files.rows[0]?.n).toBe(open.length);
  },
};

function expected(host: Host, queue: string): string[] {
  const wanted = (one: Made) => {
    const relation = one.relations[host];
    if (queue === "toutes") return relation !== "none";
    if (one.closed) return false;
    if (queue === "a-traiter") return relation === "in_charge";
    if (queue === "a-orienter") return relation === "triage";
    return relation !== "none" && relation !== "gone";
  };
  return made
    .filter(wanted)
    .map((one) => one.number)
    .sort();
}

async function everyPage(host: Host, url: string): Promise<string[]> {
  const numbers: string[] = [];
  for (let next: string | null = url; next; ) {
    const answer = await instance.http.inject({ url: next, headers: agents[host].headers });
    const page = answer.json() as { requests: { number: string }[]; next: string | null };
    numbers.push(...page.requests.map((one) => one.number));
    next = page.next && `${url}&apres=${page.next}`;
  }
  return numbers.sort();
}

/** Posts as a browser of this agent would, with a token of a page they may open. */
async function post(host: Host, url: string, fields: Record<string, string>): Promise<number> {
  const agent = agents[host];
  await agent.open("/backoffice/saisir");
  const { _csrf = "" } = agent.form("/backoffice/saisir").hidden;
  const cookie = [...agent.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  const answer = await instance.http.inject({
    method: "POST",
    url,
    headers: { host: agent.headers.host, cookie, "content-type": "application/x-www-form-urlencoded" },
    payload: new URLSearchParams({ ...fields, _csrf }).toString(),
  });
  return answer.statusCode;
}
