import { enableCompileCache } from "node:module";
import type { Official } from "@interco/contracts/federation";
import { Command, CommanderError, InvalidArgumentError } from "commander";
import type { Running, StartOptions } from "./runner/runner.ts";
import { askRunner } from "./runner/runner-client.ts";
import type { FederationStatus } from "./runner/status.ts";
import { statusTable } from "./runner/status-table.ts";
import { dataFolderFromEnvironment } from "./state/data-folder.ts";

enableCompileCache();

const program = new Command("interco")
  .description("Runs and changes a federation: one public desk for an agglomeration and its communes.")
  .showHelpAfterError("(interco --help says how)")
  .exitOverride();

program
  .command("start")
  .description("start everything on this machine; Ctrl-C stops it (npm start)")
  .option("--federation <file>", "run another federation.yaml (copied once into the data folder)")
  .option("--fresh", "forget the data folder's content first")
  .addHelpText(
    "after",
    `
Environment:
  INTERCO_DATA   where the data lives (.interco)
  INTERCO_PORT   the first port (4400)
  DATABASE_URL   a PostgreSQL with administrator's rights, instead of the embedded one
  NATS_URL       a nats-server that includes the accounts this writes, instead of one started here
  SMTP_URL       a mail server, instead of the mail catcher`,
  )
  .action(start);

program
  .command("apply")
  .description("make what runs what the data folder's federation.yaml says")
  .action(() => command("apply", {}));

program
  .command("add-commune")
  .description("give a commune of the territory its site")
  .argument("<insee>", "its INSEE code", inseeCode)
  .option("--on <instance>", "host it on this instance (which starts again) instead of one of its own")
  .option(
    "--official <who>",
    'its elected official, who confirms resets: "Camille Fictif <maire@ville.fr>"',
    whom,
  )
  .action((code: string, options: { on?: string; official?: Official }) =>
    command("add-commune", { code, ...options }),
  );

program
  .command("status")
  .description("say what runs and what each entity has still to receive")
  .option("--json", "as JSON")
  .action(async (options: { json?: boolean }) => {
    const { exit, message } = await askRunner(dataFolderFromEnvironment(), "status", {}, () => {});
    if (exit !== 0) throw new Error(message);
    console.log(options.json ? message : statusTable(JSON.parse(message) as FederationStatus));
  });

program
  .command("rebuild")
  .description("fill an entity's copy of the shared requests again, beside the one in use")
  .argument("<entity>", "its SIREN or INSEE code", publicCode)
  .action((entity: string) => command("rebuild", { entity }));

program
  .command("replay")
  .description("apply again the events an entity refused, once what was wrong is repaired")
  .argument("<entity>", "its SIREN or INSEE code", publicCode)
  .action((entity: string) => command("replay", { entity }));

program
  .command("code")
  .description("print the code that the authenticator program of a demonstration's agent shows now")
  .argument("<email>", "the agent's address")
  .action(async (email: string) => {
    const { currentCode } = await import("./runner/current-code.ts");
    console.log(currentCode(dataFolderFromEnvironment(), email));
  });

async function command(name: string, input: object): Promise<void> {
  const { exit, message } = await askRunner(dataFolderFromEnvironment(), name, input, (line) =>
    console.log(line),
  );
  if (exit !== 0) throw new Error(message);
  console.log(message);
}

async function start(options: StartOptions): Promise<void> {
  const stopping = new AbortController();
  let running: Running | undefined;
  const stop = async () => {
    if (stopping.signal.aborted) return;
    console.log("Stopping…");
    stopping.abort();
    await running?.stop();
    if (running) process.exit(0);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => void stop());
  stopWithNpm(stop);
  try {
    // Loaded here alone: the other commands only talk to the runner, and answer at once.
    const { startRunner } = await import("./runner/runner.ts");
    running = await startRunner(options, (line) => console.log(line), stopping.signal);
  } catch (error) {
    if (stopping.signal.aborted) process.exit(0);
    throw error;
  }
}

/** npm killed outright passes no signal on: the runner sees that its parent changed. */
function stopWithNpm(stop: () => Promise<void>): void {
  if (process.env.npm_lifecycle_event !== "start") return;
  const npm = process.ppid;
  setInterval(() => process.ppid !== npm && void stop(), 1_000).unref();
}

function inseeCode(text: string): string {
  if (!/^[0-9][0-9AB][0-9]{3}$/.test(text))
    throw new InvalidArgumentError("An INSEE code has five characters: 57032.");
  return text;
}

function whom(text: string): Official {
  const [, name = "", email = ""] = /^(.{1,200}?)\s*<([^@\s<>]+@[^@\s<>]+)>$/.exec(text.trim()) ?? [];
  if (!name || !email)
    throw new InvalidArgumentError('Write a name, then an address: "Camille Fictif <maire@ville.fr>".');
  return { name, email };
}

function publicCode(text: string): string {
  if (!/^([0-9]{9}|[0-9][0-9AB][0-9]{3})$/.test(text)) {
    throw new InvalidArgumentError("A SIREN has nine digits, an INSEE code five characters.");
  }
  return text;
}

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? 0 : 2);
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
