import type { EventStream } from "@interco/contracts/cloud-event";
import type { Transaction } from "kysely";
import { countParked, type DeadEvent, dropParked, markReplayed, nextParked } from "./inbox-dead.ts";
import { parsed } from "./inbox-delivery.ts";
import { speaksForItself, streamOf } from "./inbox-speaker.ts";
import type { Logger } from "./log.ts";
import type { Database } from "./postgres.ts";

export interface ReplayOptions<S> {
  entity: string;
  db: Database<S>;
  log: Logger;
  /**
   * Reads and applies an event as the stream it came by does. What an event says of itself must not choose: it would be read by
   * rules its speaker has no right to.
   */
  apply: (trx: Transaction<S>, stream: EventStream, json: unknown) => Promise<void>;
}

/**
 * Applies an entity's parked events again, in order; an aggregate whose event fails again stays parked, whole. One that speaks
 * in another's name is dropped, as at its first delivery. To be called once the cause is repaired. A running consumer isn't
 * disturbed: what arrives meanwhile waits behind.
 */
export async function replayParked<S>(
  options: ReplayOptions<S>,
): Promise<{ replayed: number; left: number }> {
  const failing: string[] = [];
  for (let replayed = 0; ; ) {
    const outcome = await replayNext(options, failing);
    if (outcome === "replayed") replayed += 1;
    if (outcome !== "none") continue;
    const { db, entity } = options;
    const left = await db.within({ entities: [entity] }, (trx) => countParked(trx, entity));
    return { replayed, left };
  }
}

async function replayNext<S>(
  { entity, db, log, apply }: ReplayOptions<S>,
  failing: string[],
): Promise<"replayed" | "dropped" | "failed" | "none"> {
  let dead: DeadEvent | undefined;
  try {
    return await db.within({ entities: [entity] }, async (trx) => {
      dead = await nextParked(trx, entity, failing);
      if (!dead) return "none";
      const { id, subject } = dead;
      const stream = streamOf(subject);
      if (!stream) throw new Error("it came by a subject that no stream keeps");
      const json = parsed(dead.payload);
      if (!speaksForItself(stream, subject, json)) {
        log.error({ alert: "forged_event", subject }, "an event is dropped");
        await dropParked(trx, id);
        return "dropped";
      }
      await apply(trx, stream, json);
      await markReplayed(trx, id);
      return "replayed";
    });
  } catch (error) {
    if (!dead) throw error;
    const { aggregate } = dead;
    log.warn({ err: error, aggregate }, "a parked event failed again");
    failing.push(aggregate);
    return "failed";
  }
}
