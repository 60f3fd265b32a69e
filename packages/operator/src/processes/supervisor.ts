import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { type ChildFolders, type ChildSpec, type RunningChild, startChild } from "./child-process.ts";

/** A child to keep alive. */
export interface SupervisedSpec {
  child: ChildSpec;
  /** True once it serves; may reject while it doesn't yet. */
  ready: () => Promise<boolean>;
  /** Changes with what the child was started from: another mark is another start. */
  mark: string;
}

interface Supervised {
  spec: SupervisedSpec;
  child: RunningChild;
  restarts: number;
  since: Date;
  stopping: boolean;
}

/** Waits before each start again; the last one stays. Back to the first after a quiet minute. */
const backOffMs = [200, 500, 1_000, 2_000, 5_000, 10_000, 30_000];
const quietMs = 60_000;
const readyTimeoutMs = 60_000;

/** Keeps children alive: one that dies is started again, later each time, and `say` tells. */
export class Supervisor {
  readonly #folders: ChildFolders;
  readonly #say: (line: string) => void;
  readonly #onChange: () => void;
  readonly #children = new Map<string, Supervised>();
  #closing = false;

  constructor(options: { folders: ChildFolders; say: (line: string) => void; onChange?: () => void }) {
    this.#folders = options.folders;
    this.#say = options.say;
    this.#onChange = options.onChange ?? (() => {});
  }

  /**
   * Starts the child, or starts it anew when its mark differs, and waits until it is ready. False: it ran
   * already.
   *
   * @throws Error when it stops or isn't ready within a minute; it is stopped then.
   */
  async ensure(spec: SupervisedSpec): Promise<boolean> {
    if (this.#closing) throw new Error("Stopped while starting.");
    const running = this.#children.get(spec.child.name);
    if (running?.spec.mark === spec.mark) return false;
    if (running) await this.stop(spec.child.name);
    const child = await startChild(spec.child, this.#folders);
    const entry: Supervised = { spec, child, restarts: 0, since: new Date(), stopping: false };
    this.#children.set(spec.child.name, entry);
    try {
      await Promise.race([
        waitUntilReady(spec, readyTimeoutMs, child.logFile),
        child.exited.then((how) => {
          throw new Error(
            `${spec.child.name} stopped while starting (${how}): see ${child.logFile}\n${lastLines(child.logFile)}`,
          );
        }),
      ]);
    } catch (error) {
      await this.stop(spec.child.name);
      throw error;
    }
    void this.#watch(entry);
    return true;
  }

  /** Its pid now; undefined when it isn't running. */
  pid(name: string): number | undefined {
    return this.#children.get(name)?.child.pid;
  }

  list(): { name: string; pid: number; restarts: number; since: string }[] {
    return [...this.#children.values()].map(({ spec, child, restarts, since }) => ({
      name: spec.child.name,
      pid: child.pid,
      restarts,
      since: since.toISOString(),
    }));
  }

  async stop(name: string, timeoutMs = 5_000): Promise<void> {
    const entry = this.#children.get(name);
    if (!entry) return;
    entry.stopping = true;
    this.#children.delete(name);
    await entry.child.stop(timeoutMs);
  }

  /**
   * Stops the groups one after another, each at once; nobody is started again from now on. Time that a group leaves is the next
   * ones': the last, PostgreSQL, writes to disk what all of them changed.
   */
  async stopAll(groups: string[][], timeoutMs: number[]): Promise<void> {
    this.#closing = true;
    let end = Date.now();
    for (const [index, names] of groups.entries()) {
      end += timeoutMs[index] ?? 1_000;
      await Promise.all(names.map((name) => this.stop(name, Math.max(0, end - Date.now()))));
    }
  }

  async #watch(entry: Supervised): Promise<void> {
    const { name } = entry.spec.child;
    for (let attempt = 0; ; ) {
      const how = await entry.child.exited;
      if (entry.stopping || this.#closing) return;
      if (Date.now() - entry.since.getTime() > quietMs) attempt = 0;
      const wait = backOffMs[Math.min(attempt++, backOffMs.length - 1)] ?? 1_000;
      this.#say(`${name} stopped by itself (${how}): started again in ${wait / 1_000} s`);
      await delay(wait);
      if (entry.stopping || this.#closing) return;
      try {
        entry.child = await startChild(entry.spec.child, this.#folders);
      } catch (error) {
        this.#say(error instanceof Error ? error.message : String(error));
        continue;
      }
      entry.restarts += 1;
      entry.since = new Date();
      this.#onChange();
      void this.#announceReturn(entry, entry.child);
    }
  }

  async #announceReturn(entry: Supervised, child: RunningChild): Promise<void> {
    const gone = child.exited.then(() => false);
    const back = await Promise.race([
      waitUntilReady(entry.spec, readyTimeoutMs, child.logFile).then(() => true),
      gone,
    ]).catch(() => false);
    if (back && entry.child === child && !entry.stopping) this.#say(`${entry.spec.child.name} is back`);
  }
}

function lastLines(file: string): string {
  return readFileSync(file, "utf8").trimEnd().split("\n").slice(-5).join("\n");
}

async function waitUntilReady(spec: SupervisedSpec, timeoutMs: number, logFile: string): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (Date.now() < end) {
    if (await spec.ready().catch(() => false)) return;
    await delay(50);
  }
  throw new Error(
    `${spec.child.name} wasn't ready after ${timeoutMs / 1_000} s: see ${logFile}\n${lastLines(logFile)}`,
  );
}
