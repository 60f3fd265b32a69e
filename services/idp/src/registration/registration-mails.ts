import type { Language } from "@interco/ui/messages";
import type { AccountRow } from "../accounts/account-repository.ts";
import type { Pages } from "../interactions/page.ts";
import type { WrittenMail } from "../mail/mail-repository.ts";

export interface Invitation {
  email: string;
  token: string;
  code: string;
  /** The site it was begun from. */
  site: { clientId: string; origin: string } | null;
  language: Language;
}

/** The two mails a registration may lead to. Neither holds what was typed: it goes to somebody who may not have typed it. */
export class RegistrationMails {
  readonly #pages: Pages;
  readonly #issuer: string;

  constructor(pages: Pages, issuer: string) {
    this.#pages = pages;
    this.#issuer = issuer;
  }

  /** To an address without an account: how to confirm. */
  confirm({ email, token, code, site, language }: Invitation): WrittenMail {
    const subject = this.#pages.translate(language, "registration.mail.confirm");
    const back = site ? `?${new URLSearchParams({ site: site.clientId })}` : "";
    const context = {
      href: `${this.#issuer}/inscription/confirmer/${token}${back}`,
      code: `${code.slice(0, 3)} ${code.slice(3)}`,
    };
    const parts = this.#pages.renderMail("registration/mail-confirm", subject, context, language);
    return { recipient: email, kind: "registration", subject, ...parts };
  }

  /** To one that has an account: the way to sign in. */
  known(account: AccountRow, { site, language }: Invitation): WrittenMail {
    const subject = this.#pages.translate(language, "registration.mail.known");
    const context = { href: site ? `${site.origin}/connexion` : `${this.#issuer}/` };
    const parts = this.#pages.renderMail("registration/mail-known", subject, context, language);
    // To the address the account holds: the one typed may differ in its letters' case, and be somebody else's.
    return { recipient: account.email, kind: "registration_known", subject, ...parts };
  }
}
