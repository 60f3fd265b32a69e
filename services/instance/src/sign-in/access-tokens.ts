import { entityUrn } from "@interco/contracts/entity-urn";
import { Problem } from "@interco/platform/problem";
import { open, seal } from "@interco/platform/secrets";
import type { Deps } from "../deps.ts";
import type { Session } from "./session.ts";
import { endSession, lockRefreshToken, replaceRefreshToken } from "./session-repository.ts";

type Parts = Pick<Deps, "db" | "sites" | "config" | "log" | "identity">;

/** The provider's tokens live 60 s. */
const KEPT_MS = 50_000;
/** A session in use is renewed at the provider this often, so that its own (30 minutes) goes on too. */
export const RENEW_AFTER_MS = 5 * 60_000;
/** After the provider didn't answer, pages leave it alone for this long. */
const PAUSE_MS = 30_000;
/** Each exchange holds one of four connections while the provider answers: a slow provider must not stop the site. */
const AT_ONCE = 2;

/** What the session of a person lets their site ask of other entities: short tokens, each for one audience. */
export class AccessTokens {
  readonly #parts: Parts;
  readonly #kept = new Map<string, Map<string, { token: string; until: number }>>();
  readonly #turns = new Map<string, Promise<unknown>>();
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  #pausedUntil = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * A token for the entity's API, which carries that entity's pairwise subject. Throws `sign-in.ended` (401) when the session
   * is over at the provider, `sign-in.unavailable` (503) while that doesn't answer.
   */
  async accessTokenFor(session: Session, entity: string): Promise<string> {
    const kept = () => {
      const found = this.#kept.get(key(session))?.get(entity);
      return found && found.until > Date.now() ? found.token : undefined;
    };
    return (
      kept() ??
      this.#inTurn(session, async () => {
        const found = kept();
        if (found) return found;
        const { token, seconds } = await this.#exchange(session, entityUrn(entity));
        const tokens = this.#kept.get(key(session)) ?? new Map();
        tokens.set(entity, { token, until: Date.now() + Math.min(KEPT_MS, (seconds - 10) * 1000) });
        if (this.#kept.size > 1_000) this.#sweep();
        this.#kept.set(key(session), tokens);
        return token;
      })
    );
  }

  /** Extends the provider's session if this one hasn't asked lately. In the background: no page waits, none fails. */
  renewInBackground(session: Session): void {
    const now = Date.now();
    const due = now - session.renewedAt.getTime() > RENEW_AFTER_MS && now > this.#pausedUntil;
    if (!due || this.#turns.has(key(session))) return;
    this.#inTurn(session, () => this.#exchange(session)).catch((error: unknown) => {
      if (error instanceof Problem && error.code === "sign-in.ended") return;
      this.#pausedUntil = Date.now() + PAUSE_MS;
      this.#parts.log.warn({ err: error }, "a session could not be renewed");
    });
  }

  /** Drops what is held in memory for sessions that ended. */
  forget(idHash: Buffer): void {
    this.#kept.delete(idHash.toString("hex"));
  }

  /** One exchange at a time for a session: a refresh token used twice revokes all its sign-in gave. */
  async #inTurn<T>(session: Session, work: () => Promise<T>): Promise<T> {
    const id = key(session);
    const before = this.#turns.get(id);
    const turn = (async () => {
      await before?.catch(() => {});
      await this.#enter();
      try {
        return await work();
      } finally {
        this.#leave();
      }
    })();
    this.#turns.set(id, turn);
    try {
      return await turn;
    } finally {
      if (this.#turns.get(id) === turn) this.#turns.delete(id);
    }
  }

  /** The row stays locked from reading the refresh token to keeping the next one: other processes wait too. */
  async #exchange(session: Session, resource?: string): Promise<{ token: string; seconds: number }> {
    const { db, sites, config, identity } = this.#parts;
    const client = await identity.clientOf(sites.getByEntity(session.entity).hosted);
    const openid = await import("openid-client");
    const answer = await db.within({}, async (trx) => {
      const held = await lockRefreshToken(trx, session.idHash);
      if (!held?.refreshSealed) return undefined;
      const refreshToken = openRefreshToken(config.keys.session, held.refreshSealed, session.idHash);
      try {
        const tokens = await openid.refreshTokenGrant(client, refreshToken, resource ? { resource } : {});
        const next = tokens.refresh_token ?? refreshToken;
        await replaceRefreshToken(
          trx,
          session.idHash,
          sealRefreshToken(config.keys.session, next, session.idHash),
        );
        return { token: tokens.access_token, seconds: tokens.expires_in ?? 60 };
      } catch (error) {
        if (!(error instanceof openid.ResponseBodyError && error.error === "invalid_grant"))
          throw new Problem("sign-in.unavailable", { status: 503, cause: error });
        // The provider says this sign-in is over: so is what it gave.
        await endSession({ open: trx }, session.idHash);
        return undefined;
      }
    });
    if (answer) return answer;
    this.forget(session.idHash);
    throw new Problem("sign-in.ended", { status: 401 });
  }

  async #enter(): Promise<void> {
    if (this.#running >= AT_ONCE) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running++;
  }

  #leave(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#running--;
  }

  #sweep(): void {
    const now = Date.now();
    for (const [id, tokens] of this.#kept)
      if ([...tokens.values()].every((one) => one.until < now)) this.#kept.delete(id);
  }
}

/** Sealed for its own row: a copy in another session's row opens nowhere. */
export function sealRefreshToken(sessionKey: Buffer, token: string, idHash: Buffer): Buffer {
  return seal(sessionKey, token, `refresh:${idHash.toString("hex")}`);
}

export function openRefreshToken(sessionKey: Buffer, sealed: Buffer, idHash: Buffer): string {
  return open(sessionKey, sealed, `refresh:${idHash.toString("hex")}`);
}

function key(session: Session): string {
  return session.idHash.toString("hex");
}
