import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPostgres } from "@interco/operator/parts/embedded-postgres";
import { freePort } from "@interco/operator/parts/free-port";
import { startFederation } from "@interco/testing/federation";
import pg from "pg";
import { expect, it } from "vitest";
import { Client, signIn } from "../bench/client.ts";
import { reportByForm } from "./citizen.ts";
import { WOIPPY } from "./desk.ts";
import { eventually } from "./small-federation.ts";

/** Where Debian 12 puts the PostgreSQL an agglomeration is most likely to have already. */
const BIN = "/usr/lib/postgresql/15/bin";

it("the demonstration lives on Debian's PostgreSQL 15: migrations, a form sent, a sign-in, the commune's list", async (context) => {
  if (!existsSync(join(BIN, "postgres"))) {
    // Vitest's own report counts it without its reason.
    console.log("skipped: no PostgreSQL 15 here");
    return context.skip();
  }
  await using disposal = new AsyncDisposableStack();
  const root = mkdtempSync(join(tmpdir(), "interco-postgres-15-"));
  disposal.defer(() => rmSync(root, { recursive: true, force: true }));
  const postgres = await startPostgres({
    folder: join(root, "postgres"),
    port: await freePort(),
    children: { run: join(root, "run"), logs: join(root, "logs") },
    settings: { fsync: "off" },
    binaries: { postgres: join(BIN, "postgres"), initdb: join(BIN, "initdb") },
  });
  disposal.defer(() => postgres.child.stop());
  const federation = disposal.use(
    await startFederation({ data: join(root, "data"), env: { DATABASE_URL: postgres.url } }),
  );
  const said = federation.said();
  const hub = said.instances.find(({ name }) => name === "metropole");
  const woippy = said.entities.find(({ code }) => code === WOIPPY);
  const agent = said.accounts.find(({ role, entity }) => role === "agent" && entity === WOIPPY);

  expect(await versionOf(hub?.database)).toMatch(/^15\./);
  const number = await reportByForm({ origin: new URL(hub?.url ?? "").origin });
  const browser = new Client();
  await signIn(browser, woippy?.backoffice ?? "", {
    email: agent?.email ?? "",
    password: agent?.password ?? "",
    totp: agent?.totp ?? null,
  });
  await eventually(async () => {
    expect((await browser.get(`${woippy?.backoffice}demandes`)).body).toContain(number);
  });
});

async function versionOf(database: string | undefined): Promise<string> {
  const client = new pg.Client({ connectionString: database });
  await client.connect();
  try {
    const { rows } = await client.query<{ server_version: string }>("show server_version");
    return rows[0]?.server_version ?? "";
  } finally {
    await client.end();
  }
}
