import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { Batcher } from "./batcher.ts";

interface Item {
  site: string;
  form: string;
  fails?: boolean;
}

function counted(work?: (items: readonly Item[]) => Promise<PromiseSettledResult<string>[]>) {
  const batches: Item[][] = [];
  const gate = { open: Promise.resolve() };
  const batcher = new Batcher<Item, string>({
    atMost: 3,
    underWay: 1,
    groupOf: ({ site }) => site,
    identityOf: ({ form }) => form,
    work: async (items) => {
      batches.push([...items]);
      await gate.open;
      if (work) return work(items);
      if (items.some(({ fails }) => fails)) throw new Error("this batch fails");
      return items.map(({ form }) => ({ status: "fulfilled", value: `sent ${form}` }));
    },
  });
  return {
    batcher,
    batches,
    gate,
    forms: () => batches.map((batch) => batch.map(({ form }) => form).join("")),
  };
}

const form = (name: string, site = "woippy"): Item => ({ site, form: name });

test("what comes together is done together, up to a bound and never for two sites at once", async () => {
  const { batcher, forms } = counted();
  const answers = ["a", "b", "c", "d"].map((name) => batcher.do(form(name)));
  answers.push(batcher.do(form("e", "metz")));
  expect(await Promise.all(answers)).toEqual(["sent a", "sent b", "sent c", "sent d", "sent e"]);
  expect(forms()).toEqual(["abc", "d", "e"]);
});

test("what comes while a batch is under way gathers for the next one", async () => {
  const { batcher, forms, gate } = counted();
  const { promise, resolve } = Promise.withResolvers<void>();
  gate.open = promise;
  const answers = [batcher.do(form("a"))];
  await setImmediate();
  answers.push(batcher.do(form("b")));
  await setImmediate();
  answers.push(batcher.do(form("c")));
  resolve();
  await Promise.all(answers);
  expect(forms()).toEqual(["a", "bc"]);
});

test("the same form sent twice is done in two batches, in order", async () => {
  const { batcher, forms } = counted();
  await Promise.all([batcher.do(form("a")), batcher.do(form("a")), batcher.do(form("b"))]);
  expect(forms()).toEqual(["ab", "a"]);
});

test("one that makes its batch fail fails alone", async () => {
  const { batcher, forms } = counted();
  const answers = await Promise.allSettled([
    batcher.do(form("a")),
    batcher.do({ ...form("b"), fails: true }),
    batcher.do(form("c")),
  ]);
  expect(answers.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect(forms()).toEqual(["abc", "a", "b", "c"]);
});

test("one refused within its batch leaves the others what they became", async () => {
  const { batcher } = counted(async (items) =>
    items.map(({ form: name }) =>
      name === "b"
        ? { status: "rejected", reason: new Error("unknown") }
        : { status: "fulfilled", value: name },
    ),
  );
  const answers = await Promise.allSettled(["a", "b"].map((name) => batcher.do(form(name))));
  expect(answers.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
});
