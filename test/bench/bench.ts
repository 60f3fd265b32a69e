import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { asAdmin, databaseUrls, ensureDatabase } from "@interco/operator/parts/database";
import { embeddedPostgresUrl } from "@interco/operator/parts/embedded-postgres";
import { freePort } from "@interco/operator/parts/free-port";
import type { FederationAnnouncement, TestFederation } from "@interco/testing/federation";

/** What every measure needs of the running federation. */
export class Bench {
  readonly federation: TestFederation;
  readonly said: FederationAnnouncement;
  readonly admin: string;

  constructor(federation: TestFederation) {
    this.federation = federation;
    this.said = federation.said();
    this.admin = embeddedPostgresUrl(join(federation.data, "postgres"), federation.port + 2);
  }

  instance(name: string) {
    const found = this.said.instances.find((instance) => instance.name === name);
    if (!found) throw new Error(`no instance ${name}`);
    return found;
  }

  site(code: string) {
    const found = this.said.entities.find((entity) => entity.code === code);
    if (!found) throw new Error(`no entity ${code}`);
    return found;
  }

  account(role: string, entity: string | null): { email: string; password: string; totp: string | null } {
    const found = this.said.accounts.find((account) => account.role === role && account.entity === entity);
    if (!found?.password) throw new Error(`no ${role} account`);
    return { email: found.email, password: found.password, totp: found.totp };
  }

  /** The opaque id of a hosted entity, from its instance's configuration. */
  entityId(code: string): string {
    const { entities } = this.config(this.site(code).instance) as {
      entities: { id: string; code: string }[];
    };
    return entities.find((entity) => entity.code === code)?.id ?? "";
  }

  config(name: string): Record<string, unknown> {
    return JSON.parse(readFileSync(join(this.federation.data, "config", `${name}.json`), "utf8"));
  }

  /** Waits until nothing of an earlier measure goes on: every event published, every job done. */
  async quiet(): Promise<void> {
    const url = new URL(this.admin);
    url.pathname = new URL(this.instance("metropole").database).pathname;
    await asAdmin(url.href, async (client) => {
      const until = Date.now() + 300_000;
      for (;;) {
        const { rows } = await client.query<{ left: number }>(
          `select (select count(*)::int from outbox where published_at is null or jobs_done_at is null)
             + (select count(*)::int from graphile_worker.jobs where run_at <= now()) as left`,
        );
        if (rows[0]?.left === 0) return;
        if (Date.now() > until)
          throw new Error(`${rows[0]?.left} lines and jobs are left after five minutes`);
        await wait(250);
      }
    });
  }

  freePort(): Promise<number> {
    return freePort();
  }

  /** An empty database with the roles of a service, on the federation's own PostgreSQL. */
  async serviceDatabase(name: string): Promise<{ owner: string; service: string }> {
    const password = () => randomBytes(24).toString("base64url");
    const database = {
      name: `bench_${name}_${randomBytes(4).toString("hex")}`,
      passwords: { owner: password(), service: password(), worker: password() },
    };
    await ensureDatabase(this.admin, database);
    const { owner, service } = databaseUrls(this.admin, database);
    return { owner, service };
  }

  /** An empty database on the federation's own PostgreSQL; its administrator's URL. */
  async database(name: string): Promise<string> {
    await asAdmin(this.admin, async (client) => {
      await client.query(`drop database if exists ${name} with (force)`);
      await client.query(`create database ${name}`);
    });
    const url = new URL(this.admin);
    url.pathname = `/${name}`;
    return url.href;
  }
}
