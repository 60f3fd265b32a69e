import { readShared } from "@interco/contracts/events/event-list";
import { InboxConsumer } from "@interco/platform/inbox";
import { JobMaker } from "@interco/platform/job-maker";
import { createLog } from "@interco/platform/log";
import { NatsLink } from "@interco/platform/nats";
import { COMMUNE_API_PREFIX } from "@interco/platform/nats-accounts";
import { connectDatabase } from "@interco/platform/postgres";
import { Relay } from "@interco/platform/relay";
import {
  HUB,
  recordApplied,
  recordJobs,
  type Schema,
  WOIPPY,
} from "../../packages/platform/test/transport-records.ts";

/** One half of the transport as a process of its own, so that a test can kill it: `relay` or `inbox`. */
const [half] = process.argv.slice(2);
const { url, user, password, database } = JSON.parse(process.env.TRANSPORT ?? "{}");
const log = createLog(String(half), "warn");
const nats = new NatsLink({ url, user, password, name: user, development: true });

if (half === "relay") {
  new Relay({ database, entities: [HUB], nats, log }).start();
  const db = connectDatabase<unknown>(database, { max: 2, name: "hub-worker" });
  new JobMaker({ db, entities: [HUB], log, addJobs: recordJobs }).start();
} else {
  new InboxConsumer({
    entity: WOIPPY,
    stream: "SHARED",
    nats,
    apiPrefix: COMMUNE_API_PREFIX,
    db: connectDatabase<Schema>(database, { max: 2, name: "commune" }),
    log,
    read: readShared,
    apply: recordApplied,
  }).start();
}
