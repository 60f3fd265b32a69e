import { join } from "node:path";

/** Where this service's migrations are. Alone in its file, so that `migrate` starts without the whole program. */
export const MIGRATIONS = join(import.meta.dirname, "..", "migrations");
