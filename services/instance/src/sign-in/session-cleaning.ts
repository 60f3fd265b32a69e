import type { App, Deps } from "../deps.ts";
import { removeExpired } from "./session-repository.ts";

const EVERY_MS = 10 * 60_000;
const BATCH = 500;

/** Removes ended sessions and used logout tokens now and then, in small batches that hold no lock for long. */
export function cleanSessions(app: App, deps: Deps): void {
  const clean = async () => {
    while ((await removeExpired(deps.db, BATCH)) >= BATCH);
  };
  const timer = setInterval(
    () => clean().catch((err: unknown) => deps.log.warn({ err }, "ended sessions could not be removed")),
    EVERY_MS,
  );
  timer.unref();
  app.addHook("onClose", async () => clearInterval(timer));
}
