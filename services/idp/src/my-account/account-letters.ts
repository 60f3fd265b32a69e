import { showDate } from "@interco/ui/dates";
import type { Language } from "@interco/ui/messages";
import type { AccountRow } from "../accounts/account-repository.ts";
import type { Pages } from "../interactions/page.ts";
import type { WrittenMail } from "../mail/mail-repository.ts";

/** Mails about an account that need no "it wasn't me": they change nothing, or tell of what is done. */
export class AccountLetters {
  readonly #pages: Pages;
  readonly #issuer: string;

  constructor(pages: Pages, issuer: string) {
    this.#pages = pages;
    this.#issuer = issuer;
  }

  /** To a new address: how to confirm it. It names nobody, since it may go to a stranger. */
  confirmEmail(email: string, token: string, code: string, language: Language): WrittenMail {
    const context = {
      href: `${this.#issuer}/compte/adresse/confirmer/${token}`,
      code: `${code.slice(0, 3)} ${code.slice(3)}`,
    };
    return this.#write("my-account/mail-email", "email-change", email, context, language);
  }

  /** To an address that has an account of that kind already. */
  emailTaken(account: AccountRow, language: Language): WrittenMail {
    return this.#letter("email-change-taken", account.email, language);
  }

  kept(account: AccountRow, language: Language): WrittenMail {
    return this.#letter("deletion-kept", account.email, language, { href: "/compte" });
  }

  warned(account: AccountRow, goesAt: Date, language: Language): WrittenMail {
    const date = showDate(goesAt, "day", language, new Date());
    return this.#letter("inactivity", account.email, language, { href: "/compte", params: { date } });
  }

  erased(account: AccountRow, language: Language): WrittenMail {
    return this.#letter("erased", account.email, language);
  }

  deactivated(account: AccountRow, language: Language): WrittenMail {
    return this.#letter("deactivated", account.email, language);
  }

  /** To the address an account has again: how to get back in. */
  disowned(email: string, language: Language): WrittenMail {
    return this.#letter("disowned", email, language, { href: "/mot-de-passe-oublie" });
  }

  #letter(
    name: string,
    recipient: string,
    language: Language,
    { href, params = {} }: { href?: string; params?: Record<string, unknown> } = {},
  ): WrittenMail {
    const say = (key: string) =>
      this.#pages.translate(language, key, { territory: this.#pages.territory, ...params });
    const context = {
      text: say(`my-account.mail.${name}.text`),
      href: href ? `${this.#issuer}${href}` : null,
      button: href ? say(`my-account.mail.${name}.button`) : null,
    };
    return this.#write("my-account/mail-letter", name, recipient, context, language);
  }

  #write(screen: string, name: string, recipient: string, context: object, language: Language): WrittenMail {
    const subject = this.#pages.translate(language, `my-account.mail.${name}`);
    const parts = this.#pages.renderMail(screen, subject, context, language);
    return { recipient, kind: name.replaceAll("-", "_"), subject, ...parts };
  }
}
