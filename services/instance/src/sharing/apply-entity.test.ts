import { type EventDefinition, makeEvent } from "@interco/contracts/cloud-event";
import type { EntityEvent } from "@interco/contracts/events/event-list";
import { profileChanged } from "@interco/contracts/events/profile-changed";
import { projectionDigest } from "@interco/contracts/events/projection-digest";
import type { TerritoryEntity } from "@interco/contracts/instance-seed";
import { newId } from "@interco/platform/ids";
import { sql } from "kysely";
import pg from "pg";
import { expect, it } from "vitest";
import { createTestInstance, IDS, TERRITORY, type TestInstance } from "../../test/test-instance.ts";
import { senderAddress } from "../letters/letter-writer.ts";
import { seedInstance } from "../seed.ts";
import { applyEntity } from "./apply-entity.ts";

it("answers an entity that restarts or asks for a rebuild, and no longer one that goes on asking", async () => {
  await using hub = await createTestInstance({ hosts: ["metropole"] });
  const digest = (cause: string) => ({ version: 1, takenAt: new Date().toISOString(), cause, months: [] });
  const ask = async (entity: string, cause: string, times: number) => {
    const before = await answers(hub, entity);
    for (let time = 0; time < times; time += 1) await say(hub, entity, projectionDigest, digest(cause));
    return (await answers(hub, entity)) - before;
  };
  expect(await ask(IDS.woippy, "rebuild", 12)).toBe(8);
  // Comparing costs less, and its allowance is another.
  expect(await ask(IDS.woippy, "start", 5)).toBe(5);
  expect(await ask(IDS.woippy, "hourly", 100)).toBe(30 - 12 - 5);
  expect(await ask(IDS.metz, "rebuild", 1)).toBe(1);
  // An hour later.
  await sql`
    update projection_state set digests_paid_until = digests_paid_until - interval '1 hour',
      repairs_paid_until = repairs_paid_until - interval '1 hour' where entity = ${IDS.woippy}`.execute(
    hub.deps.db.open,
  );
  expect(await ask(IDS.woippy, "hourly", 1)).toBe(1);
  expect(await ask(IDS.woippy, "rebuild", 12)).toBe(3);
});

it("lets an entity change its name and its looks, and not the address mails are sent from", async () => {
  await using hub = await createTestInstance({ hosts: ["metropole"] });
  const { territory } = hub.deps;
  const [registered, theft] = ["ne-pas-repondre@woippy.test", "prefet@moselle.test"];
  await setSender(hub, IDS.woippy, registered);
  for (const id of [IDS.woippy, IDS.metz]) {
    const { brand, logoSvg, ...entity } = territory.getById(id);
    const { name, liaison, shortName, siteUrl } = entity;
    const contact = { ...entity.contact, email: theft };
    const theme = { brand: "#123456", logoSvg };
    const looks = { name, fullName: "Ville nouvelle", shortName, liaison, theme, contact, siteUrl };
    await say(hub, id, profileChanged, { version: 9, ...looks, mailSender: theft });
  }
  await territory.changed();
  const [woippy, metz, owner] = [IDS.woippy, IDS.metz, IDS.metropole].map((id) => territory.getById(id));
  if (!woippy || !metz || !owner) throw new Error("the territory has lost an entity");
  expect(woippy).toMatchObject({ fullName: "Ville nouvelle", brand: "#123456", mailSender: registered });
  expect(metz).toMatchObject({ fullName: "Ville nouvelle", contact: { email: theft }, mailSender: null });
  expect(senderAddress(woippy, owner)).toBe(registered);
  // Nothing is registered for Metz: its name, and the agglomeration's address.
  expect(senderAddress(metz, owner)).toBe(owner.contact.email);
});

it("keeps what an entity said of itself when the territory is described again, and tells the others so", async () => {
  await using hub = await createTestInstance({ hosts: ["metropole"] });
  const { territory } = hub.deps;
  const { brand: _, logoSvg, ...before } = territory.getById(IDS.woippy);
  const { name, liaison, shortName, siteUrl, contact } = before;
  const theme = { brand: "#123456", logoSvg };
  const looks = { name, fullName: "Ville nouvelle", shortName, liaison, theme, contact, siteUrl };
  await say(hub, IDS.woippy, profileChanged, { version: 9, ...looks, mailSender: null });
  const seed = (described: Partial<TerritoryEntity>) =>
    seedInstance(hub.config, {
      territory: TERRITORY.map((entity) =>
        entity.kind === "commune" ? { ...entity, ...described } : entity,
      ),
      hosted: [IDS.metropole],
      procedures: [],
      dispatchTables: [],
      teams: [],
      agents: [],
    });
  expect(await seed({})).toBe(0);
  // Where its mails come from isn't for it to say, and is as registered; Metz has said nothing.
  expect(await seed({ fullName: "Hôtel de ville", mailSender: "ne-pas-repondre@metropole.test" })).toBe(3);
  await territory.changed();
  const [woippy, metz] = [territory.getById(IDS.woippy), territory.getById(IDS.metz)];
  expect(woippy).toMatchObject({ fullName: "Ville nouvelle", brand: "#123456" });
  expect(woippy.mailSender).toBe("ne-pas-repondre@metropole.test");
  expect(metz.fullName).toBe("Hôtel de ville");
  const { rows } = await outboxOf(hub, "catalogue.territory.changed");
  const told = JSON.parse(rows.at(-1)?.payload ?? "{}").data.entities as { id: string; fullName: string }[];
  expect(told.find(({ id }) => id === IDS.woippy)).toMatchObject({ fullName: "Ville nouvelle" });
});

async function outboxOf({ database }: TestInstance, subject: string) {
  const client = new pg.Client({ connectionString: database.admin });
  await client.connect();
  const found = await client.query<{ payload: string }>(
    "select payload from outbox where subject = $1 order by seq",
    [subject],
  );
  await client.end();
  return found;
}

async function setSender({ deps }: TestInstance, id: string, address: string): Promise<void> {
  await deps.db.open.updateTable("entity").set({ mail_sender: address }).where("id", "=", id).execute();
}

async function say(
  { deps }: TestInstance,
  from: string,
  definition: EventDefinition,
  data: unknown,
): Promise<void> {
  const event = makeEvent(definition, { id: newId(), from, subject: from, time: new Date(), data });
  const about = { hub: IDS.metropole, log: deps.log };
  await deps.db.within({ entities: [IDS.metropole] }, (trx) => applyEntity(trx, about, event as EntityEvent));
}

/** How many comparisons an entity was answered. */
async function answers({ database }: TestInstance, entity: string): Promise<number> {
  const client = new pg.Client({ connectionString: database.admin });
  await client.connect();
  const { rows } = await client.query<{ count: number }>(
    "select count(*)::int as count from outbox where subject like $1",
    [`shared.${entity}.%.reconciled`],
  );
  await client.end();
  return rows[0]?.count ?? 0;
}
