import type { Language } from "@interco/ui/messages";
import type { Pool } from "pg";
import { type AccountRow, accountColumns, toAccount } from "../accounts/account-repository.ts";
import type { WrittenMail } from "../mail/mail-repository.ts";
import { bindings, queueMail } from "../mail/mail-statement.ts";
import type { Device } from "./device.ts";
import { GRACE_DAYS, INACTIVITY } from "./inactivity.ts";
import { type Telling, tellParts } from "./told-change-statement.ts";

export interface SeenArrival {
  accountId: string;
  sessionUid: string;
  device: Device;
  network: string;
  language: Language;
}

/** Somebody something has to be told before it is done to their account. */
export interface Due {
  account: AccountRow;
  language: Language;
  /** When the account goes, at the earliest. */
  goesAt: Date;
}

/** Nothing is asked of a session's row after twelve hours. */
const DEVICE_KEPT = "12 hours";

/** How an account lasts and ends: sign-ins, a deletion asked for, warnings, erasure. */
export class AccountLifeRepository {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /**
   * Notes a sign-in with credentials: the account's day and language, the session's device. Like all that only signs in, it is
   * on disk half a second later. Undefined where the account lets nobody in.
   */
  async arrive(seen: SeenArrival): Promise<{ deletionAsked: boolean } | undefined> {
    const { accountId, sessionUid, device, network, language } = seen;
    const { rows } = await this.#pool.query<{ deletionAsked: boolean }>({
      name: "account-arrive",
      text: `with
        open as (select id, deletion_due_at, set_config('synchronous_commit', 'off', true)
          from account where id = $1 and must_recover_since is null),
        seen as (update account a set signed_in_on = current_date, language = $2, warned = 0, warned_at = null
          from open where a.id = open.id
            and (a.signed_in_on < current_date or a.language <> $2 or a.warned > 0)),
        device as (insert into session_device (session_uid, account_id, browser, system, network)
          select $3, id, $4, $5, $6 from open
          on conflict (session_uid) do update set browser = excluded.browser, system = excluded.system,
            network = excluded.network, signed_in_at = now())
        select deletion_due_at is not null as "deletionAsked" from open`,
      values: [accountId, language, sessionUid, device.browser, device.system, network],
    });
    return rows[0];
  }

  /** Asks for the account's erasure at the end of the grace period and tells of it. */
  async askDeletion(accountId: string, telling: Telling): Promise<void> {
    const { values, $ } = bindings();
    await this.#pool.query(
      `with asked as (update account set deletion_due_at = now() + interval '${GRACE_DAYS} days', updated_at = now()
          where id = ${$(accountId, "uuid")} returning 1),
        ${tellParts(telling, $, "asked")}
        select from asked`,
      values,
    );
  }

  /** Takes it back; false where somebody was faster. */
  async keep(accountId: string, mail: WrittenMail): Promise<boolean> {
    const { values, $ } = bindings();
    const { rowCount } = await this.#pool.query(
      `with kept as (update account set deletion_due_at = null, updated_at = now()
          where id = ${$(accountId, "uuid")} and deletion_due_at is not null returning 1),
        mailed as (${queueMail(mail, $, "kept")})
        select from kept`,
      values,
    );
    return rowCount === 1;
  }

  /** Accounts whose person is to be warned, for the first or the last time. */
  async toWarn(warned: 0 | 1, limit: number): Promise<Due[]> {
    const since = warned === 0 ? INACTIVITY.firstWarning : INACTIVITY.lastWarning;
    return this.#due(
      `greatest(a.signed_in_on + interval '${INACTIVITY.erased}', now() + interval '${INACTIVITY.afterLastWarning}')`,
      `a.signed_in_on < current_date - interval '${since}' and a.warned = ${warned} and a.deletion_due_at is null
        order by a.signed_in_on`,
      limit,
    );
  }

  /** False where they signed in meanwhile, or somebody else warned them: nothing is written to them then. */
  async warn(accountId: string, warned: 0 | 1, mail: WrittenMail): Promise<boolean> {
    const { values, $ } = bindings();
    const { rowCount } = await this.#pool.query(
      `with told as (update account set warned = warned + 1, warned_at = now()
          where id = ${$(accountId, "uuid")} and warned = ${$(warned, "int")} returning 1),
        mailed as (${queueMail(mail, $, "told")})
        select from told`,
      values,
    );
    return rowCount === 1;
  }

  /** Accounts whose time has come: asked for and not taken back, or unused and warned. */
  async toErase(limit: number): Promise<Due[]> {
    const asked = await this.#due("now()", "a.deletion_due_at <= now() order by a.deletion_due_at", limit);
    const unused = await this.#due("now()", `${UNUSED} order by a.signed_in_on`, limit - asked.length);
    return [...asked, ...unused];
  }

  /**
   * Erases an account and all that hangs on it, and queues the last mail to it. False where its time has not come any more:
   * its person signed in.
   */
  async erase(accountId: string, mail: WrittenMail): Promise<boolean> {
    const { values, $ } = bindings();
    const { rowCount } = await this.#pool.query(
      `with gone as (delete from account a where a.id = ${$(accountId, "uuid")}
          and (a.deletion_due_at <= now() or (${UNUSED})) returning a.email_key),
        asked as (delete from registration where email_key in (select email_key from gone)),
        mailed as (${queueMail(mail, $, "gone")})
        select from gone`,
      values,
    );
    return rowCount === 1;
  }

  async removeOldDevices(limit: number): Promise<number> {
    const { rowCount } = await this.#pool.query({
      name: "session-device-remove-old",
      text: `delete from session_device where session_uid in (select session_uid from session_device
        where signed_in_at < now() - interval '${DEVICE_KEPT}' order by signed_in_at limit $1)`,
      values: [limit],
    });
    return rowCount ?? 0;
  }

  async #due(goesAt: string, condition: string, limit: number): Promise<Due[]> {
    if (limit <= 0) return [];
    const { rows } = await this.#pool.query(
      `select ${accountColumns("a")}, a.language, ${goesAt} as goes_at from account a where ${condition} limit $1`,
      [limit],
    );
    return rows.flatMap((row) => {
      const account = toAccount(row, "a");
      return account ? [{ account, language: row.language as Language, goesAt: row.goes_at as Date }] : [];
    });
  }
}

const UNUSED = `a.signed_in_on < current_date - interval '${INACTIVITY.erased}' and a.warned = 2
  and a.warned_at < now() - interval '${INACTIVITY.afterLastWarning}'`;
