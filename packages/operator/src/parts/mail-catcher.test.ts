import { createConnection } from "node:net";
import { createInterface } from "node:readline";
import { expect, it } from "vitest";
import { startMailCatcher } from "./mail-catcher.ts";

async function sendMail(smtp: string, to: string, subject: string): Promise<void> {
  const url = new URL(smtp);
  const socket = createConnection(Number(url.port), url.hostname);
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  const say = async (text: string) => {
    socket.write(`${text}\r\n`);
    for (;;) {
      const line = String((await lines.next()).value);
      if (/^\d{3} /.test(line)) return line;
    }
  };
  await lines.next();
  await say("EHLO test");
  await say("MAIL FROM:<mairie@woippy.example>");
  await say(`RCPT TO:<${to}>`);
  await say("DATA");
  await say(
    `From: Mairie de Woippy <mairie@woippy.example>\r\nTo: ${to}\r\nSubject: ${subject}\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Bonjour</p>\r\n.`,
  );
  await say("QUIT");
  socket.end();
}

it("keeps what is sent and shows it as JSON and on a page that runs nothing of it", async () => {
  const catcher = await startMailCatcher({ web: 0, smtp: 0 });
  try {
    await sendMail(catcher.smtp, "camille@exemple.example", "Votre demande <1>");
    const [mail] = (await (await fetch(catcher.api)).json()) as Record<string, unknown>[];
    expect(mail).toMatchObject({
      from: "mairie@woippy.example",
      to: ["camille@exemple.example"],
      subject: "Votre demande <1>",
      html: expect.stringContaining("<p>Bonjour</p>"),
      text: expect.any(String),
      date: expect.stringMatching(/^\d{4}-/),
    });
    expect(await (await fetch(catcher.web)).text()).toContain("Votre demande &#60;1&#62;");
    const one = await (await fetch(new URL(`/mails/${mail?.id}`, catcher.web))).text();
    expect(one).toContain("sandbox srcdoc=");
    await fetch(catcher.api, { method: "DELETE" });
    expect(await (await fetch(catcher.api)).json()).toEqual([]);
  } finally {
    await catcher.stop();
  }
});
