import { authorisationGranted } from "@interco/contracts/events/authorisation-granted";
import { type EntityEvent, readEntity } from "@interco/contracts/events/event-list";
import { expect, it } from "vitest";
import { eventually, HUB, log, METZ, startTransport, WOIPPY } from "../test/transport-fixture.ts";
import type { Schema } from "../test/transport-records.ts";
import { InboxConsumer } from "./inbox.ts";
import { eventLine } from "./outbox.ts";
import { HUB_CONSUMER } from "./streams.ts";

it("takes an entity's word from that entity's subject only, and lets nobody's poison hold up another", async () => {
  await using t = await startTransport();
  const applied: string[] = [];
  const inbox = new InboxConsumer<Schema, EntityEvent>({
    entity: HUB,
    stream: "ENTITY",
    durable: HUB_CONSUMER,
    nats: t.hubLink,
    db: t.hubDb,
    log,
    read: readEntity,
    apply: async (_trx, event) => void applied.push(`${event.source} ${event.subject}`),
  });
  inbox.start();
  const woippy = await t.communeLink.connected();
  const hub = await t.hubLink.connected();
  const granted = (from: string, aggregate: string) =>
    eventLine(authorisationGranted, {
      from,
      aggregate,
      data: { version: 1, agentId: aggregate, rights: ["process"] },
    });
  const say = (connection: typeof hub, line: ReturnType<typeof granted>, from: string, event: object) =>
    connection.request(
      (line.subject ?? "").replace(line.event?.source.slice(-12) ?? "", from),
      JSON.stringify(event),
    );

  const forged = granted(METZ, "thief");
  await say(woippy, forged, WOIPPY, forged.event ?? {});
  await say(woippy, forged, WOIPPY, { source: `urn:interco:entity:${METZ}`, subject: "shared-code" });
  // Unreadable, and honest about who says it: parked, with what Woippy says of the same thing and nobody else.
  await say(woippy, forged, WOIPPY, { source: `urn:interco:entity:${WOIPPY}`, subject: "shared-code" });
  const blocked = granted(WOIPPY, "shared-code");
  await say(woippy, blocked, WOIPPY, blocked.event ?? {});
  const free = granted(METZ, "shared-code");
  await say(hub, free, METZ, free.event ?? {});

  await eventually(() => expect(applied).toEqual([`urn:interco:entity:${METZ} shared-code`]));
  await eventually(() => expect(inbox.stats.parked).toBe(1));
  const { rows } = await t.hubAdmin.query("select aggregate from inbox_dead order by id");
  expect(rows).toEqual([{ aggregate: `${WOIPPY}/shared-code` }, { aggregate: `${WOIPPY}/shared-code` }]);
  await inbox.stop();
});
