import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { Calm } from "./calm.ts";

test("work that can wait begins at once when nobody is being answered", async () => {
  await new Calm().comes(60_000);
});

test("it waits until the last answer is given, and no longer", async () => {
  const calm = new Calm();
  const [first, second] = [calm.begin(), calm.begin()];
  let came = false;
  const coming = calm.comes(60_000).then(() => (came = true));
  first();
  first();
  await setImmediate();
  expect(came).toBe(false);
  second();
  await coming;
});

test("its patience ends, and so does it when the process stops", async () => {
  const calm = new Calm();
  calm.begin();
  await calm.comes(1);
  const stopping = new AbortController();
  const coming = calm.comes(60_000, stopping.signal);
  stopping.abort();
  await coming;
});
