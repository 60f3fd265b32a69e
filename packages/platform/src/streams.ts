import {
  AckPolicy,
  type ConsumerConfig,
  type ConsumerInfo,
  DeliverPolicy,
  DiscardPolicy,
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamManager,
  jetstreamManager,
  ReplayPolicy,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
  type StreamInfo,
} from "@nats-io/jetstream";
import { type NatsConnection, nanos } from "@nats-io/transport-node";
import { ENTITY_READS } from "./nats-accounts.ts";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** The streams, and the subjects each keeps. `ENTITY` is read by the agglomeration alone. */
export const STREAMS = {
  SHARED: "shared.*.*.*",
  CATALOGUE: "catalogue.*.*",
  ENTITY: "entity.*.*.*",
} as const;

export type StreamName = keyof typeof STREAMS;

/** The agglomeration's consumer of `ENTITY`. */
export const HUB_CONSUMER = "hub";

/** After how long an event that isn't acknowledged is delivered again. */
export const ACK_WAIT_MS = 5_000;

export interface StreamState {
  name: StreamName;
  /** Changes when the stream was lost and made again: what it held is gone. */
  createdAt: Date;
  /** Created by this very call. */
  isNew: boolean;
}

export interface ConsumerName {
  stream: StreamName;
  durable: string;
  filter: string;
}

/** JetStream's management calls, for the hub's account only: a commune's is refused by the server. */
export function streamManager(nc: NatsConnection): Promise<JetStreamManager> {
  return jetstreamManager(nc, { checkAPI: false });
}

/**
 * Creates the streams that are missing and updates those whose settings differ. Converges; `isNew`
 * tells that a stream was created now. Files on disk, 7 days. How many replicas a stream has is the operator's
 * choice on a cluster (`nats stream update --replicas 3`) and stays: it isn't among these settings.
 */
export async function ensureStreams(jsm: JetStreamManager): Promise<StreamState[]> {
  const names = Object.keys(STREAMS) as StreamName[];
  return Promise.all(names.map((name) => ensureStream(jsm, streamConfig(name))));
}

/**
 * Creates, one by one, the durable pull consumers of these entities (`SHARED` and `CATALOGUE`) and the
 * agglomeration's own (`ENTITY`). Returns how many it had to create or change: 0 says all was there.
 */
export async function ensureConsumers(jsm: JetStreamManager, entities: string[]): Promise<number> {
  const wanted = [...entities.flatMap(consumersOf), hubConsumer()];
  const there = await existing(jsm);
  let done = 0;
  for (const consumer of wanted) {
    const config = consumerConfig(consumer);
    const info = there.get(`${consumer.stream} ${consumer.durable}`);
    if (info && !differs(info.config, config)) continue;
    await (info
      ? jsm.consumers.update(consumer.stream, consumer.durable, config)
      : jsm.consumers.add(consumer.stream, config));
    done += 1;
  }
  return done;
}

/**
 * Makes the consumers by which these entities read `SHARED` anew. Who reads by one notices (`onConsumer` of the inbox), says
 * again all it had told, and is delivered what the stream holds once more, of which its inbox knows what it has done.
 */
export async function remakeConsumers(jsm: JetStreamManager, entities: readonly string[]): Promise<void> {
  for (const entity of entities) {
    for (const consumer of consumersOf(entity).filter(({ stream }) => stream === "SHARED")) {
      await missingAsUndefined(jsm.consumers.delete(consumer.stream, consumer.durable));
      await jsm.consumers.add(consumer.stream, consumerConfig(consumer));
    }
  }
}

/** What an entity has still to read, per consumer: the lag `interco status` shows. */
export async function consumerLags(
  jsm: JetStreamManager,
): Promise<{ stream: string; durable: string; waiting: number }[]> {
  return [...(await existing(jsm)).values()].map((info) => ({
    stream: info.stream_name,
    durable: info.name,
    waiting: info.num_pending + info.num_ack_pending,
  }));
}

/**
 * Erases what `SHARED` still holds of one request for one entity, told by the subject of its `erased`
 * event, which stays (it is at `seq`).
 */
export async function eraseShared(jsm: JetStreamManager, erasedSubject: string, seq: number): Promise<void> {
  const filter = erasedSubject.replace(/\.erased$/, ".*");
  await jsm.streams.purge("SHARED", { filter, seq });
}

/** The consumers an entity reads by: one per stream, named by its id, each with its single filter. */
export function consumersOf(entity: string): ConsumerName[] {
  const filters = { SHARED: `shared.${entity}.*.*`, CATALOGUE: STREAMS.CATALOGUE };
  return ENTITY_READS.map((stream) => ({ stream, durable: entity, filter: filters[stream] }));
}

function hubConsumer(): ConsumerName {
  return { stream: "ENTITY", durable: HUB_CONSUMER, filter: STREAMS.ENTITY };
}

function streamConfig(name: StreamName) {
  return {
    name,
    subjects: [STREAMS[name]],
    storage: StorageType.File,
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.Old,
    max_age: nanos(7 * DAY),
    // Longer than a relay can take to come back and publish again what it had not marked.
    duplicate_window: nanos(10 * MINUTE),
  } satisfies Partial<StreamConfig>;
}

function consumerConfig({ durable, filter }: ConsumerName) {
  return {
    durable_name: durable,
    filter_subject: filter,
    ack_policy: AckPolicy.Explicit,
    ack_wait: nanos(ACK_WAIT_MS),
    // No limit: the inbox decides what is poison, never the broker.
    max_deliver: -1,
    max_ack_pending: 1_000,
    deliver_policy: DeliverPolicy.All,
    replay_policy: ReplayPolicy.Instant,
  } satisfies Partial<ConsumerConfig>;
}

async function ensureStream(
  jsm: JetStreamManager,
  config: ReturnType<typeof streamConfig>,
): Promise<StreamState> {
  const found = await missingAsUndefined(jsm.streams.info(config.name));
  const info: StreamInfo = !found
    ? await jsm.streams.add(config)
    : differs(found.config, config)
      ? await jsm.streams.update(config.name, config)
      : found;
  return { name: config.name, createdAt: new Date(info.created), isNew: !found };
}

async function existing(jsm: JetStreamManager): Promise<Map<string, ConsumerInfo>> {
  const found = new Map<string, ConsumerInfo>();
  for (const stream of Object.keys(STREAMS)) {
    for await (const info of jsm.consumers.list(stream)) found.set(`${stream} ${info.name}`, info);
  }
  return found;
}

/** The server answers with defaults filled in: only what we ask for is compared. */
function differs(is: object, wanted: object): boolean {
  const have = new Map<string, unknown>(Object.entries(is));
  return Object.entries(wanted).some(
    ([key, value]) => JSON.stringify(have.get(key)) !== JSON.stringify(value),
  );
}

async function missingAsUndefined<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** The stream or the consumer asked for isn't there (any more). */
export function isMissing(error: unknown): boolean {
  return (
    error instanceof JetStreamApiError &&
    (error.code === JetStreamApiCodes.StreamNotFound || error.code === JetStreamApiCodes.ConsumerNotFound)
  );
}
