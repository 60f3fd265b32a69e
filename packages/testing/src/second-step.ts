import { hash } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { TOTP_SECONDS, totpCode, totpStep } from "@interco/platform/totp";

/** The secret of the program a test's agent has: each their own, so that one's codes aren't used up by another. */
export function totpOf(email: string): string {
  const letters = "ABCDEFGHIJKLMNOP";
  return hash("sha256", email, "hex")
    .slice(0, 32)
    .replaceAll(/./g, (digit) => letters[Number.parseInt(digit, 16)] ?? "");
}

/** Steps whose codes this process has used, of each secret: one is good once. */
const used = new Map<string, Set<number>>();

/**
 * Passes a second step with an authenticator program's codes. Of each half minute three hold (the present one, and one on each
 * side), each once, so several sign-ins of one agent in a row find one; whoever finds none waits for the next.
 *
 * @param tryCode types a code; false where it was refused
 */
export async function passSecondStep(
  secret: string,
  tryCode: (code: string) => Promise<boolean>,
): Promise<void> {
  const mine = used.get(secret) ?? new Set();
  used.set(secret, mine);
  for (let refused = 0; refused < 6; ) {
    const now = totpStep();
    // The oldest first: it is the one that won't hold much longer.
    const step = [now - 1, now, now + 1].find((one) => !mine.has(one));
    if (step === undefined) {
      await delay((now + 1) * TOTP_SECONDS * 1000 - Date.now() + 50);
      continue;
    }
    mine.add(step);
    if (await tryCode(totpCode(secret, step))) return;
    refused += 1;
  }
  throw new Error("no code was taken");
}
