import type { Language } from "@interco/ui/messages";
import type { AccountKind } from "../accounts/account-repository.ts";
import type { Pages } from "../interactions/page.ts";
import type { WrittenMail } from "../mail/mail-repository.ts";

export interface MailedLink {
  token: string;
  kind: AccountKind;
}

/** The two mails a forgotten password may lead to. */
export class RecoveryMails {
  readonly #pages: Pages;
  readonly #issuer: string;

  constructor(pages: Pages, issuer: string) {
    this.#pages = pages;
    this.#issuer = issuer;
  }

  /** To an address with accounts: a link for each. */
  links(
    recipient: string,
    links: readonly MailedLink[],
    site: string | null,
    language: Language,
  ): WrittenMail {
    const back = site ? `?${new URLSearchParams({ site })}` : "";
    const context = {
      links: links.map(({ token, kind }) => ({
        href: `${this.#issuer}/mot-de-passe-oublie/${token}${back}`,
        text: this.#pages.translate(language, `recovery.mail.button${links.length > 1 ? `.${kind}` : ""}`),
      })),
    };
    return this.#write("link", recipient, context, language);
  }

  /** To one without: somebody who mistook the address reads it. */
  none(recipient: string, language: Language): WrittenMail {
    return this.#write("none", recipient, { href: `${this.#issuer}/inscription` }, language);
  }

  #write(name: "link" | "none", recipient: string, context: object, language: Language): WrittenMail {
    const subject = this.#pages.translate(language, `recovery.mail.${name}`);
    const parts = this.#pages.renderMail(`recovery/mail-${name}`, subject, context, language);
    return { recipient, kind: `recovery_${name}`, subject, ...parts };
  }
}
