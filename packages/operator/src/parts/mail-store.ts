import { randomUUID } from "node:crypto";
import PostalMime from "postal-mime";

/** One mail caught, as the JSON API shows it. */
export interface CaughtMail {
  id: string;
  from: string;
  to: string[];
  subject: string;
  text: string;
  html: string;
  date: string;
}

/** The last mails caught, in memory: they are a demonstration's, and `limit` bounds what they take. */
export class MailStore {
  readonly #limit: number;
  #mails: CaughtMail[] = [];

  constructor(limit = 500) {
    this.#limit = limit;
  }

  /** Reads a message (RFC 5322) and keeps it. `to` are the envelope's recipients: hidden copies included. */
  async keep(raw: Buffer, envelope: { from: string; to: string[] }): Promise<void> {
    const mail = await PostalMime.parse(raw);
    this.#mails.push({
      id: randomUUID(),
      from: mail.from?.address ?? envelope.from,
      to: envelope.to,
      subject: mail.subject ?? "",
      text: mail.text ?? "",
      html: mail.html ?? "",
      date: mail.date ?? new Date().toISOString(),
    });
    if (this.#mails.length > this.#limit) this.#mails = this.#mails.slice(-this.#limit);
  }

  /** Oldest first; with `to`, those sent to this address only. */
  list(to?: string): CaughtMail[] {
    return to ? this.#mails.filter((mail) => mail.to.includes(to)) : [...this.#mails];
  }

  find(id: string): CaughtMail | undefined {
    return this.#mails.find((mail) => mail.id === id);
  }

  clear(): void {
    this.#mails = [];
  }
}
