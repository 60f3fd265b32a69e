import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { SMTPServer } from "smtp-server";
import { mailListPage, mailPage } from "./mail-page.ts";
import { MailStore } from "./mail-store.ts";

export interface MailCatcher {
  /** Page to read the mails. */
  web: string;
  /** `GET`: JSON list, oldest first (`?to=address` narrows it); `DELETE`: forget them. */
  api: string;
  smtp: string;
  mails: MailStore;
  stop(): Promise<void>;
}

/** Takes every mail and sends none. Listens on loopback; port 0 picks a free one. */
export async function startMailCatcher(ports: { web: number; smtp: number }): Promise<MailCatcher> {
  const mails = new MailStore();
  const smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS", "AUTH"],
    // Names would be looked up in DNS, and a machine without it would wait for nothing.
    disableReverseLookup: true,
    size: 20 * 1024 * 1024,
    onData: (stream, session, callback) => {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => {
        const from = session.envelope.mailFrom ? session.envelope.mailFrom.address : "";
        const to = session.envelope.rcptTo.map((address) => address.address);
        mails.keep(Buffer.concat(chunks), { from, to }).then(
          () => callback(),
          (error: Error) => callback(error),
        );
      });
    },
  });
  // A client that hangs up in the middle is its own affair.
  smtp.on("error", () => {});
  const web = createServer((request, response) => answer(request, response, mails));
  const [smtpPort, webPort] = await Promise.all([
    listen(smtp.server as Server, ports.smtp),
    listen(web, ports.web),
  ]);
  return {
    web: `http://127.0.0.1:${webPort}/`,
    api: `http://127.0.0.1:${webPort}/api/mails`,
    smtp: `smtp://127.0.0.1:${smtpPort}`,
    mails,
    stop: async () => {
      web.closeAllConnections();
      await Promise.all([
        new Promise<void>((resolve) => web.close(() => resolve())),
        new Promise<void>((resolve) => smtp.close(() => resolve())),
      ]);
    },
  };
}

function answer(request: IncomingMessage, response: ServerResponse, mails: MailStore): void {
  const url = new URL(request.url ?? "/", "http://mail.localhost");
  if (url.pathname === "/api/mails" && request.method === "DELETE") {
    mails.clear();
    response.writeHead(204).end();
  } else if (url.pathname === "/api/mails") {
    send(
      response,
      200,
      "application/json",
      JSON.stringify(mails.list(url.searchParams.get("to") ?? undefined)),
    );
  } else if (url.pathname === "/") {
    send(response, 200, "text/html", mailListPage(mails.list()));
  } else {
    const mail = mails.find(url.pathname.replace("/mails/", ""));
    if (mail) send(response, 200, "text/html", mailPage(mail));
    else send(response, 404, "text/plain", "Introuvable.");
  }
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response
    .writeHead(status, {
      "content-type": `${type}; charset=utf-8`,
      "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'",
      "x-content-type-options": "nosniff",
    })
    .end(body);
}

async function listen(server: Server, port: number): Promise<number> {
  return await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}
