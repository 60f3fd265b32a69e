import { readFileSync } from "node:fs";
import type { Static, TSchema } from "typebox";
import { Value } from "typebox/value";

/** Thrown when a configuration file is missing or wrong; its message names the file and each wrong value, never their content. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/**
 * Reads and checks the JSON configuration named by the environment variable `INTERCO_CONFIG`.
 * There are no defaults for secrets: a value that is missing stops the service at once.
 */
export function loadConfig<T extends TSchema>(schema: T, path = process.env.INTERCO_CONFIG): Static<T> {
  if (!path) throw new ConfigError("INTERCO_CONFIG must name the service's configuration file.");
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    throw new ConfigError(`${path} can't be read as JSON.`, { cause });
  }
  if (!Value.Check(schema, value)) {
    const lines = [...Value.Errors(schema, value)].map((e) => `  ${e.instancePath || "/"}: ${e.message}`);
    throw new ConfigError(`${path} is not a valid configuration:\n${lines.join("\n")}`);
  }
  return value as Static<T>;
}
