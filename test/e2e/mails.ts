import { setTimeout as wait } from "node:timers/promises";
import { sharedFederation } from "@interco/testing/federation";
import type { CaughtMail } from "@interco/testing/mail";

/** The mails somebody got about something (words of subject or text), oldest first. */
export async function mailsTo(address: string, about: string): Promise<CaughtMail[]> {
  const { api } = sharedFederation().mail;
  if (!api) throw new Error("mails go to somebody else's server");
  const mails = (await (await fetch(api)).json()) as CaughtMail[];
  return mails
    .filter(
      (mail) => mail.to.some((to) => to.includes(address)) && `${mail.subject}\n${mail.text}`.includes(about),
    )
    .sort((a, b) => a.date.localeCompare(b.date));
}

/** Waits for that many mails. */
export async function untilMails(
  address: string,
  about: string,
  count: number,
  limitMs = 20_000,
): Promise<CaughtMail[]> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const mails = await mailsTo(address, about);
    if (mails.length >= count) return mails;
    if (Date.now() > deadline)
      throw new Error(
        `${mails.length} mails about ${about} instead of ${count}: ${mails.map((mail) => mail.subject).join("; ")}`,
      );
    await wait(100);
  }
}

export async function countMails(address: string, about: string): Promise<number> {
  return (await mailsTo(address, about)).length;
}
