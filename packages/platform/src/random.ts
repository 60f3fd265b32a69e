import { randomBytes } from "node:crypto";

const FETCHED = 4096;
let fetched = Buffer.alloc(0);
let used = 0;

/**
 * Random bytes from the system's generator, fetched some thousands at a time: each fetch costs as much as a small query's
 * share. Nobody is given the same ones twice. At most 1,024.
 */
export function freshRandom(bytes: number): Buffer {
  if (bytes > 1_024) throw new Error("ask node:crypto for that many random bytes");
  if (used + bytes > fetched.length) {
    fetched = randomBytes(FETCHED);
    used = 0;
  }
  used += bytes;
  return fetched.subarray(used - bytes, used);
}
