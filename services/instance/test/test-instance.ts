import { generateKeyPairSync, randomBytes } from "node:crypto";
import type { PrivateJwk } from "@interco/contracts/instance-config";
import type { InstanceSeed, TerritoryEntity } from "@interco/contracts/instance-seed";
import { createLog } from "@interco/platform/log";
import { freshDatabase, type TestDatabase } from "@interco/testing/postgres";
import type { LightMyRequestResponse } from "fastify";
import { createApp, type RunningApp } from "../src/app.ts";
import type { Config } from "../src/config.ts";
import { migrateInstance } from "../src/operations/migrate-instance.ts";
import { seedInstance } from "../src/seed.ts";

export const IDS = {
  metropole: "metr0p0leaaa",
  woippy: "w0ippyaaaaaa",
  metz: "metzaaaaaaaa",
  marly: "marlyaaaaaaa",
  departement: "departementa",
};

/** An instance on a database of its own; nothing listens: pages are asked for by `get` and `http.inject`. */
export interface TestInstance extends RunningApp, AsyncDisposable {
  config: Config;
  database: TestDatabase;
  host: string;
  get: (url: string, headers?: Record<string, string>) => Promise<LightMyRequestResponse>;
}

/** Hosts the entities named (by key of IDS; the first one is what `get` asks), seeded with `seed` besides the territory. */
export async function createTestInstance(
  options: { hosts?: (keyof typeof IDS)[]; seed?: Partial<InstanceSeed>; smtp?: string } = {},
): Promise<TestInstance> {
  const hosts = options.hosts ?? ["woippy"];
  const database = await freshDatabase({
    key: "instance",
    prepare: async (urls) => void (await migrateInstance({ database: urls })),
  });
  const config = testConfig(database, hosts);
  if (options.smtp) config.smtp.url = options.smtp;
  await seedInstance(config, {
    territory: TERRITORY,
    hosted: hosts.map((key) => IDS[key]),
    procedures: [],
    dispatchTables: [],
    teams: [],
    agents: [],
    ...options.seed,
  });
  const app = await createApp(config, createLog("test", "silent"));
  const host = new URL(config.entities[0]?.origin ?? "").host;
  return {
    ...app,
    config,
    database,
    host,
    get: (url, headers = {}) => app.http.inject({ url, headers: { host, ...headers } }),
    async [Symbol.asyncDispose]() {
      await app.close();
      await database.drop();
    },
  };
}

export function testConfig(database: TestDatabase, hosts: (keyof typeof IDS)[]): Config {
  const key = () => randomBytes(32);
  return {
    name: hosts[0] ?? "test",
    development: true,
    listen: { host: "127.0.0.1", ports: [1] },
    database: { owner: database.owner, service: database.service, worker: database.worker },
    nats: {
      url: "nats://127.0.0.1:1",
      user: "nobody",
      password: "nothing",
      hub: hosts.includes("metropole"),
    },
    smtp: { url: "smtp://127.0.0.1:1" },
    idp: { issuer: "http://connexion.localhost:4400" },
    secrets: { key: key().toString("base64") },
    agglomeration: { entity: IDS.metropole, origin: "http://metropole.localhost:4404" },
    entities: hosts.map((name) => ({
      id: IDS[name],
      code: TERRITORY.find((entity) => entity.id === IDS[name])?.code ?? "",
      origin: `http://${name}.localhost:4405`,
      client: { id: `client-${name}`, privateJwk: newKey() },
      trackingKey: key().toString("base64"),
    })),
    keys: { cookie: key(), session: key(), signIn: key() },
    hostedIds: hosts.map((name) => IDS[name]),
  };
}

function newKey(): PrivateJwk {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return { ...privateKey.export({ format: "jwk" }), kid: "test", alg: "ES256" } as unknown as PrivateJwk;
}

const contact = {
  phone: "03 00 00 00 00",
  email: "contact@exemple.test",
  address: "1 place de l'Exemple",
  postalCode: "57140",
  city: "Woippy",
  hours: [],
};

function entity(
  id: string,
  code: string,
  kind: TerritoryEntity["kind"],
  name: string,
  shortCode: string,
  brand: string,
  siteUrl: string | null,
): TerritoryEntity {
  const fullName = kind === "commune" ? `Mairie de ${name}` : name;
  return {
    id,
    code,
    kind,
    name,
    fullName,
    liaison: `de ${name}`,
    shortCode,
    siteUrl,
    postalCodes: [],
    theme: { brand, logoSvg: null },
    contact,
    ...(kind === "agglomeration" ? { shortName: "Métropole" } : {}),
  };
}

export const TERRITORY: TerritoryEntity[] = [
  entity(
    IDS.metropole,
    "200039865",
    "agglomeration",
    "Eurométropole de Metz",
    "EMM",
    "#1d4fa3",
    "http://metropole.localhost:4404/",
  ),
  entity(IDS.woippy, "57751", "commune", "Woippy", "WOI", "#0b7a55", "http://woippy.localhost:4405/"),
  entity(IDS.metz, "57463", "commune", "Metz", "MTZ", "#8a1c1c", "http://metz.localhost:4406/"),
  entity(IDS.marly, "57447", "commune", "Marly", "MLY", "#6b3fa0", null),
  entity(IDS.departement, "departement", "partner", "Département de la Moselle", "DEP", "#444444", null),
];
