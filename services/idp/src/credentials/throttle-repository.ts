import { isIPv6 } from "node:net";
import { hmac } from "@interco/platform/secrets";
import type { Pool } from "pg";
import { emailKey } from "../accounts/account-repository.ts";

/** Failures that cost nothing; the next ones wait 2, 4, 8… seconds, five minutes at most. */
const FREE = { account: 5, address: 30 };
const LONGEST_WAIT_SECONDS = 300;
/** Half of the failures are forgotten every quarter of an hour. */
const HALF_LIFE_SECONDS = 900;

export interface Attempt {
  account: Buffer;
  address: Buffer;
}

/**
 * Delays guesses, per account and per network address, without ever locking anybody out. An attempt counts
 * before the password is looked at, so that guesses sent at once are counted too.
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
    return {
      account: hmac(this.#key, `account:${emailKey(email)}`),
      address: this.addressKey(address),
    };
  }

  addressKey(address: string): Buffer {
    return hmac(this.#key, `address:${network(address)}`);
  }

  /** Counts one attempt; the seconds to wait when it came too early (it is then not to be looked at), else 0. */
  async begin(attempt: Attempt): Promise<number> {
    const { rows } = await this.#pool.query<{ wait: number }>({
      name: "throttle-begin",
      text: `with asked (key, free) as (values ($1::bytea, $3::real), ($2::bytea, $4::real)),
        blocked as (select max(extract(epoch from t.blocked_until - now()))::real as wait
          from throttle t join asked using (key) where t.blocked_until > now()),
        counted as (
          insert into throttle as t (key, failures, counted_at, blocked_until)
          select key, 1, now(), now() from asked, blocked where blocked.wait is null order by key
          on conflict (key) do update set
            failures = ${decayed} + 1,
            counted_at = now(),
            blocked_until = now() + make_interval(secs => case
              when ${decayed} + 1 <= (select free from asked where asked.key = t.key) then 0
              else least(${LONGEST_WAIT_SECONDS},
                power(2, least(20, ${decayed} + 1 - (select free from asked where asked.key = t.key)))) end))
        select coalesce(wait, 0) as wait from blocked`,
      values: [attempt.account, attempt.address, FREE.account, FREE.address],
    });
    return Math.ceil(Number(rows[0]?.wait ?? 0));
  }

  /** The attempt was right: the account's failures are forgotten, and the address is given this one back. */
  async succeed(attempt: Attempt): Promise<void> {
    await this.#pool.query({
      name: "throttle-succeed",
      text: `with forgotten as (delete from throttle where key = $1)
        update throttle set failures = greatest(0, failures - 1), blocked_until = now() where key = $2`,
      values: [attempt.account, attempt.address],
    });
  }

  /** Removes what has faded. */
  async removeFaded(): Promise<void> {
    await this.#pool.query(
      "delete from throttle where counted_at < now() - interval '1 day' and blocked_until < now()",
    );
  }
}

const decayed = `t.failures * power(0.5, extract(epoch from now() - t.counted_at) / ${HALF_LIFE_SECONDS})::real`;

/** IPv6 users get a whole /64: counting single addresses would count nothing. */
function network(address: string): string {
  if (!isIPv6(address) || address.startsWith("::ffff:")) return address.replace("::ffff:", "");
  const [head = "", tail] = address.split("::");
  const left = head.split(":").filter(Boolean);
  const right = tail?.split(":").filter(Boolean) ?? [];
  const zeros = tail === undefined ? [] : Array(8 - left.length - right.length).fill("0");
  return [...left, ...zeros, ...right]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16))
    .join(":");
}
