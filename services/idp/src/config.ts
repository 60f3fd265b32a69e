import { join } from "node:path";
import type { IdpConfig } from "@interco/contracts/idp-config";
import { deriveKey } from "@interco/platform/secrets";

export const MIGRATIONS = join(import.meta.dirname, "../migrations");

/** Everything secret the provider uses, each derived for one purpose from the one key of its configuration. */
export interface Keys {
  codes: Buffer;
  factors: Buffer;
  pairwise: Buffer;
  passkeyUsers: Buffer;
  pepper: Buffer;
  printedCodes: Buffer;
  sealing: Buffer;
  throttle: Buffer;
  upstreamIdentities: Buffer;
  upstreamSeals: Buffer;
}

export function deriveKeys(config: IdpConfig): Keys {
  const of = (purpose: string) => deriveKey(config.secrets.key, `idp ${purpose}`);
  return {
    codes: of("registration codes"),
    factors: of("second factors"),
    pairwise: of("pairwise subjects"),
    passkeyUsers: of("passkey users"),
    pepper: of("password pepper"),
    printedCodes: of("printed codes"),
    sealing: of("signing keys"),
    throttle: of("throttle"),
    upstreamIdentities: of("upstream identities"),
    upstreamSeals: of("upstream seals"),
  };
}
