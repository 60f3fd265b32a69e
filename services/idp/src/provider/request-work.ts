import { AsyncLocalStorage } from "node:async_hooks";
import type { AccountRow } from "../accounts/account-repository.ts";
import type { ArtifactRow, Outcome, Relied, Stored } from "./artifact.ts";
import type { ArtifactRepository, Surroundings } from "./artifact-repository.ts";
import type { Issued } from "./just-issued.ts";

/** What this process issued a moment ago, to spare its use a statement. */
export type IssuedHere = Issued<Surroundings, Stored>;

/**
 * What one request to the provider read ahead and will write. oidc-provider saves a session, a grant and a code
 * one by one; here they wait until its work is done and go in one statement, before the answer leaves.
 */
export class RequestWork {
  /** Rows read together with another one. Each serves one request only, so it is never stale. */
  readonly ahead = new Map<string, Stored>();
  readonly sessionsByUid = new Map<string, Stored>();
  readonly accounts = new Map<string, AccountRow>();
  /** The grant of each code or token that was found, by its key. */
  readonly grantKeys = new Map<string, Buffer>();
  /** Sessions as they are stored, to see whether saving one would change anything. */
  readonly sessions = new Map<string, Stored>();

  readonly #stored = new Map<string, ArtifactRow>();
  readonly #consumed = new Map<string, { id: Buffer; grantKey: Buffer | null }>();
  readonly #removed = new Map<string, Buffer>();
  readonly #revoked = new Map<string, Buffer>();
  readonly #assertions: { id: Buffer; expiresAt: Date }[] = [];
  readonly #extended = new Set<string>();
  #relied: Relied | undefined;

  store(row: ArtifactRow): void {
    this.#stored.set(row.id.toString("hex"), row);
    this.#removed.delete(row.id.toString("hex"));
  }

  consume(id: Buffer, grantKey: Buffer | null): void {
    this.#consumed.set(id.toString("hex"), { id, grantKey });
  }

  remove(id: Buffer): void {
    this.#stored.delete(id.toString("hex"));
    this.#removed.set(id.toString("hex"), id);
  }

  revoke(grantKey: Buffer): void {
    this.#revoked.set(grantKey.toString("hex"), grantKey);
  }

  useAssertion(id: Buffer, expiresAt: Date): void {
    this.#assertions.push({ id, expiresAt });
  }

  extendSession(uid: string): void {
    this.#extended.add(uid);
  }

  relyOn(relied: Relied): void {
    this.#relied = relied;
  }

  /** The code this request stored, with what its exchange will ask for; undefined where that isn't all at hand. */
  issued(): { key: Buffer; code: Surroundings } | undefined {
    const stored = [...this.#stored.values()];
    const row = stored.find(({ kind }) => kind === "AuthorizationCode");
    if (!row?.grantKey || !row.sessionUid || !row.accountId) return undefined;
    const ofKind = (kind: string) => asRead(stored.find((one) => one.kind === kind));
    const session = ofKind("Session") ?? this.sessionsByUid.get(row.sessionUid);
    const grant = ofKind("Grant") ?? this.ahead.get(row.grantKey.toString("hex"));
    const account = this.accounts.get(row.accountId);
    const found = asRead(row);
    if (!found || !session || !grant || !account) return undefined;
    return { key: row.id, code: { found, session, grant, account } };
  }

  /** The authorization request this request pushed (RFC 9126), if it did. */
  pushed(): { key: Buffer; request: Stored } | undefined {
    const row = [...this.#stored.values()].find(({ kind }) => kind === "PushedAuthorizationRequest");
    const request = asRead(row);
    return row && request && { key: row.id, request };
  }

  /** Writes all of it. Where a code or token had been used already, what its grant gave is revoked. */
  async finish(repository: ArtifactRepository): Promise<Outcome> {
    if (!this.#stored.size && !this.#consumed.size && !this.#removed.size && !this.#revoked.size)
      if (!this.#assertions.length && !this.#extended.size)
        return { unused: true, fresh: true, present: true };
    const outcome = await repository.apply({
      stored: [...this.#stored.values()],
      consumed: [...this.#consumed.values()].map((c) => c.id),
      removed: [...this.#removed.values()],
      revoked: [...this.#revoked.values()],
      assertions: this.#assertions,
      extendedSessions: [...this.#extended],
      existing: [...this.#stored.values()]
        .filter((row) => this.sessions.has(row.id.toString("hex")))
        .map((row) => row.id),
      relied: this.#relied,
    });
    if (!outcome.unused) await this.#revokeReused(repository);
    return outcome;
  }

  /** RFC 9700 §4.14.2, RFC 6749 §4.1.2: somebody else may hold what was used twice. */
  async #revokeReused(repository: ArtifactRepository): Promise<void> {
    const grants = [...this.#consumed.values()].flatMap((c) => (c.grantKey ? [c.grantKey] : []));
    const nothing = { stored: [], consumed: [], assertions: [], extendedSessions: [], existing: [] };
    await repository.apply({ ...nothing, relied: undefined, removed: grants, revoked: grants });
  }
}

const current = new AsyncLocalStorage<RequestWork>();

/** The work of the request being answered; undefined outside one, where reads and writes go at once. */
export function currentWork(): RequestWork | undefined {
  return current.getStore();
}

/** Runs `handler` with work of its own, then writes it. */
export async function withRequestWork(
  repository: ArtifactRepository,
  issuedHere: IssuedHere,
  handler: () => Promise<void>,
): Promise<Outcome> {
  const work = new RequestWork();
  await current.run(work, handler);
  const outcome = await work.finish(repository);
  const written = outcome.unused && outcome.fresh && outcome.present;
  const issued = written ? work.issued() : undefined;
  if (issued) issuedHere.codes.keep(issued.key, issued.code);
  const pushed = written ? work.pushed() : undefined;
  if (pushed) issuedHere.pushed.keep(pushed.key, pushed.request);
  return outcome;
}

function asRead(row: ArtifactRow | undefined): Stored | undefined {
  return row && { json: row.json, expiresAt: row.expiresAt, consumedAt: null };
}
