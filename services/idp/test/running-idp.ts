import { randomBytes } from "node:crypto";
import type { IdpConfig } from "@interco/contracts/idp-config";
import type { UpstreamConfig } from "@interco/contracts/upstream-config";
import { freePort } from "@interco/operator/parts/free-port";
import { serviceFetch } from "@interco/platform/http-client";
import { createLog } from "@interco/platform/log";
import { migrate, roleOf } from "@interco/platform/migrations";
import { surviveLostConnections } from "@interco/platform/postgres";
import { freshDatabase, type TestDatabase } from "@interco/testing/postgres";
import { totpOf } from "@interco/testing/second-step";
import pg from "pg";
import { vi } from "vitest";
import { createApp, type IdpApp } from "../src/app.ts";
import { deriveKeys, MIGRATIONS } from "../src/config.ts";
import { ensureSigningKeys } from "../src/keys/rotate-keys.ts";

const KEY = randomBytes(32).toString("base64");

/** A provider on a database of its own, and what an operator and a database administrator can do to it. */
export interface RunningIdp extends AsyncDisposable {
  app: IdpApp;
  config: IdpConfig;
  issuer: string;
  database: TestDatabase;
  /** As the owner of the database. */
  sql: pg.Pool;
  /** A professional one has an authenticator program (`totpOf`), unless it says that it has none. */
  createAccount(
    email: string,
    kind?: "personal" | "professional",
    options?: { totp?: boolean; entity?: string },
  ): Promise<{ accountId: string; agentId: string | null }>;
  /** Lines of its log so far, from level info on. */
  logged: LogLine[];
  /** Waits for a line of its journal with these values, the latest such. */
  journalLine(like: Record<string, unknown>): Promise<JournalLine>;
  /** Ends the service and starts it again on the same database, with another mail server where one is given. */
  restart(smtp?: string): Promise<void>;
  close(): Promise<void>;
}

export interface LogLine {
  level: number;
  msg: string;
  event?: string;
  reason?: string;
  detail?: string;
  site?: string;
  [name: string]: unknown;
}

export interface JournalLine {
  kind: string;
  account_id: string | null;
  client_id: string | null;
  detail: Record<string, unknown>;
}

/** Nobody listens there. */
export const NO_MAIL = "smtp://127.0.0.1:1";
export const PASSWORD = "un mot de passe assez long";

/**
 * @param options `production` for one as a territory runs it, behind a proxy on this machine that ends TLS: its limits hold,
 * its addresses are https. Ask it by `behindProxy`. `smtp` is its mail server; without one no mail is taken. `upstreams` gives
 * where else people may come from.
 */
export async function startIdp(
  options: { production?: boolean; smtp?: string; upstreams?: (issuer: string) => UpstreamConfig } = {},
): Promise<RunningIdp> {
  const key = { key: KEY, initialAccessToken: "i".repeat(40), operatorToken: "o".repeat(40) };
  const database = await freshDatabase({
    key: "idp",
    prepare: async ({ owner, service }) => {
      await migrate(owner, MIGRATIONS, { service: roleOf(service) });
    },
  });
  const port = await freePort();
  const scheme = options.production ? "https" : "http";
  const issuer = `${scheme}://connexion.localhost:${port}`;
  const config: IdpConfig = {
    development: !options.production,
    name: "Eurométropole de Metz",
    listen: { host: "127.0.0.1", port },
    issuer,
    database: { owner: database.owner, service: database.service },
    smtp: { url: options.smtp ?? NO_MAIL },
    ...(options.upstreams ? { upstreams: options.upstreams(issuer) } : {}),
    secrets: key,
  };
  await ensureSigningKeys(database.owner, deriveKeys(config).sealing);
  const logged: LogLine[] = [];
  const log = createLog("idp", "info", {
    write(line) {
      logged.push(JSON.parse(line));
      if (process.env.INTERCO_LOG) process.stdout.write(line);
    },
  });
  let app = await createApp(config, log);
  await app.listen();
  const sql = new pg.Pool({ connectionString: database.owner, max: 2 });
  surviveLostConnections(sql);
  const close = async () => {
    await app.close();
    await sql.end();
    await database.drop();
  };
  return {
    get app() {
      return app;
    },
    config,
    issuer,
    database,
    sql,
    logged,
    journalLine: (like) =>
      vi.waitFor(async () => {
        const { rows } = await sql.query<JournalLine>(
          "select kind, account_id, client_id, detail from sign_in_event order by at desc, id desc",
        );
        const found = rows.find((row) =>
          Object.entries(like).every(([name, value]) => row[name as "kind"] === value),
        );
        if (!found) throw new Error(`the journal has no line with ${JSON.stringify(like)}`);
        return found;
      }),
    async restart(smtp) {
      await app.close();
      app = await createApp({ ...config, smtp: { url: smtp ?? config.smtp.url } }, log);
      await app.listen();
    },
    close,
    [Symbol.asyncDispose]: close,
    async createAccount(email, kind = "personal", { totp = kind === "professional", entity } = {}) {
      const response = await behindProxy(`${issuer}/operator/accounts`, {
        method: "POST",
        headers: {
          authorization: `Bearer ${key.operatorToken}`,
          "content-type": "application/json",
        },
        body: JSON.stringify({
          email,
          kind,
          password: PASSWORD,
          givenName: "Camille",
          familyName: "Fictif",
          entity,
          ...(totp ? { totp: totpOf(email) } : {}),
        }),
      });
      if (!response.ok) throw new Error(`account: ${response.status} ${await response.text()}`);
      return (await response.json()) as { accountId: string; agentId: string | null };
    },
  };
}

/** Asks as the proxy in front of a service does: https ends there. An http address is asked as it is. */
export const behindProxy: typeof fetch = ((url: string, init: RequestInit = {}) => {
  if (!url.startsWith("https://")) return serviceFetch(url, init);
  const headers = { ...(init.headers as Record<string, string>), "x-forwarded-proto": "https" };
  return serviceFetch(url.replace("https://", "http://"), { ...init, headers });
}) as typeof fetch;

/** What the service asks by itself now and then. */
const CHORES =
  /^logout-take-due$|^journal-chain$|^journal-check$|^mail-|^registration-remove-expired$|^factor-step-remove-expired$|^recovery-remove-expired$|^upstream-remove-expired|^artifact-remove-expired$|from signing_key|^delete from throttle|^delete from logout_delivery/;

/** The names of the statements the provider sends while `work` runs, over whichever connection. */
export async function statementsOf(work: () => Promise<unknown>): Promise<string[]> {
  const { prototype } = pg.Client;
  const query = prototype.query;
  const asked: string[] = [];
  prototype.query = function (this: pg.Client, ...args: unknown[]) {
    const [statement] = args as [{ name?: string; text?: string } | string];
    asked.push(typeof statement === "string" ? statement : (statement.name ?? statement.text ?? ""));
    return Reflect.apply(query, this, args);
  } as typeof prototype.query;
  try {
    await work();
  } finally {
    prototype.query = query;
  }
  return asked.filter((name) => !CHORES.test(name));
}
