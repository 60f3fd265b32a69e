import { join } from "node:path";
import type { IdpConfig } from "@interco/contracts/idp-config";
import { deriveKey } from "@interco/platform/secrets";

export const MIGRATIONS = join(import.meta.dirname, "../migrations");

/** Everything secret the provider uses, each derived for one purpose from the one key of its configuration. */
export interface Keys {
  codes: Buffer;
  cookies: Buffer;
  forms: Buffer;
  pairwise: Buffer;
  pepper: Buffer;
  sealing: Buffer;
  throttle: Buffer;
}

export function deriveKeys(config: IdpConfig): Keys {
  const of = (purpose: string) => deriveKey(config.secrets.key, `idp ${purpose}`);
  return {
    codes: of("registration codes"),
    cookies: of("cookies"),
    forms: of("forms"),
    pairwise: of("pairwise subjects"),
    pepper: of("password pepper"),
    sealing: of("signing keys"),
    throttle: of("throttle"),
  };
}
