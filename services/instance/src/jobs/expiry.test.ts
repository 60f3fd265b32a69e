import { newId } from "@interco/platform/ids";
import { connectDatabase } from "@interco/platform/postgres";
import { sql } from "kysely";
import { expect, it } from "vitest";
import { createTestInstance, IDS } from "../../test/test-instance.ts";
import type { DB } from "../schema.ts";
import { forgetExpired } from "./expiry-repository.ts";

it("keeps a refused event ninety days", async () => {
  await using instance = await createTestInstance();
  const worker = connectDatabase<DB>(instance.database.worker, { max: 1, name: "expiry" });
  for (const days of [1, 89, 91, 400])
    await sql`
      insert into inbox_dead (event_id, entity, aggregate, subject, payload, error, attempts, since)
      values (${newId()}, ${IDS.woippy}, ${String(days)}, 'shared', '{}', '', 5, now() - make_interval(days => ${days}))`.execute(
      instance.deps.db.open,
    );
  await forgetExpired(worker, [IDS.woippy]);
  const left = await instance.deps.db.open
    .selectFrom("inbox_dead")
    .select("aggregate")
    .orderBy("id")
    .execute();
  expect(left.map(({ aggregate }) => aggregate)).toEqual(["1", "89"]);
  await worker.close();
});
