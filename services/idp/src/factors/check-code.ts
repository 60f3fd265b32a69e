import { open, seal } from "@interco/platform/secrets";
import { totpStepOf } from "@interco/platform/totp";
import type { SignInJournal } from "../audit/sign-in-journal.ts";
import type { ThrottleRepository } from "../credentials/throttle-repository.ts";
import type { FactorRepository } from "./factor-repository.ts";
import { printedCodeHash, typedCode } from "./printed-codes.ts";

export interface CheckCodeParts {
  factors: FactorRepository;
  throttle: ThrottleRepository;
  journal: SignInJournal;
  /** Seals the secrets of authenticator programs. */
  sealingKey: Buffer;
  /** Printed codes are stored as HMACs under it. */
  printedKey: Buffer;
}

export type CodeResult =
  | { right: true; codesLeft: number | null }
  /** It was the right one, a first time. */
  | { used: true }
  | { wrong: true }
  | { waitSeconds: number };

export interface CodeTry {
  accountId: string;
  code: string;
  /** Where it comes from, for throttling. */
  address: string;
  clientId: string | undefined;
}

/**
 * Compares what was typed with the account's program or its printed codes, each good once (RFC 6238 §5.2). Tries are counted of
 * the account from one network, of the account, and of the network; nobody is locked out.
 */
export async function checkCode(parts: CheckCodeParts, tried: CodeTry): Promise<CodeResult> {
  const { throttle, journal } = parts;
  const attempt = throttle.secondFactor(tried.accountId, tried.address);
  const seen = { accountId: tried.accountId, clientId: tried.clientId, addressKey: attempt.network };
  const { waitSeconds, first } = await throttle.begin(attempt, "secondFactor");
  if (waitSeconds > 0) {
    if (first) await journal.add({ kind: "delayed", ...seen, detail: { waitSeconds, second: true } });
    return { waitSeconds };
  }
  const result = await compare(parts, tried);
  if ("right" in result) await throttle.succeed(attempt);
  else await journal.add({ kind: "second_factor_refused", ...seen, detail: { used: "used" in result } });
  return result;
}

async function compare(parts: CheckCodeParts, { accountId, code }: CodeTry): Promise<CodeResult> {
  const { factors } = parts;
  const typed = typedCode(code);
  if (!typed) return { wrong: true };
  if ("printed" in typed) {
    const codesLeft = await factors.useCode(
      accountId,
      printedCodeHash(parts.printedKey, accountId, typed.printed),
    );
    return codesLeft === undefined ? { wrong: true } : { right: true, codesLeft };
  }
  const program = await factors.findAuthenticator(accountId);
  const step =
    program && totpStepOf(openSecret(parts.sealingKey, program.sealedSecret, accountId), typed.program);
  if (step === undefined) return { wrong: true };
  return (await factors.useStep(accountId, step)) ? { right: true, codesLeft: null } : { used: true };
}

/** Sealed for its own account: a copy in another's row opens nowhere. */
export function sealSecret(key: Buffer, secret: string, accountId: string): Buffer {
  return seal(key, secret, `authenticator:${accountId}`);
}

export function openSecret(key: Buffer, sealed: Buffer, accountId: string): string {
  return open(key, sealed, `authenticator:${accountId}`);
}
