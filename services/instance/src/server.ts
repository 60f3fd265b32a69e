import { freeStartMemory, keepCompileCache, useCompileCache } from "@interco/platform/process";

useCompileCache();

// Heavy modules are imported after the cache is on.
const command = process.argv[2] ?? "serve";
const { createLog } = await import("@interco/platform/log");
const log = createLog("instance");

try {
  const { readConfig } = await import("./config.ts");
  const config = readConfig();
  if (command === "migrate") {
    const { migrateInstance } = await import("./operations/migrate-instance.ts");
    console.log(JSON.stringify({ applied: await migrateInstance(config) }));
  } else if (command === "seed") {
    const { seedInstance } = await import("./seed.ts");
    const { text } = await import("node:stream/consumers");
    console.log(
      JSON.stringify({ changed: await seedInstance(config, JSON.parse(await text(process.stdin))) }),
    );
  } else if (command === "rebuild") {
    const { askRebuild } = await import("./operations/ask-rebuild.ts");
    await askRebuild(config, process.argv[3] ?? "");
  } else if (command === "replay") {
    const { replayRefused } = await import("./operations/replay-refused.ts");
    console.log(JSON.stringify(await replayRefused(config, process.argv[3] ?? "")));
  } else if (command === "status") {
    const { sharingStatus } = await import("@interco/platform/sharing-status");
    console.log(JSON.stringify(await sharingStatus(config.database.worker, config.hostedIds)));
  } else if (command === "serve") {
    const { serve } = await import("./serve.ts");
    await serve(config);
    keepCompileCache();
    freeStartMemory();
  } else {
    console.error(`unknown command "${command}": none, migrate, seed, rebuild, replay or status`);
    process.exitCode = 2;
  }
} catch (err) {
  log.fatal({ err }, `could not ${command}`);
  // Not only the code: an open connection would keep a service that serves nothing.
  process.exit(1);
}
