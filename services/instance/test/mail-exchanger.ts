import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";

/** A mail server of one test's own that may refuse a recipient (RFC 5321), and keeps messages as they came. */
export interface MailExchanger extends AsyncDisposable {
  url: string;
  /** Recipient and message, in the order they came. */
  taken: { to: string; raw: string }[];
  /** Answers this to `RCPT TO` of an address that holds `words`. */
  refuse: (words: string, answer: string) => void;
}

export async function startMailExchanger(): Promise<MailExchanger> {
  const taken: MailExchanger["taken"] = [];
  const refusals = new Map<string, string>();
  const server = createServer((socket) => talk(socket, { taken, refusals }));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    taken,
    refuse: (words, answer) => void refusals.set(words, answer),
    async [Symbol.asyncDispose]() {
      server.close();
    },
  };
}

function talk(
  socket: Socket,
  { taken, refusals }: { taken: MailExchanger["taken"]; refusals: Map<string, string> },
): void {
  const say = (line: string) => socket.write(`${line}\r\n`);
  let [held, to, reading] = ["", "", false];
  socket.on("error", () => {});
  socket.on("data", (bytes) => {
    held += bytes.toString("latin1");
    for (;;) {
      const end = reading ? "\r\n.\r\n" : "\r\n";
      const at = held.indexOf(end);
      if (at < 0) return;
      const line = held.slice(0, at);
      held = held.slice(at + end.length);
      if (reading) {
        taken.push({ to, raw: line });
        reading = false;
        say("250 taken");
        continue;
      }
      const verb = line.slice(0, 4).toUpperCase();
      if (verb === "RCPT") {
        to = /<([^>]*)>/.exec(line)?.[1] ?? "";
        say([...refusals].find(([words]) => to.includes(words))?.[1] ?? "250 ok");
      } else if (verb === "DATA") {
        reading = true;
        say("354 go on");
      } else if (verb === "QUIT") socket.end("221 bye\r\n");
      else say("250 ok");
    }
  });
  say("220 test");
}
