import { networkOf } from "@interco/platform/network";
import { hmac } from "@interco/platform/secrets";
import type { Pool } from "pg";
import { emailKey } from "../accounts/account-repository.ts";
import { beginStatement, GUESSES, HEAT, MAILS, SECOND_FACTORS, SUCCEED } from "./throttle-statement.ts";

const BEGIN = {
  guess: beginStatement(GUESSES),
  secondFactor: beginStatement(SECOND_FACTORS),
  mail: beginStatement(MAILS),
};

export interface Attempt {
  /** The account as this network tries it. */
  pair: Buffer;
  /** The account, from anywhere. */
  account: Buffer;
  network: Buffer;
}

export interface Delay {
  /** 0: the attempt was counted, and its password may be looked at. */
  waitSeconds: number;
  /** The first attempt this block delays. */
  first: boolean;
}

/**
 * Delays guesses without ever locking anybody out. What is strict counts an account *from one network*: whoever fails at
 * somebody else's address delays themselves, not its owner. A network has a bucket of its own, against one password tried
 * at many accounts. An account that is guessed at from everywhere costs each network a short wait before its first try
 * there, its owner's too, and no free failures. An attempt counts before the password is looked at, so that guesses sent
 * at once are counted too.
 */
export class ThrottleRepository {
  readonly #pool: Pool;
  readonly #key: Buffer;

  constructor(pool: Pool, key: Buffer) {
    this.#pool = pool;
    this.#key = key;
  }

  /** What an attempt is counted under. It is the same for an address nobody has an account with. */
  attempt(email: string, address: string): Attempt {
    const [account, network] = [emailKey(email), networkOf(address)];
    return {
      pair: hmac(this.#key, `pair:${network} ${account}`),
      account: hmac(this.#key, `account:${account}`),
      network: hmac(this.#key, `address:${network}`),
    };
  }

  /**
   * What is counted of an address whoever does it: mails written to it, or codes typed for it. A network has a bucket of its
   * own here too.
   */
  addressed(what: "mail" | "code" | "invitation", email: string, address: string): Attempt {
    const account = emailKey(email);
    return {
      pair: hmac(this.#key, `${what}:${account}`),
      account: hmac(this.#key, `${what} anywhere:${account}`),
      network: hmac(this.#key, `${what} address:${networkOf(address)}`),
    };
  }

  /** What codes typed after a right password are counted under: apart from passwords, so that neither delays the other. */
  secondFactor(accountId: string, address: string): Attempt {
    const network = networkOf(address);
    return {
      pair: hmac(this.#key, `second pair:${network} ${accountId}`),
      account: hmac(this.#key, `second:${accountId}`),
      network: hmac(this.#key, `second address:${network}`),
    };
  }

  /** Counts one attempt, or says how long to wait before it. */
  async begin(attempt: Attempt, limits: keyof typeof BEGIN = "guess"): Promise<Delay> {
    const { rows } = await this.#pool.query<{ wait: number; first: boolean }>({
      ...BEGIN[limits],
      values: [attempt.pair, attempt.account, attempt.network],
    });
    return { waitSeconds: Math.ceil(Number(rows[0]?.wait ?? 1)), first: rows[0]?.first ?? false };
  }

  /** The attempt was right, and isn't counted as a failure any more. */
  async succeed(attempt: Attempt): Promise<void> {
    await this.#pool.query({ ...SUCCEED, values: [attempt.pair, attempt.account, attempt.network] });
  }

  /** How many failures are remembered of an account from anywhere, and what they make a network wait that comes for the first time. */
  async heatOf(email: string): Promise<{ failures: number; waitSeconds: number }> {
    const { account } = this.attempt(email, "::");
    const { rows } = await this.#pool.query<{ failures: number; wait: number }>({
      ...HEAT,
      values: [account],
    });
    return { failures: Math.round(rows[0]?.failures ?? 0), waitSeconds: Math.ceil(rows[0]?.wait ?? 0) };
  }

  /** Removes what has faded. */
  async removeFaded(): Promise<void> {
    await this.#pool.query(
      "delete from throttle where counted_at < now() - interval '1 day' and blocked_until < now()",
    );
  }
}
