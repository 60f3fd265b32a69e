import type { Deps } from "../deps.ts";
import { removeExpired } from "./session-repository.ts";

const EVERY_MS = 10 * 60_000;
const BATCH = 500;

/** Removes ended sessions, used logout tokens and forgotten forms now and then, in small batches that hold no lock for long. */
export function startSessionCleaning({ db, log }: Pick<Deps, "db" | "log">): { stop: () => void } {
  const clean = async () => {
    while ((await removeExpired(db, BATCH)) >= BATCH);
  };
  const timer = setInterval(
    () => clean().catch((err: unknown) => log.warn({ err }, "ended sessions could not be removed")),
    EVERY_MS,
  );
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
