import { surviveLostConnections } from "@interco/platform/postgres";
import pg from "pg";
import { newSigningKey } from "./signing-key.ts";
import {
  type KeyAlg,
  type KeyState,
  SigningKeyRepository,
  type StoredKey,
} from "./signing-key-repository.ts";

const ALGS: readonly KeyAlg[] = ["ES256", "RS256", "cookies"];
/** Longer than any session, whose ID token may come back as a hint at logout, and whose cookie was signed at its beginning. */
const PUBLISHED_AFTER_MS = 24 * 60 * 60 * 1000;
/** Running services look for new keys more often than this: all of them know a key before it signs. */
export const KEY_SETTLING_MS = 60_000;

export class KeysTooYoung extends Error {
  override readonly name = "KeysTooYoung";
}

/** Makes sure that tokens of each algorithm, and cookies, have a key that signs and one that is ready. Returns how many it made. */
export async function ensureSigningKeys(ownerUrl: string, sealingKey: Buffer): Promise<number> {
  return asOwner(ownerUrl, async (keys, known) => {
    let made = 0;
    for (const alg of ALGS) {
      for (const state of ["current", "next"] as const) {
        if (find(known, alg, state)) continue;
        await keys.add({ ...(await newSigningKey(alg, sealingKey)), state });
        made += 1;
      }
    }
    return made;
  });
}

/**
 * The ready keys begin to sign, those that signed stay published for a day, and new ones are published.
 * No sign-in fails: what a key signs, every site (and, of cookies, every process of this service) can verify before and after.
 *
 * @throws KeysTooYoung when the ready keys were made less than a minute ago (unless `now` is later).
 */
export async function rotateSigningKeys(
  ownerUrl: string,
  sealingKey: Buffer,
  now = new Date(),
): Promise<void> {
  await asOwner(ownerUrl, async (keys, known) => {
    const young = ALGS.some(
      (alg) => now.getTime() - (find(known, alg, "next")?.createdAt.getTime() ?? 0) < KEY_SETTLING_MS,
    );
    if (young) throw new KeysTooYoung("The next keys were made less than a minute ago: rotate again then.");
    for (const alg of ALGS) {
      const made = await newSigningKey(alg, sealingKey);
      await keys.move(alg, "current", "retired");
      await keys.move(alg, "next", "current");
      await keys.add({ ...made, state: "next" });
    }
    await keys.removeRetiredBefore(new Date(now.getTime() - PUBLISHED_AFTER_MS));
  });
}

function find(known: StoredKey[], alg: KeyAlg, state: KeyState): StoredKey | undefined {
  return known.find((key) => key.alg === alg && key.state === state);
}

async function asOwner<T>(
  ownerUrl: string,
  work: (keys: SigningKeyRepository, known: StoredKey[]) => Promise<T>,
): Promise<T> {
  const pool = new pg.Pool({ connectionString: ownerUrl, max: 1 });
  surviveLostConnections(pool);
  const client = await pool.connect();
  try {
    await client.query("begin");
    // Two rotations at once would leave an algorithm without a key that is ready.
    await client.query("lock table signing_key in exclusive mode");
    const keys = new SigningKeyRepository(client);
    const result = await work(keys, await keys.list());
    await client.query("commit");
    return result;
  } catch (error) {
    await client.query("rollback");
    throw error;
  } finally {
    client.release();
    await pool.end();
  }
}
