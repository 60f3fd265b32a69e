import type { Transporter } from "nodemailer";

export interface OutgoingMail {
  from: { name: string; address: string };
  to: string;
  subject: string;
  text: string;
  html: string;
  messageId: string;
  attachments?: readonly { name: string; mediaType: string; bytes: Buffer }[];
}

/** The server has said no to this recipient or this message (RFC 5321 §4.2.1, 5yz): asking again changes nothing. */
export function refusesForGood(error: unknown): boolean {
  const { responseCode, command } = error as { responseCode?: number; command?: string };
  return (responseCode ?? 0) >= 500 && (command === "RCPT TO" || command === "DATA");
}

/** The mail server, connected at the first mail: most processes send few. */
export class MailServer {
  readonly #url: string;
  #transport: Promise<Transporter> | undefined;

  constructor(url: string) {
    this.#url = url;
  }

  /** Hands a mail over; rejects when the server doesn't take it. */
  async send(mail: OutgoingMail): Promise<void> {
    this.#transport ??= import("nodemailer").then(({ createTransport }) =>
      createTransport({
        url: this.#url,
        pool: true,
        maxConnections: 1,
        connectionTimeout: 10_000,
        socketTimeout: 20_000,
        disableFileAccess: true,
        disableUrlAccess: true,
      } as never),
    );
    const transport = await this.#transport;
    // As an object: as a text, an address with a comma in it would be read as two.
    const to = { name: "", address: mail.to };
    const attachments = mail.attachments?.map(({ name, mediaType, bytes }) => ({
      filename: name,
      contentType: mediaType,
      content: bytes,
    }));
    // Says to other systems that nobody wrote this by hand: no absence notice comes back (RFC 3834 §5).
    await transport.sendMail({ ...mail, to, attachments, headers: { "Auto-Submitted": "auto-generated" } });
  }

  async close(): Promise<void> {
    (await this.#transport)?.close();
  }
}
