import { runStatement, type Statement } from "@interco/platform/statement";
import { type Selectable, sql } from "kysely";
import type { Transaction } from "../database.ts";
import type { Draft as DraftTable } from "../schema.ts";
import { DRAFT_HOURS, type Draft, type FiledFor, type Typed } from "./draft.ts";
import type { StoredFile } from "./file.ts";

// By name: of `*` a connection's prepared statements fail once a migration adds or drops a column.
const COLUMNS = [
  "token_hash",
  "entity",
  "procedure_slug",
  "procedure_version",
  "answers",
  "from_commune",
  "filed_for",
  "lang",
  "request_id",
  "tracking_sealed",
  "expires_at",
] as const;
type DraftRow = Pick<Selectable<DraftTable>, (typeof COLUMNS)[number]>;

/** Begins a draft. The transaction is scoped to the site it is begun on. */
export async function insertDraft(
  trx: Transaction,
  draft: Pick<
    Draft,
    "hash" | "entity" | "procedureSlug" | "procedureVersion" | "typed" | "fromCommune" | "filedFor" | "lang"
  >,
): Promise<void> {
  await trx
    .insertInto("draft")
    .values({
      token_hash: draft.hash,
      entity: draft.entity,
      procedure_slug: draft.procedureSlug,
      procedure_version: draft.procedureVersion,
      answers: JSON.stringify(draft.typed),
      from_commune: draft.fromCommune,
      filed_for: draft.filedFor && JSON.stringify(draft.filedFor),
      lang: draft.lang,
      expires_at: lasting(),
    })
    .execute();
}

/** The draft of a token, undefined once it has expired. */
export async function findDraft(trx: Transaction, hash: Buffer): Promise<Draft | undefined> {
  const row = await byHash(trx, hash).executeTakeFirst();
  return row && fromRow(row);
}

const LOCK_DRAFTS: Statement = {
  name: "lock-drafts",
  // In an order of their own: two batches that share a draft wait for each other one way only.
  text: `select ${COLUMNS.join()}, array(
      select json_build_object('id', file.id, 'field', file.field) from file
      where file.draft_hash = draft.token_hash order by file.id) as files
    from draft where token_hash = any ($1::bytea[]) and expires_at > now() order by token_hash for update`,
};

export interface LockedDraft {
  draft: Draft;
  files: Pick<StoredFile, "id" | "field">[];
}

/**
 * Drafts with their photos, by the hex of their hash, kept from whoever sends them at the same moment: the second one finds the
 * request the first one filed. One statement: sending counts its trips.
 */
export async function lockDrafts(
  trx: Transaction,
  hashes: readonly Buffer[],
): Promise<Map<string, LockedDraft>> {
  const { rows } = await runStatement<DraftRow & Pick<LockedDraft, "files">>(trx, LOCK_DRAFTS, [hashes]);
  return new Map(
    rows.map((row) => [row.token_hash.toString("hex"), { draft: fromRow(row), files: row.files }]),
  );
}

/** Keeps what was typed, and the draft for another day. One that has been sent no longer changes. */
export async function keepTyped(trx: Transaction, hash: Buffer, typed: Typed): Promise<void> {
  await trx
    .updateTable("draft")
    .set({ answers: JSON.stringify(typed), expires_at: lasting() })
    .where("token_hash", "=", hash)
    .where("request_id", "is", null)
    .execute();
}

const byHash = (trx: Transaction, hash: Buffer) =>
  trx
    .selectFrom("draft")
    .select(COLUMNS)
    .where("token_hash", "=", hash)
    .where("expires_at", ">", sql<Date>`now()`);

const lasting = () => sql<Date>`now() + make_interval(hours => ${DRAFT_HOURS})`;

function fromRow(row: DraftRow): Draft {
  return {
    hash: row.token_hash,
    entity: row.entity,
    procedureSlug: row.procedure_slug,
    procedureVersion: row.procedure_version,
    typed: row.answers as Typed,
    fromCommune: row.from_commune,
    filedFor: row.filed_for as FiledFor | null,
    lang: row.lang as Draft["lang"],
    requestId: row.request_id,
    trackingSealed: row.tracking_sealed,
    expiresAt: row.expires_at,
  };
}
