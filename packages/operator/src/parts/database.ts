import pg from "pg";

/** Name and passwords of one service's database; roles are `<name>_owner`, `<name>_service`, `<name>_worker`. */
export interface DatabaseAccess {
  name: string;
  passwords: { owner: string; service: string; worker: string };
}

export interface DatabaseUrls {
  owner: string;
  service: string;
  worker: string;
}

const roles = ["owner", "service", "worker"] as const;

/**
 * One database and its three roles, least privilege: the owner migrates; service and worker may connect and
 * get table rights from migrations alone (no DDL, no superuser, no way around row-level security). Nobody
 * else connects. Converges: says whether it had to make something.
 */
export async function ensureDatabase(adminUrl: string, access: DatabaseAccess): Promise<boolean> {
  return await asAdmin(adminUrl, async (client) => {
    let changed = false;
    for (const role of roles) {
      const name = `${access.name}_${role}`;
      const found = await client.query("select 1 from pg_roles where rolname = $1", [name]);
      if (found.rowCount) continue;
      changed = true;
      await client.query(
        `create role ${pg.escapeIdentifier(name)} login nosuperuser nocreatedb nocreaterole nobypassrls
         password ${pg.escapeLiteral(access.passwords[role])}`,
      );
      // A transaction left open would hold back the relay and vacuum.
      await client.query(
        `alter role ${pg.escapeIdentifier(name)} set idle_in_transaction_session_timeout = '30s'`,
      );
    }
    const database = pg.escapeIdentifier(access.name);
    const owner = pg.escapeIdentifier(`${access.name}_owner`);
    const found = await client.query("select 1 from pg_database where datname = $1", [access.name]);
    if (!found.rowCount) {
      changed = true;
      // An administrator who is no superuser may give away only to a role it belongs to.
      await client.query(`grant ${owner} to current_user`);
      await client.query(`create database ${database} owner ${owner} encoding 'UTF8' template template0`);
      await closeDatabase(client, access.name, access.name);
    }
    return changed;
  });
}

/** CONNECT for the three roles and nobody else. `prefix` is the roles' (test databases share theirs). */
export async function closeDatabase(client: pg.Client, name: string, prefix: string): Promise<void> {
  const database = pg.escapeIdentifier(name);
  await client.query(`revoke all on database ${database} from public`);
  const names = roles.map((role) => pg.escapeIdentifier(`${prefix}_${role}`)).join(", ");
  await client.query(`grant connect on database ${database} to ${names}`);
}

/** The three URLs, on the server of `adminUrl`. */
export function databaseUrls(adminUrl: string, access: DatabaseAccess, prefix = access.name): DatabaseUrls {
  const of = (role: (typeof roles)[number]) => {
    const url = new URL(adminUrl);
    url.username = `${prefix}_${role}`;
    url.password = access.passwords[role];
    url.pathname = `/${access.name}`;
    return url.href;
  };
  return { owner: of("owner"), service: of("service"), worker: of("worker") };
}

/** Runs `work` on a connection of the administrator's. */
export async function asAdmin<T>(adminUrl: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Drops a service's database, whoever is connected, and its roles. Nothing happens when there is none. */
export async function dropDatabase(adminUrl: string, name: string): Promise<void> {
  await asAdmin(adminUrl, async (client) => {
    await client.query(`drop database if exists ${pg.escapeIdentifier(name)} with (force)`);
    for (const role of roles)
      await client.query(`drop role if exists ${pg.escapeIdentifier(`${name}_${role}`)}`);
  });
}
