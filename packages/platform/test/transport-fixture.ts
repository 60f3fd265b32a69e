import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { CloudEvent } from "@interco/contracts/cloud-event";
import { readShared, type SharedEvent } from "@interco/contracts/events/event-list";
import { requestChanged } from "@interco/contracts/events/request-changed";
import type { RequestRow } from "@interco/contracts/events/request-row";
import { startTestNats } from "@interco/testing/nats";
import { freshDatabase } from "@interco/testing/postgres";
import pg from "pg";
import { pino } from "pino";
import { vi } from "vitest";
import { newId } from "../src/ids.ts";
import { InboxConsumer, type InboxOptions } from "../src/inbox.ts";
import { JobMaker, type JobMakerOptions } from "../src/job-maker.ts";
import { migrate, roleOf } from "../src/migrations.ts";
import { NatsLink } from "../src/nats.ts";
import { COMMUNE_API_PREFIX } from "../src/nats-accounts.ts";
import { appendOutbox, eventLine, type OutboxJob } from "../src/outbox.ts";
import { connectDatabase } from "../src/postgres.ts";
import { Relay, type RelayOptions } from "../src/relay.ts";
import { ensureConsumers, ensureStreams, streamManager } from "../src/streams.ts";
import { HUB, recordApplied, recordJobs, type Schema, WOIPPY } from "./transport-records.ts";

export { HUB, recordApplied, WOIPPY };

export const METZ = "metzaaaaaaaa";

export const ACCOUNTS = {
  hub: { name: "metropole", password: "hub-secret" },
  instances: [
    { name: "woippy", password: "woippy-secret", entities: [WOIPPY] },
    { name: "metz", password: "metz-secret", entities: [METZ] },
  ],
};

const example: CloudEvent = JSON.parse(
  readFileSync(
    new URL("../../contracts/src/events/examples/request.changed.v1.json", import.meta.url),
    "utf8",
  ),
);
export const exampleRow = example.data as RequestRow;

const migrations = fileURLToPath(new URL("../../../services/instance/migrations", import.meta.url));

/** The instance's own tables, so that the code and its real schema are tried together. */
export const template = {
  key: "transport",
  prepare: async (urls: { owner: string; service: string; worker: string }) => {
    await migrate(urls.owner, migrations, { service: roleOf(urls.service), worker: roleOf(urls.worker) });
    const owner = new pg.Client({ connectionString: urls.owner });
    await owner.connect();
    await owner.query(`
      create table applied (seq bigint generated always as identity, request text, version int);
      create table job_made (key text, task text);
      grant select, insert on applied to ${roleOf(urls.service)};
      grant select, insert on job_made to ${roleOf(urls.worker)};
    `);
    await owner.end();
  },
};

export const log = pino({ level: process.env.INTERCO_LOG ?? "silent" });

/** A hub and a commune, each with its database, over a nats-server of their own; no loop is started. */
export async function startTransport() {
  const disposal = new AsyncDisposableStack();
  const nats = disposal.use(await startTestNats(ACCOUNTS));
  const [hub, commune] = [
    disposal.use(await freshDatabase(template)),
    disposal.use(await freshDatabase(template)),
  ];
  const admin = new pg.Pool({ connectionString: commune.admin, max: 2 });
  const hubAdmin = new pg.Pool({ connectionString: hub.admin, max: 2 });
  const hubDb = connectDatabase<Schema>(hub.service, { max: 4, name: "hub" });
  const hubWorker = connectDatabase<unknown>(hub.worker, { max: 2, name: "hub-worker" });
  const communeDb = connectDatabase<Schema>(commune.service, { max: 4, name: "commune" });
  const link = (name: string, password: string) =>
    new NatsLink({ url: nats.url, user: name, password, name, development: true });
  const hubLink = link("metropole", "hub-secret");
  const communeLink = link("woippy", "woippy-secret");
  for (const closing of [admin, hubAdmin]) disposal.defer(() => closing.end());
  for (const closing of [hubDb, hubWorker, communeDb, hubLink, communeLink])
    disposal.defer(() => closing.close());
  const makeStreams = async () => {
    const jsm = await streamManager(await hubLink.connected());
    await ensureStreams(jsm);
    await ensureConsumers(jsm, [WOIPPY, METZ]);
    return jsm;
  };
  await makeStreams();

  return {
    nats,
    hub,
    commune,
    hubDb,
    communeDb,
    hubLink,
    communeLink,
    makeStreams,
    admin,
    hubAdmin,

    /** Done at the end, before what is above is closed. */
    defer: (end: () => Promise<void>) => disposal.defer(end),

    /** A relay of the hub, started; stopped at the end. */
    relay(options: Partial<RelayOptions> = {}): Relay {
      const relay = new Relay({
        database: hub.worker,
        entities: [HUB],
        nats: hubLink,
        log,
        ...options,
      });
      relay.start();
      disposal.defer(() => relay.stop());
      return relay;
    },

    /** The hub's maker of jobs, started; stopped at the end. */
    jobs(options: Partial<JobMakerOptions<unknown>> = {}): JobMaker<unknown> {
      const jobs = new JobMaker({ db: hubWorker, entities: [HUB], log, addJobs: recordJobs, ...options });
      jobs.start();
      disposal.defer(() => jobs.stop());
      return jobs;
    },

    /** Woippy's inbox, started; it writes what it applies. */
    inbox(options: Partial<InboxOptions<Schema, SharedEvent>> = {}) {
      const inbox = new InboxConsumer<Schema, SharedEvent>({
        entity: WOIPPY,
        stream: "SHARED",
        nats: communeLink,
        apiPrefix: COMMUNE_API_PREFIX,
        db: communeDb,
        log,
        read: readShared,
        apply: recordApplied,
        ...options,
      });
      inbox.start();
      disposal.defer(() => inbox.stop());
      return inbox;
    },

    /** What Woippy's inbox applied, in order: `request:version`. */
    async applied(): Promise<string[]> {
      const { rows } = await admin.query(
        "select request || ':' || version as what from applied order by seq",
      );
      return rows.map((row) => row.what);
    },

    [Symbol.asyncDispose]: () => disposal.disposeAsync(),
  };
}

/** A `changed` event for Woippy, at this version. */
export function changedLine(requestId: string, version: number, jobs: OutboxJob[] = []) {
  const data = { ...exampleRow, requestId, version };
  return eventLine(requestChanged, { from: HUB, to: WOIPPY, aggregate: requestId, data, jobs });
}

/** Commits lines on the hub. */
export async function say(
  transport: Awaited<ReturnType<typeof startTransport>>,
  ...lines: ReturnType<typeof changedLine>[]
): Promise<void> {
  await transport.hubDb.within({ entities: [HUB] }, (trx) => appendOutbox(trx, lines));
}

export const newRequest = newId;

/** Waits for a fact, not for a time. */
export function eventually(check: () => Promise<void> | void, timeout = 20_000): Promise<void> {
  return vi.waitFor(check, { timeout, interval: 20 });
}

/** What the stream holds, in order: `aggregate:version`. */
export async function streamed(transport: Awaited<ReturnType<typeof startTransport>>): Promise<string[]> {
  const jsm = await streamManager(await transport.hubLink.connected());
  const { state } = await jsm.streams.info("SHARED");
  const found: string[] = [];
  for (let seq = state.first_seq; seq <= state.last_seq; seq += 1) {
    const message = await jsm.streams.getMessage("SHARED", { seq }).catch(() => null);
    if (!message) continue;
    const event = message.json<SharedEvent>();
    found.push(`${event.subject}:${"version" in event.data ? event.data.version : 0}`);
  }
  return found;
}
