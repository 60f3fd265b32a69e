import { readFileSync } from "node:fs";
import { TOTP_SECONDS, totpCode, totpStep } from "@interco/platform/totp";
import type { DataFolder } from "../state/data-folder.ts";
import type { announcement } from "./announcement.ts";

/**
 * What an agent's authenticator program shows now, with how long it holds.
 *
 * @throws Error in one line where the demonstration has no such agent
 */
export function currentCode(folder: DataFolder, email: string, now = Date.now()): string {
  let text: string;
  try {
    text = readFileSync(folder.announcement, "utf8");
  } catch {
    throw new Error(`Nothing has run over ${folder.root} yet: start it by npm start.`);
  }
  const { accounts } = JSON.parse(text) as ReturnType<typeof announcement>;
  const account = accounts.find((one) => one.email.toLowerCase() === email.trim().toLowerCase());
  if (!account) throw new Error(`There is no account ${email} in ${folder.announcement}.`);
  if (!account.totp) throw new Error(`${account.email} signs in with a password alone.`);
  const step = totpStep(now);
  const left = (step + 1) * TOTP_SECONDS - Math.floor(now / 1000);
  return `${totpCode(account.totp, step)} (for ${left} s, once)`;
}
