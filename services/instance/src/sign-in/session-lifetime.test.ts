import { hashToken } from "@interco/platform/secrets";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { createTestInstance, type TestInstance } from "../../test/test-instance.ts";
import { signedIn } from "../../test/test-session.ts";
import { removeExpired } from "./session-repository.ts";

let instance: TestInstance;
const sql = (text: string, values: unknown[] = []) => instance.deps.db.pool.query(text, values);

beforeAll(async () => {
  instance = await createTestInstance();
});
afterAll(() => instance?.[Symbol.asyncDispose]());
beforeEach(() => sql("delete from session"));

const knows = async (headers: Record<string, string>) =>
  (await instance.http.inject({ url: "/deconnexion", headers })).statusCode === 200;
const endsIn = async (token: string) => {
  const { rows } = await sql(
    "select extract(epoch from expires_at - now()) / 60 as minutes from session where id_hash = $1",
    [hashToken(token)],
  );
  return Math.round(Number(rows[0].minutes));
};

it("a session ends after half an hour without a request, and each request gives it half an hour more", async () => {
  const { headers, token } = await signedIn(instance);
  await sql(
    "update session set created_at = now() - interval '1 hour', expires_at = now() + interval '1 minute'",
  );
  expect(await knows(headers)).toBe(true);
  expect(await endsIn(token)).toBe(30);
  await sql("update session set expires_at = now() - interval '1 second'");
  expect(await knows(headers)).toBe(false);
});

it("a session never lasts longer than twelve hours", async () => {
  const { headers, token } = await signedIn(instance);
  await sql(
    "update session set created_at = now() - interval '11 hours 50 minutes', expires_at = now() + interval '1 minute'",
  );
  expect(await knows(headers)).toBe(true);
  expect(await endsIn(token)).toBe(10);
});

it("the token itself is stored nowhere", async () => {
  const { token } = await signedIn(instance);
  const { rows } = await sql("select session::text as row from session");
  expect(rows[0].row).not.toContain(token);
  expect(rows[0].row).toContain(hashToken(token).toString("hex"));
});

it("ended sessions are removed in batches, those in use stay", async () => {
  const kept = await signedIn(instance);
  for (let ended = 0; ended < 5; ended++) {
    const { token } = await signedIn(instance);
    await sql("update session set expires_at = now() - interval '1 day' where id_hash = $1", [
      hashToken(token),
    ]);
  }
  expect(await removeExpired(instance.deps.db, 3)).toBe(3);
  expect(await removeExpired(instance.deps.db, 3)).toBe(2);
  expect(await removeExpired(instance.deps.db, 3)).toBe(0);
  expect(await knows(kept.headers)).toBe(true);
});
