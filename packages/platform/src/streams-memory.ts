import { type QueryExecutorProvider, sql } from "kysely";

/**
 * Says whether a stream (or a consumer) is the one seen last time, by its creation time, kept in
 * `stream_state`. "changed" means it was lost and made again, empty. `remember` is called once what
 * follows from that is done: a crash in between does it again.
 */
export async function recall(
  db: QueryExecutorProvider,
  name: string,
  createdAt: Date,
): Promise<{ seen: "first" | "same" | "changed"; remember: () => Promise<void> }> {
  const { rows } = await sql<{ created_at: Date }>`
    select created_at from stream_state where name = ${name}
  `.execute(db);
  const before = rows[0]?.created_at.getTime();
  const seen = before === undefined ? "first" : before === createdAt.getTime() ? "same" : "changed";
  const remember = async () => {
    if (seen === "same") return;
    await sql`
      insert into stream_state (name, created_at) values (${name}, ${createdAt})
      on conflict (name) do update set created_at = excluded.created_at
    `.execute(db);
  };
  return { seen, remember };
}
