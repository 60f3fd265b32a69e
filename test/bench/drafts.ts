import { createHash, randomBytes } from "node:crypto";
import { scopeSettings } from "@interco/platform/postgres";
import pg from "pg";

const SLUG = "signaler-un-probleme";

/** Drafts of the shared form that are complete, as its last page leaves them: each is sent once. */
export class Drafts {
  readonly #client: pg.Client;
  readonly #entity: string;
  readonly #typed: object;
  readonly #tokens: string[] = [];

  private constructor(client: pg.Client, entity: string, typed: object) {
    this.#client = client;
    this.#entity = entity;
    this.#typed = typed;
  }

  /** @param database as the agglomeration's service sees it */
  static async open(database: string, entity: string, typed: object): Promise<Drafts> {
    const client = new pg.Client({ connectionString: database });
    await client.connect();
    return new Drafts(client, entity, typed);
  }

  /** Makes sure that so many are ready. */
  async prepare(count: number): Promise<void> {
    const tokens = Array.from({ length: Math.max(0, count - this.#tokens.length) }, () =>
      randomBytes(32).toString("base64url"),
    );
    await this.#within(() =>
      this.#client.query(
        `insert into draft (token_hash, entity, procedure_slug, procedure_version, answers, lang, expires_at)
         select hash, $2, $3, 1, $4, 'fr', now() + interval '1 day' from unnest($1::bytea[]) as hash`,
        [tokens.map(hash), this.#entity, SLUG, JSON.stringify(this.#typed)],
      ),
    );
    this.#tokens.push(...tokens);
  }

  take(): string {
    const token = this.#tokens.pop();
    if (!token) throw new Error("not enough drafts were prepared");
    return token;
  }

  /** Which request each draft became, by token. */
  async requestIds(tokens: readonly string[]): Promise<Map<string, string>> {
    const { rows } = await this.#within(() =>
      this.#client.query<{ token_hash: Buffer; request_id: string }>(
        "select token_hash, request_id from draft where token_hash = any($1)",
        [tokens.map(hash)],
      ),
    );
    const byHash = new Map(rows.map((row) => [row.token_hash.toString("hex"), row.request_id]));
    return new Map(tokens.map((token) => [token, byHash.get(hash(token).toString("hex")) ?? ""]));
  }

  close(): Promise<void> {
    return this.#client.end();
  }

  async #within<T>(work: () => Promise<T>): Promise<T> {
    await this.#client.query(`begin;${scopeSettings({ site: this.#entity })}`);
    try {
      return await work();
    } finally {
      await this.#client.query("commit");
    }
  }
}

function hash(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}
