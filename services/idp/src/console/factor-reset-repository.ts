import type { Pool } from "pg";
import type { WrittenMail } from "../mail/mail-repository.ts";
import { bindings, queueMail } from "../mail/mail-statement.ts";
import type { Telling } from "../my-account/told-change-statement.ts";
import { tellParts } from "../my-account/told-change-statement.ts";

/** How long the second person has. */
export const CONFIRM_HOURS = 48;

export type ResetWay = "entity" | "official" | "administrator";

export interface NewReset {
  id: string;
  accountId: string;
  reason: string;
  askedBy: string;
  way: ResetWay;
  clientId: string | null;
  confirmLink: Buffer | null;
  stopLink: Buffer;
}

/** One that waits for its second person. */
export interface PendingReset {
  id: string;
  accountId: string;
  email: string;
  givenName: string;
  familyName: string;
  agentId: string | null;
  language: "fr" | "en";
  reason: string;
  askedBy: string;
  askedByName: string;
  askedByEmailKey: string;
  askedAt: Date;
  expiresAt: Date;
  way: ResetWay;
  clientId: string | null;
}

export interface Official {
  name: string;
  email: string;
}

const PENDING = `select r.id, r.account_id as "accountId", a.email, a.given_name as "givenName", a.family_name as "familyName",
    a.agent_id as "agentId", a.language, r.reason, r.asked_by as "askedBy",
    coalesce(b.given_name || ' ' || b.family_name, '') as "askedByName", coalesce(b.email_key, '') as "askedByEmailKey",
    r.asked_at as "askedAt", r.expires_at as "expiresAt", r.way, r.client_id as "clientId"
  from factor_reset r join account a on a.id = r.account_id left join account b on b.id = r.asked_by
  where r.ended_at is null and r.expires_at > now()`;
/** More than wait at once anywhere. */
const MOST = 200;

/** Second factors to be taken from an account by two persons. */
export class FactorResetRepository {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** Keeps a request and its mails in one statement; false where one waits already. */
  async add(reset: NewReset, mails: readonly WrittenMail[]): Promise<boolean> {
    await this.#pool.query(
      "delete from factor_reset where account_id = $1 and ended_at is null and expires_at <= now()",
      [reset.accountId],
    );
    const { values, $ } = bindings();
    const cells = [
      $(reset.id, "uuid"),
      $(reset.accountId, "uuid"),
      $(reset.reason, "text"),
      $(reset.askedBy, "uuid"),
      `now() + interval '${CONFIRM_HOURS} hours'`,
      $(reset.way, "text"),
      $(reset.clientId, "text"),
      $(reset.confirmLink, "bytea"),
      $(reset.stopLink, "bytea"),
    ];
    const written = mails.map((mail, n) => `, mail${n} as (${queueMail(mail, $, "asked")})`);
    const { rowCount } = await this.#pool.query(
      `with asked as (insert into factor_reset (id, account_id, reason, asked_by, expires_at, way, client_id, confirm_link,
          stop_link) values (${cells.join(", ")})
        on conflict (account_id) where ended_at is null do nothing returning 1)${written.join("")}
      select from asked`,
      values,
    );
    return rowCount === 1;
  }

  async find(id: string): Promise<PendingReset | undefined> {
    return (await this.#pending("factor-reset-find", "r.id = $1", id))[0];
  }

  async findOf(accountId: string): Promise<PendingReset | undefined> {
    return (await this.#pending("factor-reset-of", "r.account_id = $1", accountId))[0];
  }

  /** Those another administrator of the provider may confirm. */
  async forAdministrators(): Promise<PendingReset[]> {
    return this.#pending("factor-reset-ours", "r.way = $1", "administrator");
  }

  /** Those an entity's own administrators may confirm: of its agents, and no others. */
  async forEntity(clientId: string): Promise<PendingReset[]> {
    return this.#pending("factor-reset-entity", "r.way = 'entity' and r.client_id = $1", clientId);
  }

  async findByConfirmLink(link: Buffer): Promise<PendingReset | undefined> {
    return (await this.#pending("factor-reset-confirm-link", "r.confirm_link = $1", link))[0];
  }

  async findByStopLink(link: Buffer): Promise<PendingReset | undefined> {
    return (await this.#pending("factor-reset-stop-link", "r.stop_link = $1", link))[0];
  }

  async #pending(name: string, where: string, value: unknown): Promise<PendingReset[]> {
    const { rows } = await this.#pool.query<PendingReset>({
      name,
      text: `${PENDING} and ${where} order by r.asked_at limit ${MOST}`,
      values: [value],
    });
    return rows;
  }

  /**
   * Takes every second factor away and tells its person, in one statement; false where somebody was faster, it is too late, or who
   * confirms asked for it or is its person.
   */
  async confirm(id: string, confirmedBy: string | null, telling: Telling): Promise<boolean> {
    const { values, $ } = bindings();
    const by = $(confirmedBy, "uuid");
    const { rowCount } = await this.#pool.query(
      `with done as (update factor_reset set outcome = 'done', ended_at = now(), confirmed_by = ${by}
          where id = ${$(id, "uuid")} and ended_at is null and expires_at > now()
            and asked_by is distinct from ${by} and account_id is distinct from ${by}
          returning account_id),
        passkeys as (delete from passkey where account_id in (select account_id from done)),
        programs as (delete from authenticator where account_id in (select account_id from done)),
        codes as (delete from printed_code where account_id in (select account_id from done)),
        steps as (delete from factor_step where account_id in (select account_id from done)),
        ${tellParts(telling, $, "done")}
      select from done`,
      values,
    );
    return rowCount === 1;
  }

  /** Ends one without doing it; false where it was over. */
  async end(id: string, outcome: "refused" | "stopped"): Promise<boolean> {
    const { rowCount } = await this.#pool.query(
      "update factor_reset set outcome = $2, ended_at = now() where id = $1 and ended_at is null and expires_at > now()",
      [id, outcome],
    );
    return rowCount === 1;
  }

  /** Who has this agent id and works for this entity, by its word. */
  async findAgentOf(
    clientId: string,
    agentId: string,
  ): Promise<{ id: string; emailKey: string } | undefined> {
    const { rows } = await this.#pool.query<{ id: string; emailKey: string }>({
      name: "factor-reset-agent",
      text: `select a.id, a.email_key as "emailKey" from account a join agent_access x on x.account_id = a.id
        where a.agent_id = $2 and x.client_id = $1 and x.ended_at is null and a.deactivated_at is null limit 1`,
      values: [clientId, agentId],
    });
    return rows[0];
  }

  async officialOf(clientId: string): Promise<Official | undefined> {
    const { rows } = await this.#pool.query<Official>({
      name: "entity-official-find",
      text: "select name, email from entity_official where client_id = $1",
      values: [clientId],
    });
    return rows[0];
  }

  /** Names an entity's elected official; false where there is no such entity. */
  async nameOfficial(clientId: string, { name, email }: Official): Promise<boolean> {
    const { rowCount } = await this.#pool.query(
      `insert into entity_official (client_id, name, email) select client_id, $2, $3 from client where client_id = $1
       on conflict (client_id) do update set name = excluded.name, email = excluded.email, named_at = now()`,
      [clientId, name, email],
    );
    return rowCount === 1;
  }

  /** Removes, a month later, what ended or wasn't confirmed: the journal keeps that it was. */
  async removeOld(limit: number): Promise<number> {
    const { rowCount } = await this.#pool.query({
      name: "factor-reset-remove-old",
      text: `delete from factor_reset where id in
        (select id from factor_reset where expires_at < now() - interval '30 days' limit $1)`,
      values: [limit],
    });
    return rowCount ?? 0;
  }
}
