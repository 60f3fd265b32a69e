import type { InstanceSeed } from "@interco/contracts/instance-seed";
import { freePort } from "@interco/operator/parts/free-port";
import { createLog } from "@interco/platform/log";
import { freshDatabase } from "@interco/testing/postgres";
import { createApp } from "../../src/app.ts";
import type { Config } from "../../src/config.ts";
import { migrateInstance } from "../../src/operations/migrate-instance.ts";
import { seedInstance } from "../../src/seed.ts";
import { IDS, TERRITORY, type TestInstance, testConfig } from "../test-instance.ts";

export type SiteName = keyof typeof IDS;

/** An instance that listens, so that browsers and the identity provider reach its sites. */
export interface ListeningInstance extends TestInstance {
  originOf: (site: SiteName) => string;
  /** Lines of its log, from level info on, as they were written. */
  logged: string[];
}

export async function startInstance(options: {
  hosts: SiteName[];
  issuer: string;
  seed?: Partial<InstanceSeed>;
}): Promise<ListeningInstance> {
  const { hosts, issuer } = options;
  const database = await freshDatabase({
    key: "instance",
    prepare: async (urls) => void (await migrateInstance({ database: urls } as unknown as Config)),
  });
  const port = await freePort();
  const base = testConfig(database, hosts);
  const originOf = (site: SiteName) => `http://${site}.localhost:${port}`;
  const config: Config = {
    ...base,
    idp: { issuer },
    agglomeration: { ...base.agglomeration, origin: originOf("metropole") },
    // A client's id is its entity's, as the provider has it.
    entities: base.entities.map((entity, index) => ({
      ...entity,
      origin: originOf(hosts[index] ?? "woippy"),
      client: { ...entity.client, id: entity.id },
    })),
  };
  const territory = TERRITORY.map((entity) => {
    const site = hosts.find((name) => IDS[name] === entity.id);
    return site ? { ...entity, siteUrl: `${originOf(site)}/` } : entity;
  });
  await seedInstance(config, {
    territory,
    hosted: hosts.map((site) => IDS[site]),
    procedures: [],
    dispatchTables: [],
    teams: [],
    agents: [],
    ...options.seed,
  });
  const logged: string[] = [];
  const log = createLog("test", "info", {
    write(line) {
      logged.push(line);
      if (process.env.INTERCO_LOG) process.stdout.write(line);
    },
  });
  const app = await createApp(config, log);
  await app.http.listen({ host: "127.0.0.1", port });
  const host = new URL(originOf(hosts[0] ?? "woippy")).host;
  return {
    ...app,
    config,
    database,
    host,
    get: (url, headers = {}) => app.http.inject({ url, headers: { host, ...headers } }),
    originOf,
    logged,
    async [Symbol.asyncDispose]() {
      await app.close();
      await database.drop();
    },
  };
}
