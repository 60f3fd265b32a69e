import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const services = join(import.meta.dirname, "../../services");

/**
 * The list of each service's migrations with their hashes, by path in the repository. One that is listed never changes: a town
 * that has applied it would have another schema than one that starts today. What is wrong in one is mended by the next.
 *
 * @throws Error when a listed migration has changed or is gone.
 */
export function releasedMigrations(): Map<string, string> {
  return new Map(
    ["idp", "instance"].map((service) => {
      const folder = join(services, service, "migrations");
      const listed = JSON.parse(readFileSync(join(folder, "released.json"), "utf8")) as Record<
        string,
        string
      >;
      const found = hashes(folder);
      for (const [name, hash] of Object.entries(listed)) {
        if (found[name] !== hash)
          throw new Error(`${service}: the migration ${name} is released and can't change`);
      }
      return [`services/${service}/migrations/released.json`, `${JSON.stringify(found, null, 2)}\n`] as const;
    }),
  );
}

function hashes(folder: string): Record<string, string> {
  const names = readdirSync(folder).filter((name) => name.endsWith(".sql"));
  return Object.fromEntries(
    names.sort().map((name) => {
      const text = readFileSync(join(folder, name));
      return [name, createHash("sha256").update(text).digest("hex")];
    }),
  );
}
