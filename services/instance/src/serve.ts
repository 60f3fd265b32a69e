import { closeServiceFetch } from "@interco/platform/http-client";
import { createLog } from "@interco/platform/log";
import { requireCurrentSchema } from "@interco/platform/migrations";
import { stopOnSignal } from "@interco/platform/process";
import { createApp } from "./app.ts";
import { startBackground } from "./background.ts";
import type { Config } from "./config.ts";
import { MIGRATIONS } from "./migrations-folder.ts";

/** Serves until a signal: one process listens on every port of its entities. */
export async function serve(config: Config): Promise<void> {
  const log = createLog(config.name);
  const { http, deps, close } = await createApp(config, log);
  await requireCurrentSchema(deps.db.pool, MIGRATIONS);
  const [first, ...others] = config.listen.ports;
  if (first === undefined) throw new Error("no port to listen on");
  await http.listen({ host: config.listen.host, port: first });
  const more = await Promise.all(others.map((port) => listenToo(http.server, config.listen.host, port)));
  const background = await startBackground(deps);
  log.info({ ports: config.listen.ports, entities: config.entities.map((entity) => entity.code) }, "ready");
  stopOnSignal(log, [
    { name: "other ports", stop: async () => more.forEach((server) => void server.close()) },
    { name: "background", stop: () => background.stop() },
    { name: "http", stop: close },
    { name: "calls to other services", stop: closeServiceFetch },
  ]);
}

/** Another port that leads to the same server: each entity keeps its own for life. */
async function listenToo(server: import("node:http").Server, host: string, port: number) {
  const { createServer } = await import("node:net");
  const doorway = createServer((socket) => server.emit("connection", socket));
  await new Promise<void>((resolve, reject) =>
    doorway.once("error", reject).listen(port, host, () => resolve()),
  );
  return doorway;
}
