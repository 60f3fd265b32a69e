import { freeStartMemory, keepCompileCache, stopOnSignal, useCompileCache } from "@interco/platform/process";

useCompileCache();
const { IdpConfig } = await import("@interco/contracts/idp-config");
const { loadConfig } = await import("@interco/platform/config");
const { createLog } = await import("@interco/platform/log");

const [command = "serve", ...rest] = process.argv.slice(2);
const log = createLog("idp");

const NAMING = { "name-administrator": "name", "dismiss-administrator": "dismiss" } as const;
const TAKES_ONE = ["check-journal", ...Object.keys(NAMING)];

try {
  const config = loadConfig(IdpConfig);
  if (rest.length > (TAKES_ONE.includes(command) ? 1 : 0)) throw new Error(`unexpected: ${rest.join(" ")}`);
  if (command === "serve") await serve(config);
  else if (command === "migrate") await migrateSchema(config);
  else if (command === "rotate-keys") await rotateKeys(config);
  else if (command === "check-journal") await checkTheJournal(config, rest[0]);
  else if (command in NAMING) await administrator(config, NAMING[command as keyof typeof NAMING], rest[0]);
  else
    throw new Error(
      `unknown command "${command}": migrate, rotate-keys, check-journal, name-administrator, dismiss-administrator, or none to serve`,
    );
} catch (error) {
  log.fatal(error instanceof Error ? error.message : String(error));
  // Not only the code: an open connection would keep a service that serves nothing.
  process.exit(1);
}

async function serve(config: import("@interco/contracts/idp-config").IdpConfig): Promise<void> {
  const { createApp } = await import("./app.ts");
  const { readCommonWords } = await import("./credentials/common-words.ts");
  const app = await createApp(config, log);
  await app.listen();
  log.info({ issuer: config.issuer }, "ready");
  // Nobody who chooses a password waits for the lists, and what reading them took is given back below.
  readCommonWords();
  keepCompileCache();
  freeStartMemory();
  stopOnSignal(log, [{ name: "app", stop: () => app.close() }]);
}

/** Brings the schema up to date, and makes the first keys: both need the owner's rights. */
async function migrateSchema(config: import("@interco/contracts/idp-config").IdpConfig): Promise<void> {
  const { migrate, roleOf } = await import("@interco/platform/migrations");
  const { ensureSigningKeys } = await import("./keys/rotate-keys.ts");
  const { deriveKeys, MIGRATIONS } = await import("./config.ts");
  const applied = await migrate(config.database.owner, MIGRATIONS, {
    service: roleOf(config.database.service),
  });
  const made = await ensureSigningKeys(config.database.owner, deriveKeys(config).sealing);
  log.info({ applied, keys: made }, "migrated");
}

async function rotateKeys(config: import("@interco/contracts/idp-config").IdpConfig): Promise<void> {
  const { rotateSigningKeys } = await import("./keys/rotate-keys.ts");
  const { deriveKeys } = await import("./config.ts");
  await rotateSigningKeys(config.database.owner, deriveKeys(config).sealing);
  log.info("rotated: running services take the new keys within fifteen seconds");
}

/** Says who administers the identity provider: nobody but who holds the database's owner can. */
async function administrator(
  config: import("@interco/contracts/idp-config").IdpConfig,
  act: "name" | "dismiss",
  email: string | undefined,
): Promise<void> {
  if (!email) throw new Error("whose e-mail address?");
  const { nameAdministrator } = await import("./console/name-administrator.ts");
  const changed = await nameAdministrator(config.database.owner, email, act);
  log.info({ changed }, act === "name" ? "administers the identity provider" : "administers it no more");
}

async function checkTheJournal(
  config: import("@interco/contracts/idp-config").IdpConfig,
  known: string | undefined,
): Promise<void> {
  const { checkJournal } = await import("./audit/check-journal.ts");
  const { seq, hash } = await checkJournal(config.database.owner, known);
  log.info({ seq, hash: hash.toString("hex") }, "the sign-in journal is whole");
}
