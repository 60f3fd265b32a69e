import type { Pool, PoolClient } from "pg";

export type KeyState = "next" | "current" | "retired";
/** What a key signs: tokens of an algorithm, or this service's cookies. */
export type KeyAlg = "ES256" | "RS256" | "cookies";

export interface StoredKey {
  kid: string;
  alg: KeyAlg;
  state: KeyState;
  sealedJwk: Buffer;
  createdAt: Date;
  changedAt: Date;
}

/** The service reads keys; only `migrate` and `rotate-keys`, as owner, write them. */
export class SigningKeyRepository {
  readonly #db: Pool | PoolClient;

  constructor(db: Pool | PoolClient) {
    this.#db = db;
  }

  /** Current ones first: the provider signs with the first that fits. */
  async list(): Promise<StoredKey[]> {
    const { rows } = await this.#db.query<StoredKey>(
      `select kid, alg, state, sealed_jwk as "sealedJwk", created_at as "createdAt", changed_at as "changedAt"
       from signing_key order by array_position(array['current', 'next', 'retired'], state), alg, changed_at desc`,
    );
    return rows;
  }

  async add(key: { kid: string; alg: KeyAlg; state: KeyState; sealedJwk: Buffer }): Promise<void> {
    await this.#db.query("insert into signing_key (kid, alg, state, sealed_jwk) values ($1, $2, $3, $4)", [
      key.kid,
      key.alg,
      key.state,
      key.sealedJwk,
    ]);
  }

  async move(alg: KeyAlg, from: KeyState, to: KeyState): Promise<void> {
    await this.#db.query(
      "update signing_key set state = $3, changed_at = now() where alg = $1 and state = $2",
      [alg, from, to],
    );
  }

  /** Retired keys stay published while something they signed may still be shown. */
  async removeRetiredBefore(moment: Date): Promise<void> {
    await this.#db.query("delete from signing_key where state = 'retired' and changed_at < $1", [moment]);
  }
}
