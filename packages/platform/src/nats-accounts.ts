/** An instance as NATS knows it: one account, one user, and the entities whose subjects it may touch. */
export interface NatsInstance {
  /** Name of the account and of its user: `woippy`. */
  name: string;
  password: string;
  /** Entity ids it hosts. */
  entities: string[];
}

export interface NatsAccounts {
  /** The agglomeration's instance: its account owns the streams, also for communes it hosts. */
  hub: { name: string; password: string };
  /** Every other instance. */
  instances: NatsInstance[];
}

export interface NatsServer {
  host: string;
  port: number;
  /** Folder of JetStream's files. */
  storeDir: string;
  pidFile: string;
}

/** What communes put before JetStream's API subjects (the client's `apiPrefix`). */
export const COMMUNE_API_PREFIX = "hub.API";

/** Streams an entity reads through its own durable consumer, named by its id. */
export const ENTITY_READS = ["SHARED", "CATALOGUE"] as const;

const HUB_ACCOUNT = "HUB";

/**
 * The text of a whole nats-server configuration: one listener for clients, JetStream, the accounts.
 * No WebSocket, MQTT, leaf-node or monitoring listener and no `no_auth_user`: each would be a way
 * around the accounts.
 *
 * A running server takes a new text by `nats-server --signal reload=<pidFile>`, sent **twice**: on
 * 2.9.10 a new account's service imports answer "no responders" until the second reload. Check with a
 * request (`consumerInfo`) before calling it done.
 */
export function natsServerConfig(server: NatsServer, accounts: NatsAccounts): string {
  return [
    "server_name: interco",
    `host: ${quote(server.host)}`,
    `port: ${server.port}`,
    `pid_file: ${quote(server.pidFile)}`,
    "jetstream {",
    `  store_dir: ${quote(server.storeDir)}`,
    "}",
    natsAccountsConfig(accounts),
  ].join("\n");
}

/**
 * The `accounts` block alone, for an operator who keeps the rest of the configuration by hand
 * (`include`). An instance reaches nothing but its entities' consumers and its entities' own word, as
 * `test/isolation/nats-isolation.test.ts` proves. Throws when a name could widen a subject.
 */
export function natsAccountsConfig({ hub, instances }: NatsAccounts): string {
  for (const instance of instances) instance.entities.forEach(assertToken);
  const names = [hub.name, ...instances.map((i) => i.name)];
  names.forEach(assertToken);
  if (new Set(names).size !== names.length) throw new Error("two instances share a name");

  return [
    "accounts {",
    `  ${HUB_ACCOUNT} {`,
    "    jetstream: enabled",
    ...user(hub, {
      publish: ["shared.>", "catalogue.>", "entity.>", "$JS.API.>", "$JS.ACK.>"],
      subscribe: ["_INBOX.>"],
    }),
    "    exports: [",
    ...exportsOf(instances),
    "    ]",
    "  }",
    ...instances.flatMap(instanceAccount),
    "}",
    "",
  ].join("\n");
}

function exportsOf(instances: NatsInstance[]): string[] {
  // An entity may be hosted twice while it moves: one export names every account it is for.
  const hosts = new Map<string, string[]>();
  for (const { name, entities } of instances) {
    for (const id of entities) hosts.set(id, [...(hosts.get(id) ?? []), accountName(name)]);
  }
  return [...hosts].flatMap(([id, accounts]) =>
    servicesOf(id).map(({ subject, stream }) => {
      const response = stream ? ", response_type: stream" : "";
      return `      { service: ${quote(subject)}${response}, accounts: [${accounts.join(", ")}] }`;
    }),
  );
}

function instanceAccount(instance: NatsInstance): string[] {
  const services = instance.entities.flatMap(servicesOf);
  return [
    `  ${accountName(instance.name)} {`,
    ...user(instance, { publish: services.map((s) => s.to ?? s.subject), subscribe: ["_INBOX.>"] }),
    "    imports: [",
    ...services.map(({ subject, to }) => {
      const remap = to ? `, to: ${quote(to)}` : "";
      return `      { service: { account: ${HUB_ACCOUNT}, subject: ${quote(subject)} }${remap} }`;
    }),
    "    ]",
    "  }",
  ];
}

interface Service {
  /** The subject in the hub's account. */
  subject: string;
  /** Its name in the instance's account, where it differs. Without it JetStream's API subjects answer
   * "JetStream not enabled for account": the server takes them for the account's own. */
  to?: string;
  /** Several answers to one request. */
  stream?: boolean;
}

/** The only subjects an entity's account may ask for, in full. */
function servicesOf(id: string): Service[] {
  const reads = ENTITY_READS.flatMap((stream): Service[] => [
    api(`CONSUMER.INFO.${stream}.${id}`),
    { ...api(`CONSUMER.MSG.NEXT.${stream}.${id}`), stream: true },
    { subject: `$JS.ACK.${stream}.${id}.>` },
  ]);
  return [...reads, { subject: `entity.${id}.>` }];
}

function api(call: string): Service {
  return { subject: `$JS.API.${call}`, to: `${COMMUNE_API_PREFIX}.${call}` };
}

function user(who: { name: string; password: string }, allow: { publish: string[]; subscribe: string[] }) {
  const list = (subjects: string[]) => `[${subjects.map(quote).join(", ")}]`;
  return [
    `    users: [ { user: ${quote(who.name)}, password: ${quote(who.password)}, permissions: {`,
    `      publish: { allow: ${list(allow.publish)} }`,
    `      subscribe: { allow: ${list(allow.subscribe)} }`,
    "    } } ]",
  ];
}

/** Account names are quoted by nothing in lists, and may not collide with the hub's. */
function accountName(instance: string): string {
  return `I_${instance.replaceAll("-", "_")}`;
}

function assertToken(token: string): void {
  if (!/^[a-z0-9][a-z0-9-]*$/.test(token)) throw new Error(`not a NATS name: ${JSON.stringify(token)}`);
}

/** nats-server reads JSON's escapes, save \u: passwords are made of printable ASCII. */
function quote(text: string): string {
  if (/[^\x20-\x7e]/.test(text)) throw new Error("only printable ASCII in a NATS configuration");
  return JSON.stringify(text);
}
