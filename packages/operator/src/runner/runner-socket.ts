import { chmodSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import { Official } from "@interco/contracts/federation";
import { Value } from "typebox/value";
import { addCommune } from "../apply/add-commune.ts";
import { apply } from "../apply/apply.ts";
import type { World } from "../apply/world.ts";
import { readFederation } from "../federation/federation-file.ts";
import { socketPath } from "../state/data-folder.ts";
import { rebuildEntity, replayRefused } from "./rebuild.ts";
import { federationStatus } from "./status.ts";

/** One line of an answer: progress, or how it ended. */
export type SocketLine = { say: string } | { exit: 0 | 1; message: string };

/**
 * Takes `interco`'s commands on `$INTERCO_DATA/runner.sock`, one at a time (HTTP; an answer is JSON lines, the
 * last one says how it ended). Who may open the socket's file may command: it is 0600, in a 0700 folder.
 */
export async function openRunnerSocket(world: World, changed: () => void): Promise<() => Promise<void>> {
  const path = socketPath(world.folder);
  rmSync(path, { force: true });
  let queue: Promise<unknown> = Promise.resolve();
  const server = createServer((request, response) => {
    response.writeHead(200, { "content-type": "application/x-ndjson" });
    const send = (line: SocketLine) => response.write(`${JSON.stringify(line)}\n`);
    queue = queue.then(async () => {
      const usual = world.say;
      world.say = (line) => send({ say: line });
      try {
        send({ exit: 0, message: await obey(world, request, await body(request)) });
      } catch (error) {
        send({ exit: 1, message: error instanceof Error ? error.message : String(error) });
      } finally {
        world.say = usual;
        changed();
        response.end();
      }
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, resolve);
  });
  chmodSync(path, 0o600);
  return async () => {
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
}

async function obey(world: World, request: IncomingMessage, input: Record<string, unknown>): Promise<string> {
  const text = (name: string) => (typeof input[name] === "string" ? input[name] : undefined);
  switch (request.url) {
    case "/apply": {
      world.federation = readFederation(world.folder.federation);
      const changes = await apply(world);
      return changes === 0 ? "nothing to do" : `${changes} changes made`;
    }
    case "/add-commune": {
      const { origin, email } = await addCommune(world, text("code") ?? "", {
        on: text("on"),
        official: Value.Check(Official, input.official) ? input.official : undefined,
      });
      const password = world.state.accounts[email]?.password ?? "";
      return `${origin}/ is open. Its administrator: ${email}, password ${password}, and the code that npm run interco -- code ${email} prints`;
    }
    case "/status":
      return JSON.stringify(await federationStatus(world));
    case "/rebuild":
      return await rebuildEntity(world, text("entity") ?? "");
    case "/replay":
      return await replayRefused(world, text("entity") ?? "");
    default:
      throw new Error(`The runner knows no command ${request.url}.`);
  }
}

async function body(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return chunks.length === 0
    ? {}
    : (JSON.parse(Buffer.concat(chunks).toString("utf8")) as Record<string, unknown>);
}
