import { type HostedEntity, InstanceConfig } from "@interco/contracts/instance-config";
import { loadConfig } from "@interco/platform/config";
import { deriveKey } from "@interco/platform/secrets";

/** The instance's configuration with its keys derived, one for each use. */
export interface Config extends InstanceConfig {
  keys: { cookie: Buffer; session: Buffer; signIn: Buffer };
  hostedIds: readonly string[];
}

export type { HostedEntity };

/** Reads INTERCO_CONFIG; throws a ConfigError that says what is wrong. */
export function readConfig(): Config {
  const config = loadConfig(InstanceConfig);
  if (!config.development && !config.idp.issuer.startsWith("https://")) {
    throw new Error("outside development the identity provider must be reached by https");
  }
  const key = (purpose: string) => deriveKey(config.secrets.key, purpose);
  return {
    ...config,
    keys: { cookie: key("cookie"), session: key("session"), signIn: key("sign-in") },
    hostedIds: config.entities.map((entity) => entity.id),
  };
}
