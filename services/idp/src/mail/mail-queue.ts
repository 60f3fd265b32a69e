import { setTimeout } from "node:timers/promises";
import type { Logger } from "@interco/platform/log";
import type { OutgoingMail } from "@interco/platform/mail-server";
import type { MailRepository, QueuedMail } from "./mail-repository.ts";

/** Some five hours in all: what a mail asks one to do can be done for longer. */
const ATTEMPTS = 18;
const LONGEST_PAUSE_SECONDS = 1_800;
const AT_ONCE = 10;

export interface MailQueueParts {
  mails: MailRepository;
  send(mail: OutgoingMail): Promise<void>;
  from: OutgoingMail["from"];
  log: Logger;
  /** Told of each attempt's outcome, for metrics. */
  counted(outcome: "sent" | "failed" | "abandoned"): void;
}

/** Sends what waits in the queue: as soon as it is written, then until the mail server takes it. */
export class MailQueue {
  readonly #parts: MailQueueParts;
  #sending: Promise<unknown> | undefined;
  #asked = false;

  constructor(parts: MailQueueParts) {
    this.#parts = parts;
  }

  /** Says that a mail was written. Doesn't wait for it: who asked for it is answered meanwhile. */
  wake(): void {
    this.#asked = true;
    this.sendDue().catch((err) => this.#parts.log.error({ err }, "mails could not be read"));
  }

  /** Sends everything that is due, never twice at once. */
  sendDue(): Promise<unknown> {
    this.#sending ??= this.#drain().finally(() => {
      this.#sending = undefined;
      if (this.#asked) this.wake();
    });
    return this.#sending;
  }

  /** Waits for mails under way, two seconds at most: what isn't sent by then is sent by the next process. */
  async settle(): Promise<void> {
    const sent = async () => {
      while (this.#sending) await this.#sending.catch(() => {});
    };
    await Promise.race([sent(), setTimeout(2_000, undefined, { ref: false })]);
  }

  async #drain(): Promise<void> {
    this.#asked = false;
    for (;;) {
      const due = await this.#parts.mails.takeDue(AT_ONCE);
      await Promise.all(due.map((mail) => this.#try(mail)));
      if (due.length < AT_ONCE) return;
    }
  }

  async #try(mail: QueuedMail): Promise<void> {
    const { mails, from, log, send, counted } = this.#parts;
    const { id, kind, attempts, recipient, subject, text, html } = mail;
    const messageId = `<${id}@${from.address.split("@")[1]}>`;
    try {
      await send({ from, to: recipient, subject, text, html, messageId });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (attempts >= ATTEMPTS) {
        log.error({ kind, attempts, reason }, "a mail was never taken");
        counted("abandoned");
        return mails.giveUp(id, reason);
      }
      const pause = Math.min(LONGEST_PAUSE_SECONDS, 5 * 2 ** attempts);
      log.warn({ kind, attempts, pause, reason }, "a mail was not taken");
      counted("failed");
      return mails.postpone(id, pause, reason);
    }
    counted("sent");
    await mails.markSent(id);
  }
}
