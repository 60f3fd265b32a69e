import type { AccountRow } from "../accounts/account-repository.ts";
import type { Pages } from "../interactions/page.ts";
import type { WrittenMail } from "../mail/mail-repository.ts";
import { CONFIRM_HOURS, type Official } from "./factor-reset-repository.ts";

/** The mails of a reset that is asked for: to its person, who may stop it, and to the official who must confirm it. */
export class ResetMails {
  readonly #pages: Pages;
  readonly #issuer: string;

  constructor(pages: Pages, issuer: string) {
    this.#pages = pages;
    this.#issuer = issuer;
  }

  asked(account: AccountRow, language: "fr" | "en", stopToken: string): WrittenMail {
    const subject = this.#pages.translate(language, "console.mail.asked");
    const context = { href: `${this.#issuer}/reinitialisation/${stopToken}`, hours: CONFIRM_HOURS };
    const parts = this.#pages.renderMail("console/mail-asked", subject, context, language);
    return { recipient: account.email, kind: "factor_reset_asked", subject, ...parts };
  }

  /** In French: an official's language isn't known, and theirs is the Republic's. */
  official(
    official: Official,
    { givenName, familyName }: AccountRow,
    { site, asker }: { site: string; asker: string },
    token: string,
  ): WrittenMail {
    const subject = this.#pages.translate("fr", "console.mail.official", { site });
    const context = {
      href: `${this.#issuer}/reinitialisation/${token}`,
      hours: CONFIRM_HOURS,
      person: `${givenName} ${familyName}`,
      official: official.name,
      site,
      asker,
    };
    const parts = this.#pages.renderMail("console/mail-official", subject, context, "fr");
    return { recipient: official.email, kind: "factor_reset_official", subject, ...parts };
  }
}
