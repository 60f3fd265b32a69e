import { surviveLostConnections } from "@interco/platform/postgres";
import pg from "pg";
import { AccountRepository } from "../accounts/account-repository.ts";
import { SignInJournal } from "../audit/sign-in-journal.ts";
import { AdministratorRepository } from "./administrator-repository.ts";

/**
 * The operator names who administers the identity provider, or ends it, as owner of the database. Said again, it changes nothing;
 * false then. @throws Error where no professional account in use has the address.
 */
export async function nameAdministrator(
  ownerUrl: string,
  email: string,
  act: "name" | "dismiss",
): Promise<boolean> {
  const pool = new pg.Pool({ connectionString: ownerUrl, max: 1 });
  surviveLostConnections(pool);
  try {
    const account = await new AccountRepository(pool).findByEmail(email, "professional");
    if (!account) throw new Error(`no professional account has the address ${email}`);
    if (account.deactivated && act === "name") throw new Error(`the account ${email} is deactivated`);
    const administrators = new AdministratorRepository(pool);
    const changed =
      act === "name" ? await administrators.add(account.id) : await administrators.remove(account.id);
    if (changed)
      await new SignInJournal(pool).add({
        kind: act === "name" ? "administrator_named" : "administrator_dismissed",
        accountId: account.id,
        detail: { by: "operator" },
      });
    return changed;
  } finally {
    await pool.end();
  }
}
