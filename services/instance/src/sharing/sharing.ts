import type { EventStream } from "@interco/contracts/cloud-event";
import { readCatalogue, readEntity, readShared } from "@interco/contracts/events/event-list";
import { InboxConsumer, type InboxStats } from "@interco/platform/inbox";
import { HUB_CONSUMER, remakeConsumers, streamManager } from "@interco/platform/streams";
import { recall } from "@interco/platform/streams-memory";
import { StreamsWatch } from "@interco/platform/streams-watch";
import type { Deps } from "../deps.ts";
import { applyCatalogue } from "./apply-catalogue.ts";
import { applyEntity } from "./apply-entity.ts";
import { applyShared, rowsTogether } from "./apply-shared.ts";
import { tellDigest } from "./digest.ts";
import { sayCatalogueAgain, sayEntityAgain } from "./say-again.ts";

const HOUR_MS = 3_600_000;

interface Part {
  start: () => void;
  stop: () => Promise<void>;
}

/** A reader of one stream for one entity, and what it has done. */
export interface Reader extends Part {
  entity: string;
  stream: EventStream;
  stats: InboxStats;
}

export interface Sharing {
  readers: readonly Reader[];
  stop: () => Promise<void>;
}

/**
 * All that keeps this instance's lists in step with the others: a reader for each hosted entity and stream, digests on start
 * and hourly, and, on the agglomeration's instance, the reader of what entities say and the watch over the streams.
 */
export function startSharing(deps: Deps): Sharing {
  const { config } = deps;
  const readers = config.hostedIds
    .filter((id) => id !== config.agglomeration.entity)
    .flatMap((id) => readersOf(deps, id));
  if (config.nats.hub) readers.push(hubReader(deps));
  const parts: Part[] = config.nats.hub ? [...readers, streamsWatch(deps)] : readers;
  for (const part of parts) part.start();
  const digests = startDigests(deps);
  return {
    readers,
    stop: async () => {
      digests.stop();
      await Promise.all(parts.map((part) => part.stop()));
    },
  };
}

function readersOf(deps: Deps, entity: string): Reader[] {
  const { nats, db, log, config } = deps;
  const common = {
    entity,
    nats,
    db,
    log,
    ...(config.nats.apiPrefix ? { apiPrefix: config.nats.apiPrefix } : {}),
  };
  return [
    new InboxConsumer({
      ...common,
      stream: "SHARED" as const,
      read: readShared,
      apply: (trx, event) => applyShared(trx, entity, event),
      together: rowsTogether(entity),
      // A comparison may ask for another digest.
      afterCommit: (event) => {
        if (event.type === "fr.interco.request.reconciled.v1") deps.nudge();
      },
      onConsumer: (createdAt) => sayAgainIfLost(deps, entity, createdAt),
    }),
    new InboxConsumer({
      ...common,
      stream: "CATALOGUE" as const,
      read: readCatalogue,
      apply: applyCatalogue,
      afterCommit: () => void deps.territory.changed().catch(() => {}),
    }),
  ];
}

/** A consumer made anew means that JetStream was lost, and with it what this entity had said and wasn't read yet. */
async function sayAgainIfLost(deps: Deps, entity: string, createdAt: Date): Promise<void> {
  const { seen, remember } = await recall(deps.db.open, `consumer ${entity}`, createdAt);
  if (seen === "changed" && !deps.config.nats.hub) {
    await sayEntityAgain(deps, entity);
    await tellDigest(deps.db, entity, "start");
    deps.nudge();
  }
  await remember();
}

function hubReader(deps: Deps): Reader {
  const hub = deps.config.agglomeration.entity;
  return new InboxConsumer({
    entity: hub,
    stream: "ENTITY" as const,
    durable: HUB_CONSUMER,
    nats: deps.nats,
    db: deps.db,
    log: deps.log,
    read: readEntity,
    apply: (trx, event) => applyEntity(trx, { hub, log: deps.log }, event),
    afterCommit: (event) => {
      deps.nudge();
      if (event.type.startsWith("fr.interco.profile.")) void deps.territory.changed().catch(() => {});
    },
  });
}

function streamsWatch(deps: Deps): Part {
  const { territory, config, db, log, nats } = deps;
  const readers = () =>
    territory.entities
      .filter((entity) => entity.siteUrl && entity.id !== config.agglomeration.entity)
      .map((entity) => entity.id);
  return new StreamsWatch({
    nats,
    db: db.open,
    log,
    entities: readers,
    // Who reads SHARED finds its consumer made anew, says what it holds and gets what it lacks: see `sayAgainIfLost`.
    onStreamRecreated: async (stream) => {
      if (stream === "CATALOGUE") await sayCatalogueAgain(deps);
      if (stream === "ENTITY") await haveEntitiesSayAgain(deps, readers());
    },
  });
}

/**
 * What entities had said was lost before it was read, a withdrawn authorisation perhaps. They can't see their stream: the loss is
 * told by what they do see, their consumer of `SHARED`.
 */
async function haveEntitiesSayAgain({ nats, territory }: Deps, readers: readonly string[]): Promise<void> {
  const away = readers.filter((id) => !territory.getById(id).hosted);
  await remakeConsumers(await streamManager(await nats.connected()), away);
}

/** Digests of entities hosted away from the agglomeration: what lives in its own database can't differ from itself. */
function startDigests(deps: Deps): { stop: () => void } {
  if (deps.config.nats.hub) return { stop: () => {} };
  const tell = (cause: "start" | "hourly") => {
    for (const id of deps.config.hostedIds) {
      tellDigest(deps.db, id, cause).then(deps.nudge, (err: unknown) =>
        deps.log.warn({ err, entity: id }, "the digest wasn't told"),
      );
    }
  };
  tell("start");
  const timer = setInterval(() => tell("hourly"), HOUR_MS);
  return { stop: () => clearInterval(timer) };
}
