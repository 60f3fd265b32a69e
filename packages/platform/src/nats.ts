import { setTimeout } from "node:timers/promises";
import { connect, type NatsConnection } from "@nats-io/transport-node";

export interface NatsOptions {
  url: string;
  user: string;
  password: string;
  /** Shown in the server's logs: the instance's name. */
  name: string;
  /** Accept a nats-server older than the production floor. Loopback demonstrations only. */
  development?: boolean;
  onStatus?: (status: NatsStatus) => void;
}

export interface NatsStatus {
  type: "up" | "down" | "refused";
  reason?: string;
}

const RETRY_MS = 500;

/**
 * One connection to NATS per process, for ever: it is opened in the background, survives the server's
 * death, a refused password and a server that isn't there yet. A service starts and answers without it
 * (NATS down is a degraded state).
 */
export class NatsLink {
  readonly #options: NatsOptions;
  readonly #closing = new AbortController();
  readonly #upListeners = new Set<(nc: NatsConnection) => void>();
  #connection: NatsConnection | undefined;
  #up = false;
  readonly #running: Promise<void>;

  constructor(options: NatsOptions) {
    this.#options = options;
    this.#running = this.#run();
  }

  /** The connection while it is up; undefined while NATS is away. */
  get connection(): NatsConnection | undefined {
    return this.#up ? this.#connection : undefined;
  }

  /** The connection, as soon as it is up. Rejects when `signal` aborts or the link closes. */
  async connected(signal?: AbortSignal): Promise<NatsConnection> {
    if (this.connection) return this.connection;
    const stop = signal ? AbortSignal.any([signal, this.#closing.signal]) : this.#closing.signal;
    const { promise, resolve, reject } = Promise.withResolvers<NatsConnection>();
    const aborted = () => reject(stop.reason);
    if (stop.aborted) aborted();
    stop.addEventListener("abort", aborted, { once: true });
    const forget = this.onUp(resolve);
    return promise.finally(() => {
      forget();
      stop.removeEventListener("abort", aborted);
    });
  }

  /** Calls back each time the connection comes (back) up. Returns what ends that. */
  onUp(listener: (nc: NatsConnection) => void): () => void {
    this.#upListeners.add(listener);
    return () => this.#upListeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error("the link to NATS is closed"));
    await this.#connection?.close();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      try {
        await this.#serve(await this.#open());
      } catch (error) {
        this.#down("refused", reasonOf(error));
      }
      await sleep(RETRY_MS, this.#closing.signal);
    }
  }

  #open(): Promise<NatsConnection> {
    const { url, user, password, name } = this.#options;
    return connect({
      servers: url,
      user,
      pass: password,
      name,
      timeout: 3_000,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 250,
      reconnectJitter: 250,
      // An account may be announced a little after its instance starts: ask again rather than give up.
      ignoreAuthErrorAbort: true,
      // Each request would build an Error for the stack of a failure that names it anyway: 3 % of a busy hub.
      noAsyncTraces: true,
      pingInterval: 10_000,
      maxPingOut: 2,
    });
  }

  async #serve(nc: NatsConnection): Promise<void> {
    this.#connection = nc;
    if (this.#closing.signal.aborted) return nc.close();
    try {
      requireServer(nc, { development: this.#options.development ?? false });
    } catch (error) {
      await nc.close();
      throw error;
    }
    this.#setUp(nc);
    for await (const status of nc.status()) {
      if (status.type === "reconnect") this.#setUp(nc);
      if (status.type === "disconnect") this.#down("down");
    }
    await nc.closed();
    this.#down("down");
  }

  #setUp(nc: NatsConnection): void {
    this.#up = true;
    this.#options.onStatus?.({ type: "up" });
    for (const listener of [...this.#upListeners]) listener(nc);
  }

  #down(type: "down" | "refused", reason?: string): void {
    this.#up = false;
    this.#options.onStatus?.(reason === undefined ? { type } : { type, reason });
  }
}

/**
 * Throws unless the server is one that isolates accounts well enough for production: 2.12.12 or later
 * in 2.12, or 2.14.3 or later (CVE-2025-30215 and what followed).
 */
export function requireServer(nc: NatsConnection, { development }: { development: boolean }): void {
  const version = nc.info?.version ?? "unknown";
  if (development || isSafeServer(version)) return;
  throw new Error(`nats-server ${version} is too old: 2.12.12 or 2.14.3 at least`);
}

export function isSafeServer(version: string): boolean {
  const [major = 0, minor = 0, patch = 0] = version.split(/[.-]/).map(Number);
  if (major !== 2) return major > 2;
  if (minor === 12) return patch >= 12;
  return minor > 14 || (minor === 14 && patch >= 3);
}

/** Ends early, without error, when the signal aborts. */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  await setTimeout(ms, undefined, { signal }).catch(() => undefined);
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
