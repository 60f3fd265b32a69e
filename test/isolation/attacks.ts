import { headers, type NatsConnection } from "@nats-io/transport-node";

/** Entities of the attack: Woippy's account tries to reach Metz's. */
export const WOIPPY = "w0ippyaaaaaa";
export const METZ = "metzaaaaaaaa";
export const MARLY = "mar1yaaaaaaa";

/** One thing a commune's account may never do, tried as its user with a bare client. */
export interface Attack {
  name: string;
  /** Must reject, or change and reveal nothing: the test compares the hub's state and looks for the canary. */
  attempt: (attacker: NatsConnection) => Promise<unknown>;
  /** True where the server gives no answer to a publish: only the state tells. */
  silent?: boolean;
}

const PREFIXES = ["$JS.API", "hub.API", "$JS.hub.API"];

/** JetStream's API calls nobody but the hub may make, under every prefix a commune could try. */
const API_CALLS: [string, string][] = [
  ["INFO", ""],
  ["ACCOUNT.PURGE.HUB", ""],
  ["STREAM.LIST", ""],
  ["STREAM.NAMES", ""],
  ["STREAM.INFO.SHARED", ""],
  ["STREAM.PURGE.SHARED", "{}"],
  ["STREAM.PURGE.SHARED", json({ filter: `shared.${METZ}.>` })],
  ["STREAM.DELETE.SHARED", ""],
  ["STREAM.CREATE.STOLEN", json({ name: "STOLEN", subjects: [`shared.${METZ}.>`] })],
  ["STREAM.CREATE.MIRROR", json({ name: "MIRROR", mirror: { name: "SHARED" } })],
  ["STREAM.UPDATE.SHARED", json({ name: "SHARED", subjects: ["shared.>"], max_msgs: 1 })],
  ["STREAM.SNAPSHOT.SHARED", json({ deliver_subject: "_INBOX.stolen" })],
  ["STREAM.MSG.GET.SHARED", json({ seq: 1 })],
  ["STREAM.MSG.GET.SHARED", json({ last_by_subj: `shared.${METZ}.*.*` })],
  ["STREAM.MSG.DELETE.SHARED", json({ seq: 1 })],
  ["DIRECT.GET.SHARED", json({ seq: 1 })],
  [`DIRECT.GET.SHARED.shared.${METZ}.>`, ""],
  ["CONSUMER.LIST.SHARED", ""],
  ["CONSUMER.NAMES.SHARED", ""],
  ["CONSUMER.CREATE.SHARED", consumer({ deliver_subject: "_INBOX.stolen" })],
  ["CONSUMER.CREATE.SHARED.thief", consumer({ name: "thief" })],
  [`CONSUMER.CREATE.SHARED.thief.shared.${METZ}.>`, consumer({ filter_subject: `shared.${METZ}.>` })],
  ["CONSUMER.DURABLE.CREATE.SHARED.thief", consumer({ durable_name: "thief" })],
  [
    `CONSUMER.DURABLE.CREATE.SHARED.${WOIPPY}`,
    consumer({ durable_name: WOIPPY, filter_subject: "shared.>" }),
  ],
  [`CONSUMER.DELETE.SHARED.${WOIPPY}`, ""],
  [`CONSUMER.DELETE.SHARED.${METZ}`, ""],
  [`CONSUMER.INFO.SHARED.${METZ}`, ""],
  [`CONSUMER.INFO.CATALOGUE.${METZ}`, ""],
  ["CONSUMER.INFO.ENTITY.hub", ""],
  [`CONSUMER.MSG.NEXT.SHARED.${METZ}`, json({ batch: 10, no_wait: true })],
  [`CONSUMER.MSG.NEXT.CATALOGUE.${METZ}`, json({ batch: 10, no_wait: true })],
  ["CONSUMER.MSG.NEXT.ENTITY.hub", json({ batch: 10, no_wait: true })],
  ["CONSUMER.MSG.NEXT.SHARED.*", json({ batch: 10, no_wait: true })],
  ["CONSUMER.LEADER.STEPDOWN.SHARED.hub", ""],
  ["STREAM.LEADER.STEPDOWN.SHARED", ""],
  ["META.LEADER.STEPDOWN", ""],
];

const requests: Attack[] = [
  ...PREFIXES.flatMap((prefix) =>
    API_CALLS.map(([call, body]) => ask(`${prefix}.${call}`, body, body ? ` ${body}` : "")),
  ),
  ask(`entity.${METZ}.profile.changed`, "{}"),
  ask(`entity.${METZ}.authorisation.granted`, "{}"),
  ask(`shared.${METZ}.forged.changed`, "{}"),
  ask(`shared.${WOIPPY}.forged.changed`, "{}"),
  ask("catalogue.procedure.published", "{}"),
  ask("$SYS.REQ.SERVER.PING", ""),
  ask("$SYS.REQ.ACCOUNT.HUB.CONNZ", ""),
  ask("$SYS.REQ.ACCOUNT.PING.SUBSZ", "{}"),
  ask("$SYS.ACCOUNT.HUB.CONNECT", "{}"),
];

const ACKS = ["+ACK", "-NAK", "+TERM", "+WPI", '+NXT {"batch": 10}'];

/** An acknowledgement answers nothing: what it did shows in the consumer's state alone. */
const acknowledgements: Attack[] = ACKS.flatMap((word) =>
  [
    `$JS.ACK.SHARED.${METZ}.1.1.1.1700000000000000000.1`,
    "$JS.ACK.ENTITY.hub.1.1.1.1700000000000000000.1",
  ].map((subject) => publish(`${word} on ${subject}`, subject, word, "_INBOX.stolen")),
);

/**
 * The deputy: JetStream delivers to whatever reply subject a pull names. In one shared account that would
 * let a commune have the server publish as somebody else.
 */
const deputies: Attack[] = [
  `shared.${METZ}.forged.changed`,
  `entity.${METZ}.profile.changed`,
  "catalogue.procedure.published",
  "$JS.API.STREAM.PURGE.SHARED",
  `$JS.API.CONSUMER.DELETE.SHARED.${METZ}`,
  `$JS.ACK.SHARED.${METZ}.1.1.1.1700000000000000000.1`,
  `hub.API.CONSUMER.MSG.NEXT.SHARED.${METZ}`,
].map((reply) =>
  publish(
    `own pull answered to ${reply}`,
    `hub.API.CONSUMER.MSG.NEXT.SHARED.${WOIPPY}`,
    json({ batch: 1, no_wait: true }),
    reply,
  ),
);

const forgedHeaders: Attack = {
  name: "a Nats-Request-Info header that claims another account",
  attempt: (nc) => {
    const forged = headers();
    forged.set("Nats-Request-Info", json({ acc: "HUB", user: "metropole" }));
    return nc.request(`hub.API.CONSUMER.INFO.SHARED.${METZ}`, "", { timeout: 500, headers: forged });
  },
};

/** What a commune may never listen to; all of them must be refused when subscribing. */
export const FORBIDDEN_SUBSCRIPTIONS = [
  ">",
  "*",
  "*.>",
  "shared.>",
  `shared.${METZ}.>`,
  `shared.${WOIPPY}.>`,
  "catalogue.>",
  "entity.>",
  `entity.${METZ}.>`,
  "$JS.>",
  "$JS.API.>",
  "$JS.EVENT.>",
  `$JS.ACK.SHARED.${METZ}.>`,
  "hub.API.>",
  "$SYS.>",
  "_R_.>",
  "_GR_.>",
];

/** Those an answer or an error must refuse, and those that only the hub's state can tell. */
export const ATTACKS: Attack[] = [...requests, forgedHeaders, ...acknowledgements, ...deputies];

function ask(subject: string, body: string, note = ""): Attack {
  return {
    name: `request ${subject}${note}`,
    attempt: (nc) => nc.request(subject, body, { timeout: 500 }),
  };
}

function publish(name: string, subject: string, body: string, reply: string): Attack {
  return {
    name,
    silent: true,
    attempt: async (nc) => {
      nc.publish(subject, body, { reply });
      await nc.flush();
    },
  };
}

function consumer(config: object): string {
  return json({
    stream_name: "SHARED",
    config: { ack_policy: "explicit", deliver_policy: "all", ...config },
  });
}

function json(value: object): string {
  return JSON.stringify(value);
}
