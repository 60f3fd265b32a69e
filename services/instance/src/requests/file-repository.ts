import { newId } from "@interco/platform/ids";
import type { Selectable } from "kysely";
import type { Transaction } from "../database.ts";
import type { File as FileTable } from "../schema.ts";
import type { StoredFile } from "./file.ts";
import type { CleanImage } from "./file-image.ts";

// This file alone knows where the bytes are: object storage can take their place here.

const COLUMNS = ["id", "entity", "field", "name", "media_type", "size"] as const;

/** Keeps a photo with a draft. */
export async function insertDraftFile(
  trx: Transaction,
  file: { entity: string; draftHash: Buffer; field: string; name: string; image: CleanImage },
): Promise<string> {
  const id = newId();
  await trx
    .insertInto("file")
    .values({
      id,
      entity: file.entity,
      draft_hash: file.draftHash,
      field: file.field,
      name: file.name,
      media_type: file.image.mediaType,
      size: file.image.bytes.length,
    })
    .execute();
  await trx.insertInto("file_content").values({ file_id: id, bytes: file.image.bytes }).execute();
  return id;
}

/** The photos of a draft, in the order they came. */
export async function listDraftFiles(trx: Transaction, draftHash: Buffer): Promise<StoredFile[]> {
  const rows = await trx
    .selectFrom("file")
    .select(COLUMNS)
    .where("draft_hash", "=", draftHash)
    .orderBy("id")
    .execute();
  return rows.map(fromRow);
}

export async function removeDraftFiles(
  trx: Transaction,
  draftHash: Buffer,
  ids: readonly string[],
): Promise<void> {
  if (ids.length === 0) return;
  await trx
    .deleteFrom("file")
    .where("draft_hash", "=", draftHash)
    .where("request_id", "is", null)
    .where("id", "in", [...ids])
    .execute();
}

/** The photos of a request this transaction may read. */
export async function listRequestFiles(trx: Transaction, requestId: string): Promise<StoredFile[]> {
  const rows = await trx
    .selectFrom("file")
    .select(COLUMNS)
    .where("request_id", "=", requestId)
    .orderBy("id")
    .execute();
  return rows.map(fromRow);
}

/** One photo of a draft or of a request, with its bytes. */
export async function findFile(
  trx: Transaction,
  id: string,
  of: { draftHash: Buffer } | { requestId: string },
): Promise<(StoredFile & { bytes: Buffer }) | undefined> {
  const query = trx
    .selectFrom("file")
    .innerJoin("file_content", "file_content.file_id", "file.id")
    .select([...COLUMNS, "bytes"])
    .where("id", "=", id);
  const row = await ("draftHash" in of
    ? query.where("draft_hash", "=", of.draftHash)
    : query.where("request_id", "=", of.requestId)
  ).executeTakeFirst();
  return row && { ...fromRow(row), bytes: row.bytes };
}

function fromRow(row: Pick<Selectable<FileTable>, (typeof COLUMNS)[number]>): StoredFile {
  return {
    id: row.id,
    entity: row.entity,
    field: row.field,
    name: row.name,
    mediaType: row.media_type,
    size: row.size,
  };
}
