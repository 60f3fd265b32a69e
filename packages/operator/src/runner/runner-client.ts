import { request } from "node:http";
import { createInterface } from "node:readline";
import { type DataFolder, socketPath } from "../state/data-folder.ts";
import type { SocketLine } from "./runner-socket.ts";

/**
 * Asks the running runner for a command and passes its progress on as it comes.
 *
 * @throws Error in one line when nothing runs over this data folder.
 */
export async function askRunner(
  folder: DataFolder,
  command: string,
  input: object,
  progress: (line: string) => void,
): Promise<{ exit: 0 | 1; message: string }> {
  const response = await new Promise<import("node:http").IncomingMessage>((resolve, reject) => {
    const outgoing = request(
      { socketPath: socketPath(folder), path: `/${command}`, method: "POST" },
      resolve,
    );
    outgoing.once("error", () =>
      reject(new Error(`Nothing runs over ${folder.root}: start it by npm start.`)),
    );
    outgoing.end(JSON.stringify(input));
  });
  for await (const text of createInterface({ input: response })) {
    const line = JSON.parse(text) as SocketLine;
    if ("exit" in line) return line;
    progress(line.say);
  }
  return { exit: 1, message: "The runner stopped before the end: run the command again once it is back." };
}
