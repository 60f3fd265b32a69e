import { sql } from "kysely";
import type { Database } from "../database.ts";

const BATCH = 500;
const REFUSED_DAYS = 90;

/**
 * Removes expired drafts with their files, and events refused so long ago that only a repair could bring what they told, in
 * batches that hold no lock for long.
 */
export async function forgetExpired(db: Database, hosted: readonly string[]): Promise<void> {
  await untilNone(() =>
    db.within({ entities: hosted }, async (trx) => {
      const { numAffectedRows } = await sql`
        with old as (select token_hash, request_id from draft where expires_at < now() limit ${BATCH} for update skip locked),
          kept as (update file set draft_hash = null from old where file.draft_hash = old.token_hash and file.request_id is not null),
          dropped as (delete from file using old where file.draft_hash = old.token_hash and file.request_id is null)
        delete from draft using old where draft.token_hash = old.token_hash`.execute(trx);
      return Number(numAffectedRows ?? 0);
    }),
  );
  await untilNone(() =>
    db.within({ entities: hosted }, async (trx) => {
      const { numAffectedRows } = await sql`
        delete from inbox_dead where ctid = any (array(
          select ctid from inbox_dead where since < now() - make_interval(days => ${REFUSED_DAYS}) limit ${BATCH}))`.execute(
        trx,
      );
      return Number(numAffectedRows ?? 0);
    }),
  );
}

async function untilNone(remove: () => Promise<number>): Promise<void> {
  while ((await remove()) === BATCH);
}
