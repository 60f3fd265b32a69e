import type { Language } from "@interco/ui/messages";
import type { AccountRow } from "../accounts/account-repository.ts";
import type { SiteMetadata } from "../clients/client-repository.ts";
import type { Pages } from "../interactions/page.ts";
import type { WrittenMail } from "../mail/mail-repository.ts";
import { type Invited, invitationMail, LINK_DAYS } from "./agent-access-repository.ts";

/** The two mails an invitation may lead to. */
export class InvitationMails {
  readonly #pages: Pages;
  readonly #issuer: string;

  constructor(pages: Pages, issuer: string) {
    this.#pages = pages;
    this.#issuer = issuer;
  }

  /** To an address without a professional account: how to have one. */
  invitation({ email, language }: Invited, site: SiteMetadata, token: string): WrittenMail {
    const subject = this.#pages.translate(language, "agents.mail.invitation", { site: site.entity_name });
    const context = { site: site.entity_name, href: `${this.#issuer}/invitation/${token}`, days: LINK_DAYS };
    const parts = this.#pages.renderMail("agents/mail-invitation", subject, context, language);
    return { recipient: email, kind: invitationMail(site.client_id), subject, ...parts };
  }

  /** To one that has: where it serves now too. */
  access(account: AccountRow, site: SiteMetadata, language: Language): WrittenMail {
    const subject = this.#pages.translate(language, "agents.mail.access", { site: site.entity_name });
    const context = { site: site.entity_name, href: backofficeOf(site) };
    const parts = this.#pages.renderMail("agents/mail-access", subject, context, language);
    return { recipient: account.email, kind: `agent_access:${site.client_id}`, subject, ...parts };
  }
}

export function backofficeOf(site: SiteMetadata): string {
  return `${site.entity_origin}/backoffice/`;
}
