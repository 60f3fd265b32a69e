import { type MailCatcher, startMailCatcher } from "@interco/operator/parts/mail-catcher";
import type { CaughtMail } from "@interco/operator/parts/mail-store";

export type { CaughtMail, MailCatcher };

/** A mail catcher of one test's own, on free ports. */
export async function startTestMail(): Promise<MailCatcher & AsyncDisposable> {
  const catcher = await startMailCatcher({ web: 0, smtp: 0 });
  return Object.assign(catcher, { [Symbol.asyncDispose]: () => catcher.stop() });
}
