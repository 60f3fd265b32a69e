import { newId } from "@interco/platform/ids";
import type { Language } from "@interco/ui/messages";
import type { Pool } from "pg";
import { emailKey } from "../accounts/account-repository.ts";
import type { WrittenMail } from "../mail/mail-repository.ts";

/** What a mail of ours says holds for as long. */
export const LINK_DAYS = 7;
/** Invitations of one site in a day, those sent again left out: more than any entity has agents to invite. */
const INVITED_A_DAY = 300;
/** How long it is remembered that somebody's access ended, or that they never came. */
const FORGOTTEN_AFTER_DAYS = 30;

/** The kind of an invitation's mail: each site's own, so that none takes back another's. */
export function invitationMail(clientId: string): string {
  return `agent_invitation:${clientId}`;
}

/** Somebody an entity says works for it, as it names them. */
export interface Invited {
  clientId: string;
  email: string;
  givenName: string;
  familyName: string;
  language: Language;
  /** When the entity said it. */
  saidAt: Date;
}

/** An entity somebody works for. */
export interface Employer {
  clientId: string;
  name: string;
  origin: string;
}

/** What the link of an invitation leads to. */
export interface Opened {
  clientId: string;
  email: string;
  givenName: string;
  familyName: string;
  /** Who accepted it already. */
  accountId: string | null;
}

/** Entities' words that somebody works for them. */
export class AgentAccessRepository {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** True where the site has invited as many today as it may. Those it knows already are always told. */
  async isFull(clientId: string, email: string): Promise<boolean> {
    const { rows } = await this.#pool.query<{ full: boolean }>(
      `select count(*) >= ${INVITED_A_DAY} as full from agent_access
       where client_id = $1 and email_key <> $2 and created_at > now() - interval '1 day'`,
      [clientId, emailKey(email)],
    );
    return rows[0]?.full ?? false;
  }

  /**
   * Keeps an entity's word and its mail, in one statement. `accountId` is who it is about where they need no link; `link` replaces
   * the one they had, and the mail takes the place of one that waits. False where the entity has said something later: nothing is
   * kept, and no mail leaves.
   */
  async add(
    invited: Invited,
    way: { accountId: string } | { link: Buffer },
    mail: WrittenMail,
    waitSeconds: number,
  ): Promise<boolean> {
    const link = "link" in way ? way.link : null;
    const { rowCount } = await this.#pool.query({
      name: "agent-access-add",
      text: `with said as (
          insert into agent_access as a (client_id, email_key, email, given_name, family_name, account_id, link,
            link_expires_at, said_at)
          values ($1, $2, $3, $4, $5, $6, $7::bytea,
            case when $7::bytea is not null then now() + interval '${LINK_DAYS} days' + make_interval(secs => $15) end, $8)
          on conflict (client_id, email_key) do update set email = excluded.email, given_name = excluded.given_name,
            family_name = excluded.family_name, account_id = excluded.account_id, link = excluded.link,
            link_expires_at = excluded.link_expires_at, said_at = excluded.said_at, ended_at = null
            where a.said_at <= excluded.said_at
          returning 1),
        replaced as (delete from mail m using said
          where m.recipient = $10 and m.kind = $11 and m.due_at > now() and m.attempts = 0)
        insert into mail (id, recipient, kind, subject, text_body, html_body, due_at)
        select $9, $10, $11, $12, $13, $14, now() + make_interval(secs => $15) from said`,
      values: [
        invited.clientId,
        emailKey(invited.email),
        invited.email,
        link ? invited.givenName : null,
        link ? invited.familyName : null,
        "accountId" in way ? way.accountId : null,
        link,
        invited.saidAt,
        newId(),
        mail.recipient,
        mail.kind,
        mail.subject,
        mail.text,
        mail.html,
        waitSeconds,
      ],
    });
    return rowCount === 1;
  }

  /** What a link leads to, within its days and until the entity takes it back. */
  async open(link: Buffer): Promise<Opened | undefined> {
    const { rows } = await this.#pool.query<Opened>({
      name: "agent-access-open",
      text: `select client_id as "clientId", email, coalesce(given_name, '') as "givenName",
          coalesce(family_name, '') as "familyName", account_id as "accountId"
        from agent_access where link = $1 and link_expires_at > now()`,
      values: [link],
    });
    return rows[0];
  }

  /** Whether this entity (any, where null) has invited the address, which has no account yet. */
  async isInvited(email: string, clientId: string | null): Promise<boolean> {
    const { rowCount } = await this.#pool.query({
      name: "agent-access-invited",
      text: `select from agent_access where email_key = $1 and account_id is null and ended_at is null
        and link_expires_at > now() and ($2::text is null or client_id = $2) limit 1`,
      values: [emailKey(email), clientId],
    });
    return rowCount === 1;
  }

  /** Every entity that invited this address has its person: one account for all. What was said of their name goes. */
  async accept(email: string, accountId: string): Promise<void> {
    await this.#pool.query({
      name: "agent-access-accept",
      text: `update agent_access set account_id = $2, given_name = null, family_name = null
        where email_key = $1 and account_id is null and ended_at is null`,
      values: [emailKey(email), accountId],
    });
  }

  /** The operator names an entity somebody works for. */
  async vouch(clientId: string, email: string, accountId: string): Promise<void> {
    await this.#pool.query(
      `insert into agent_access (client_id, email_key, email, account_id, said_at)
       select client_id, $2, $3, $4, now() from client where client_id = $1 on conflict do nothing`,
      [clientId, emailKey(email), email, accountId],
    );
  }

  /**
   * Ends an entity's word and the link it gave; true where there was one. A word that comes late ends nothing. Said again, it
   * ends nothing twice.
   */
  async end(clientId: string, email: string, saidAt: Date): Promise<boolean> {
    const { rowCount } = await this.#pool.query({
      name: "agent-access-end",
      text: `with ended as (
          update agent_access set ended_at = now(), said_at = $3, link = null, link_expires_at = null,
            given_name = null, family_name = null
          where client_id = $1 and email_key = $2 and ended_at is null and said_at <= $3 returning email),
        cancelled as (delete from mail m using ended e
          where m.recipient = e.email and m.kind = $4 and m.due_at is not null)
        select from ended`,
      values: [clientId, emailKey(email), saidAt, invitationMail(clientId)],
    });
    return rowCount === 1;
  }

  /** Who had an entity's word, since ended, and has no other's, nor the operator's: nobody says any more that they work here. */
  async findForsaken(clientId: string, email: string): Promise<string | undefined> {
    const { rows } = await this.#pool.query<{ id: string }>({
      name: "agent-access-forsaken",
      text: `select a.id from agent_access e join account a on a.id = e.account_id
        where e.client_id = $1 and e.email_key = $2 and e.ended_at is not null
          and not a.kept_by_operator and a.deactivated_reason is distinct from 'operator'
          and not exists (select from agent_access o where o.account_id = a.id and o.ended_at is null)`,
      values: [clientId, emailKey(email)],
    });
    return rows[0]?.id;
  }

  /** The entities that say that somebody works for them, by name. */
  async entitiesOf(accountId: string): Promise<Employer[]> {
    const { rows } = await this.#pool.query<Employer>({
      name: "agent-access-entities",
      text: `select c.client_id as "clientId", c.metadata ->> 'entity_name' as name, c.metadata ->> 'entity_origin' as origin
        from agent_access x join client c on c.client_id = x.client_id
        where x.account_id = $1 and x.ended_at is null order by 2`,
      values: [accountId],
    });
    return rows;
  }

  /** Remembers that a site's assertion was used; false where it had been (RFC 7523 §3, `jti`). */
  async useAssertion(id: Buffer, expiresAt: Date): Promise<boolean> {
    const { rowCount } = await this.#pool.query({
      name: "agent-assertion-use",
      text: "insert into assertion (id, expires_at) values ($1, $2) on conflict do nothing",
      values: [id, expiresAt],
    });
    return rowCount === 1;
  }

  /** Removes, a month later, words that ended and invitations nobody accepted. */
  async removeOld(limit: number): Promise<number> {
    const { rowCount } = await this.#pool.query({
      name: "agent-access-remove-old",
      text: `delete from agent_access where (client_id, email_key) in
        (select client_id, email_key from agent_access
          where ended_at < now() - interval '${FORGOTTEN_AFTER_DAYS} days'
            or (account_id is null and link_expires_at < now() - interval '${FORGOTTEN_AFTER_DAYS} days') limit $1)`,
      values: [limit],
    });
    return rowCount ?? 0;
  }
}
