import type { Surroundings } from "./artifact-repository.ts";

const KEPT_MS = 10_000;
const AT_MOST = 2_000;

/**
 * Codes this process has just issued and written, with what their exchange asks for: a site exchanges its code within
 * milliseconds, mostly here, and is spared a statement. It is a memory of what was read, no decision: the statement that
 * spends the code sees in the database that it is unspent, and that session, grant and account are still there. Keys are
 * hashes, and a code is handed out once: any further use is looked up.
 */
export class IssuedCodes {
  readonly #kept = new Map<string, { code: Surroundings; until: number }>();

  keep(key: Buffer, code: Surroundings, now = Date.now()): void {
    for (const [oldest, { until }] of this.#kept) {
      if (until > now && this.#kept.size < AT_MOST) break;
      this.#kept.delete(oldest);
    }
    this.#kept.set(key.toString("hex"), { code, until: now + KEPT_MS });
  }

  take(key: Buffer, now = Date.now()): Surroundings | undefined {
    const found = this.#kept.get(key.toString("hex"));
    this.#kept.delete(key.toString("hex"));
    return found && found.until > now ? found.code : undefined;
  }
}
