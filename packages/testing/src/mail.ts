import { setTimeout as delay } from "node:timers/promises";
import { type MailCatcher, startMailCatcher } from "@interco/operator/parts/mail-catcher";
import type { CaughtMail } from "@interco/operator/parts/mail-store";

export type { CaughtMail, MailCatcher };

/** A mail catcher of one test's own, on free ports. */
export async function startTestMail(): Promise<MailCatcher & AsyncDisposable> {
  const catcher = await startMailCatcher({ web: 0, smtp: 0 });
  return Object.assign(catcher, { [Symbol.asyncDispose]: () => catcher.stop() });
}

/** The first mail caught that `matches`, looked for at `api` (a catcher's) for `timeoutMs`. */
export async function waitForMail(
  api: string,
  matches: (mail: CaughtMail) => boolean,
  timeoutMs = 10_000,
): Promise<CaughtMail> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const mails = (await (await fetch(api)).json()) as CaughtMail[];
    const mail = mails.find(matches);
    if (mail) return mail;
    if (Date.now() > end) {
      throw new Error(
        `No such mail among ${mails.map((m) => `"${m.subject}" to ${m.to}`).join("; ") || "none"}`,
      );
    }
    await delay(100);
  }
}
