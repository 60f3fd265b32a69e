import { randomUUID } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { asAdmin, closeDatabase, databaseUrls, ensureDatabase } from "@interco/operator/parts/database";
import pg from "pg";

/** A database of one test's own, with the roles a service has in production. */
export interface TestDatabase extends AsyncDisposable {
  name: string;
  admin: string;
  owner: string;
  service: string;
  worker: string;
  drop(): Promise<void>;
}

/** How to fill a template once; `key` names it, so that every test file shares it. */
export interface TestTemplate {
  key: string;
  prepare: (urls: { owner: string; service: string; worker: string; admin: string }) => Promise<void>;
}

// Roles belong to the cluster: all test databases share one set, so that copies keep owners and grants.
const shared = { name: "test", passwords: { owner: "owner", service: "service", worker: "worker" } };

/** The administrator's URL of the PostgreSQL started by vitest's global set-up (project `parts` and others). */
export function testPostgresUrl(): string {
  const url = process.env.INTERCO_TEST_POSTGRES;
  if (!url)
    throw new Error(
      "No test PostgreSQL: this test belongs in a vitest project with the parts' global set-up.",
    );
  return url;
}

/**
 * A fresh database, copied from a template in some 40 ms. With a `template`, the first caller of that key
 * prepares it (migrations) and every later one gets a copy. Roles: `test_owner`, `test_service`, `test_worker`.
 */
export async function freshDatabase(template?: TestTemplate): Promise<TestDatabase> {
  const admin = testPostgresUrl();
  const name = `t_${randomUUID().replaceAll("-", "")}`;
  const source = template ? `template_${template.key}` : "template0";
  if (template) await ensureTemplate(admin, source, template);
  await asAdmin(admin, async (client) => {
    // CREATE DATABASE refuses a template somebody is connected to, another copy included: one at a time.
    await client.query("select pg_advisory_lock(hashtext($1))", [source]);
    if (!template) await ensureRoles(admin);
    await createDatabase(client, name, source);
  });
  const urls = databaseUrls(admin, { ...shared, name }, shared.name);
  const drop = () => dropDatabase(admin, name);
  const adminUrl = new URL(admin);
  adminUrl.pathname = `/${name}`;
  return { name, admin: adminUrl.href, ...urls, drop, [Symbol.asyncDispose]: drop };
}

async function ensureTemplate(admin: string, source: string, template: TestTemplate): Promise<void> {
  await asAdmin(admin, async (client) => {
    await client.query("select pg_advisory_lock(hashtext($1))", [source]);
    const found = await client.query("select 1 from pg_database where datname = $1", [source]);
    if (found.rowCount) return;
    await ensureRoles(admin);
    const building = `${source}_building`;
    await client.query(`drop database if exists ${pg.escapeIdentifier(building)} with (force)`);
    await createDatabase(client, building, "template0");
    const urls = databaseUrls(admin, { ...shared, name: building }, shared.name);
    const adminUrl = new URL(admin);
    adminUrl.pathname = `/${building}`;
    await template.prepare({ ...urls, admin: adminUrl.href });
    await untilLeft(client, building);
    await client.query(
      `alter database ${pg.escapeIdentifier(building)} rename to ${pg.escapeIdentifier(source)}`,
    );
  });
}

/**
 * Whoever prepared it has closed its connections; their processes end a little later. Ending them instead would reach a client
 * that is still closing as an error nobody listens to.
 */
async function untilLeft(client: pg.Client, name: string): Promise<void> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const { rowCount } = await client.query("select 1 from pg_stat_activity where datname = $1", [name]);
    if (!rowCount) return;
    if (Date.now() > deadline) throw new Error(`somebody stays connected to ${name}`);
    await setTimeout(20);
  }
}

async function ensureRoles(admin: string): Promise<void> {
  await asAdmin(admin, async (client) => {
    await client.query("select pg_advisory_lock(hashtext('test roles'))");
    await ensureDatabase(admin, shared);
  });
}

async function createDatabase(client: pg.Client, name: string, source: string): Promise<void> {
  await client.query(
    `create database ${pg.escapeIdentifier(name)} owner ${shared.name}_owner template ${pg.escapeIdentifier(source)}`,
  );
  await closeDatabase(client, name, shared.name);
}

async function dropDatabase(admin: string, name: string): Promise<void> {
  await asAdmin(admin, async (client) => {
    await client.query(`drop database if exists ${pg.escapeIdentifier(name)} with (force)`);
  });
}
