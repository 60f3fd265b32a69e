import type { Logger } from "@interco/platform/log";
import type { ProviderClient, SendLogout } from "../provider/provider-internals.ts";
import type { LogoutDelivery, LogoutDeliveryRepository } from "./logout-delivery-repository.ts";

/** No site session outlives the provider's 12 hours: later there is nothing left to end. */
const ATTEMPTS = 24;
const LONGEST_PAUSE_SECONDS = 1800;
const AT_ONCE = 20;

export interface LogoutQueueParts {
  deliveries: LogoutDeliveryRepository;
  findClient(clientId: string): Promise<ProviderClient | undefined>;
  /** Signs a logout token (good for two minutes, hence one an attempt) and sends it once. */
  send: SendLogout;
  log: Logger;
  /** Told of each attempt's outcome, for metrics. */
  counted(outcome: "delivered" | "failed" | "abandoned"): void;
}

/** OpenID Connect Back-Channel Logout 1.0, to sites that may be down: at once, then until they hear it. */
export class LogoutQueue {
  readonly #parts: LogoutQueueParts;

  constructor(parts: LogoutQueueParts) {
    this.#parts = parts;
  }

  /** Queues and tries at once. Never throws for a site that is down: the person is signed out all the same. */
  readonly tell: SendLogout = async (client, accountId, sid) => {
    const delivery = await this.#parts.deliveries.add({ clientId: client.clientId, accountId, sid });
    await this.#try(delivery, client);
  };

  /** Says that deliveries were queued elsewhere. Doesn't wait for them: who asked is answered meanwhile. */
  wake(): void {
    const drain = async () => {
      while ((await this.retryDue()) >= AT_ONCE);
    };
    drain().catch((err) => this.#parts.log.error({ err }, "logouts could not be read"));
  }

  /** Tries some that are due; returns how many there were. */
  async retryDue(): Promise<number> {
    const due = await this.#parts.deliveries.takeDue(AT_ONCE);
    await Promise.all(
      due.map(async (delivery) => this.#try(delivery, await this.#parts.findClient(delivery.clientId))),
    );
    return due.length;
  }

  async #try(delivery: LogoutDelivery, client: ProviderClient | undefined): Promise<void> {
    const { deliveries, log, send, counted } = this.#parts;
    if (!client) return deliveries.remove(delivery.id);
    try {
      await send(client, delivery.accountId, delivery.sid);
    } catch (error) {
      const attempt = delivery.attempts + 1;
      const reason = error instanceof Error ? error.message : String(error);
      if (attempt >= ATTEMPTS) {
        log.error({ site: client.entity, attempt, reason }, "a site never heard of a logout");
        counted("abandoned");
        return deliveries.abandon(delivery.id, reason);
      }
      const pause = Math.min(LONGEST_PAUSE_SECONDS, 2 ** attempt);
      log.warn({ site: client.entity, attempt, pause, reason }, "a site could not be told of a logout");
      counted("failed");
      return deliveries.postpone(delivery.id, pause, reason);
    }
    counted("delivered");
    await deliveries.remove(delivery.id);
  }
}
