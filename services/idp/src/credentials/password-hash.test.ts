import { expect, test } from "vitest";
import { BoundedWork, TooBusy } from "./bounded-work.ts";
import { isOutdated, PasswordHasher } from "./password-hash.ts";

const hasher = new PasswordHasher(Buffer.alloc(32, 1));

test("a password is verified by its hash, under the same pepper only", async () => {
  const hash = await hasher.hash("un mot de passe assez long");
  expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  expect(await hasher.verify(hash, "un mot de passe assez long")).toBe(true);
  expect(await hasher.verify(hash, "un autre mot de passe")).toBe(false);
  expect(await new PasswordHasher(Buffer.alloc(32, 2)).verify(hash, "un mot de passe assez long")).toBe(
    false,
  );
});

test("the same word typed on another keyboard is the same password", async () => {
  const hash = await hasher.hash("caf\u00e9 au lait, deux sucres");
  expect(await hasher.verify(hash, "cafe\u0301 au lait, deux sucres")).toBe(true);
});

test("an account that doesn't exist takes as long as a wrong password", async () => {
  const hash = await hasher.hash("un mot de passe assez long");
  const fastest: Record<string, number> = {};
  for (let round = 0; round < 10; round++) {
    for (const [name, stored] of Object.entries({ known: hash, unknown: undefined })) {
      const from = performance.now();
      expect(await hasher.verify(stored, "un mauvais mot de passe")).toBe(false);
      fastest[name] = Math.min(fastest[name] ?? Number.POSITIVE_INFINITY, performance.now() - from);
    }
  }
  // Without a hash the answer would come a hundred times faster; the rest is a busy machine.
  const ratio = (fastest.unknown ?? 0) / (fastest.known ?? 1);
  expect(ratio).toBeGreaterThan(0.3);
  expect(ratio).toBeLessThan(3);
});

test("no more runs at once than may, and who comes after a full queue is told so", async () => {
  const work = new BoundedWork({ running: 2, waiting: 3 });
  let running = 0;
  let most = 0;
  const release: (() => void)[] = [];
  const slow = async () => {
    running += 1;
    most = Math.max(most, running);
    await new Promise<void>((resolve) => release.push(resolve));
    running -= 1;
  };
  const all = Array.from({ length: 5 }, () => work.run(slow));
  await expect(work.run(slow)).rejects.toBeInstanceOf(TooBusy);
  for (let done = 0; done < 5; done++) {
    await expect.poll(() => release.length).toBeGreaterThan(0);
    release.shift()?.();
  }
  await Promise.all(all);
  expect(most).toBe(2);
});

test("what nobody waits for is done when nothing else runs, and not at all otherwise", async () => {
  const work = new BoundedWork({ running: 2, waiting: 3 });
  let release = () => {};
  const slow = work.run(() => new Promise<void>((resolve) => (release = resolve)));
  expect(await work.runWhenIdle(async () => "done")).toBeUndefined();
  release();
  await slow;
  expect(await work.runWhenIdle(async () => "done")).toBe("done");
});

test("a hash of other parameters or of another algorithm is outdated", async () => {
  expect(isOutdated(await hasher.hash("un mot de passe assez long"))).toBe(false);
  expect(isOutdated("$argon2id$v=19$m=47104,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$AAAA")).toBe(true);
  expect(isOutdated("$argon2i$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$AAAA")).toBe(true);
});
