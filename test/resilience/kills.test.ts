import { afterAll, beforeAll, expect, it } from "vitest";
import { type Desk, openDesk } from "./desk.ts";
import { startLoad } from "./load.ts";
import { becomesEqual, disorder, heldBy, seenCount, watchVersions } from "./projection.ts";
import { eventually, type Member, type SmallFederation, startSmallFederation } from "./small-federation.ts";

// `npm test` kills each victim 5 times, `npm run test:resilience` 40 times.
const KILLS = Number(
  process.env.INTERCO_KILLS ?? (process.env.npm_lifecycle_event === "test:resilience" ? 40 : 5),
);
const TIMEOUT = 60_000 + KILLS * 45_000;

const POINTS = {
  relay: ["before-publish", "after-publish", "before-mark", "after-mark"].map((at) => `interco:relay:${at}`),
  inbox: ["received", "before-commit", "after-commit", "after-ack"].map((at) => `interco:inbox:${at}`),
};

let f: SmallFederation;
let desk: Desk;

beforeAll(async () => {
  f = await startSmallFederation();
  desk = await openDesk(f);
  await Promise.all([watchVersions(f.woippy), watchVersions(f.metz)]);
});

afterAll(async () => {
  await desk?.[Symbol.asyncDispose]();
  await f?.[Symbol.asyncDispose]();
});

it("survives SIGKILL of nats-server under load: nothing lost, nothing doubled, order kept", {
  timeout: TIMEOUT,
}, async () => {
  await using load = startLoad(f, desk);
  for (let kill = 0; kill < KILLS; kill += 1) {
    const before = await seenCount(f.woippy);
    await eventually(async () => expect(await seenCount(f.woippy)).toBeGreaterThan(before));
    await f.nats.kill();
    const filed = load.filed.length;
    // Nobody waits for NATS: requests go on being filed meanwhile.
    await eventually(() => expect(load.filed.length).toBeGreaterThan(filed));
    await f.nats.restart();
  }
  await allIsWell(await load.stop());
});

it("survives SIGKILL of the agglomeration's process at the relay's points and of a commune's at the inbox's, at once, under load", {
  timeout: TIMEOUT,
}, async () => {
  await using load = startLoad(f, desk);
  await Promise.all([killAtPoints(f.hub, POINTS.relay), killAtPoints(f.woippy, POINTS.inbox)]);
  await allIsWell(await load.stop());
});

/** Has the member killed KILLS times, its points in turn, after a few passages each. */
async function killAtPoints(member: Member, points: string[]): Promise<void> {
  await member.kill();
  for (let kill = 0; kill < KILLS; kill += 1) {
    await member.start(`${points[kill % points.length]} ${1 + ((kill * 7) % 11)}`);
    expect(await member.exited()).toBe("SIGKILL");
  }
  await member.start();
}

async function allIsWell(filed: string[]): Promise<void> {
  expect(filed.length).toBeGreaterThan(0);
  await becomesEqual(f, f.woippy);
  await becomesEqual(f, f.metz);
  // Not one acknowledged submission is missing, and each is there once.
  const held = (await heldBy(f.woippy)).map((row) => row.request_id);
  expect(filed.filter((id) => !held.includes(id))).toEqual([]);
  expect(new Set(held).size).toBe(held.length);
  expect(await disorder(f.woippy)).toEqual([]);
  expect(await disorder(f.metz)).toEqual([]);
  const { rows } = await f.woippy.admin.query("select count(*)::int as n from inbox_dead");
  expect(rows).toEqual([{ n: 0 }]);
}
