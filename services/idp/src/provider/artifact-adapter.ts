import { isDeepStrictEqual } from "node:util";
import type { Adapter, AdapterPayload } from "oidc-provider";
import { artifactKey, fromRow, toRow } from "./artifact.ts";
import type { ArtifactRepository, Surroundings } from "./artifact-repository.ts";
import { currentWork, type IssuedHere, RequestWork } from "./request-work.ts";

/** A session whose content is unchanged is written again only to last this much longer. */
const EXTENSION_WORTH_A_WRITE_MS = 60_000;

/** oidc-provider's storage for everything but clients, on the table `artifact`. */
export class ArtifactAdapter implements Adapter {
  readonly #kind: string;
  readonly #repository: ArtifactRepository;
  readonly #issued: IssuedHere;
  readonly #clientOfRequest: () => string;

  /** `clientOfRequest` names the client asking, whose grant is then read together with the session. */
  constructor(
    kind: string,
    repository: ArtifactRepository,
    issued: IssuedHere,
    clientOfRequest: () => string,
  ) {
    this.#kind = kind;
    this.#repository = repository;
    this.#issued = issued;
    this.#clientOfRequest = clientOfRequest;
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    const key = artifactKey(this.#kind, id);
    const work = currentWork();
    const ahead = work?.ahead.get(key.toString("hex"));
    if (ahead) return fromRow(this.#kind, id, ahead);
    switch (this.#kind) {
      // Seen or not is decided when it is written: see `upsert`.
      case "ReplayDetection":
        return undefined;
      case "Session":
        return this.#findSession(id, key, work);
      case "AuthorizationCode":
      case "RefreshToken":
      case "AccessToken":
        return this.#findToken(id, key, work);
      case "PushedAuthorizationRequest": {
        // That it is unspent is seen by the statement that spends it.
        const found = this.#issued.pushed.take(key) ?? (await this.#repository.find(key));
        const pushed = found && fromRow(this.#kind, id, found);
        // Another client's is nobody's: oidc-provider would tell that client the request's state.
        const asking = this.#clientOfRequest();
        return asking && pushed && clientOfPushed(pushed) !== asking ? undefined : pushed;
      }
      default: {
        const found = await this.#repository.find(key);
        return found && fromRow(this.#kind, id, found);
      }
    }
  }

  async findByUid(uid: string): Promise<AdapterPayload | undefined> {
    const found = currentWork()?.sessionsByUid.get(uid) ?? (await this.#repository.findSessionByUid(uid));
    return found && fromRow(this.#kind, undefined, found);
  }

  /** Device codes aren't offered. */
  async findByUserCode(): Promise<undefined> {
    return undefined;
  }

  async upsert(id: string, payload: AdapterPayload, expiresIn: number): Promise<void> {
    await this.#write((work) => {
      if (this.#kind === "ReplayDetection") {
        const expiresAt = new Date(Date.now() + expiresIn * 1000);
        return work.useAssertion(artifactKey(this.#kind, id), expiresAt);
      }
      const row = toRow(this.#kind, id, payload, expiresIn);
      if (this.#kind === "Session") {
        const known = work.sessions.get(row.id.toString("hex"));
        const gain = known ? row.expiresAt.getTime() - known.expiresAt.getTime() : Number.POSITIVE_INFINITY;
        const same = known && isDeepStrictEqual(JSON.parse(known.json), JSON.parse(row.json));
        if (same && gain < EXTENSION_WORTH_A_WRITE_MS) return;
      }
      // Renewing at a site extends the session here: working on one site must not cost the login of another.
      if (this.#kind === "RefreshToken" && payload.rotations && row.sessionUid)
        work.extendSession(row.sessionUid);
      work.store(row);
    });
  }

  async consume(id: string): Promise<void> {
    const key = artifactKey(this.#kind, id);
    await this.#write((work) => work.consume(key, work.grantKeys.get(key.toString("hex")) ?? null));
  }

  async destroy(id: string): Promise<void> {
    await this.#write((work) => work.remove(artifactKey(this.#kind, id)));
  }

  async revokeByGrantId(grantId: string): Promise<void> {
    await this.#write((work) => work.revoke(artifactKey("Grant", grantId)));
  }

  async #findSession(id: string, key: Buffer, work: RequestWork | undefined) {
    const clientId = this.#clientOfRequest();
    const row = await this.#repository.findSession(key, clientId);
    if (!row) return undefined;
    const session = fromRow(this.#kind, id, row.found);
    // A session whose account is gone, or may not be used any more, is no session.
    if (session.accountId && (!row.account || row.account.deactivated)) return undefined;
    work?.sessions.set(key.toString("hex"), row.found);
    if (session.uid) work?.sessionsByUid.set(session.uid, row.found);
    keepSurroundings(row, session.authorizations?.[clientId]?.grantId, work);
    return session;
  }

  async #findToken(id: string, key: Buffer, work: RequestWork | undefined) {
    const issued = work && this.#kind === "AuthorizationCode" ? this.#issued.codes.take(key) : undefined;
    const row = issued ?? (await this.#repository.findToken(key));
    if (!row) return undefined;
    const token = fromRow(this.#kind, id, row.found);
    if (issued) {
      const { grantId = "", sessionUid = "", accountId = "" } = token;
      work?.relyOn({ grantKey: artifactKey("Grant", grantId), sessionUid, accountId });
    }
    keepSurroundings(row, token.grantId, work);
    if (work && token.sessionUid && row.session) work.sessionsByUid.set(token.sessionUid, row.session);
    if (token.grantId) work?.grantKeys.set(key.toString("hex"), artifactKey("Grant", token.grantId));
    return token;
  }

  async #write(change: (work: RequestWork) => void): Promise<void> {
    const work = currentWork();
    if (work) return change(work);
    const alone = new RequestWork();
    change(alone);
    const outcome = await alone.finish(this.#repository);
    if (!outcome.unused || !outcome.fresh || !outcome.present) throw new Error("used already");
  }
}

function clientOfPushed({ request = "" }: AdapterPayload): unknown {
  return JSON.parse(Buffer.from(request.split(".")[1] ?? "", "base64url").toString()).client_id;
}

function keepSurroundings(
  row: Surroundings,
  grantId: string | undefined,
  work: RequestWork | undefined,
): void {
  if (!work) return;
  if (row.account) work.accounts.set(row.account.id, row.account);
  if (row.grant && grantId) work.ahead.set(artifactKey("Grant", grantId).toString("hex"), row.grant);
}
