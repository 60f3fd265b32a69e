import { hashToken, newToken } from "@interco/platform/secrets";
import type { Language } from "@interco/ui/messages";
import { type AccountRow, emailKey } from "../accounts/account-repository.ts";
import type { Pages } from "../interactions/page.ts";
import type { MailQueue } from "../mail/mail-queue.ts";
import type { ToldChangeRepository } from "./told-change-repository.ts";
import type { Telling } from "./told-change-statement.ts";

/** A change its person must hear of, since a stranger may have made it. */
export interface Change {
  /** One word of the past, as in the journal. */
  kind: string;
  /** Keys of the mail's subject and of the sentences that say what changed. */
  subject: string;
  text: string;
  params?: Record<string, unknown>;
  /** The address it is told to, which an undoing gives back, where that isn't the account's any more. */
  formerEmail?: string;
}

/** Tells of a change made a moment before. Who can tell in the change's own statement does (`ChangeLetters`, `tellParts`). */
export type TellChange = (account: AccountRow, change: Change, language: Language) => Promise<void>;

/** Mails that tell of a change, each with a link good for a week that says "it wasn't me". */
export class ChangeLetters {
  readonly #pages: Pages;
  readonly #issuer: string;

  constructor(pages: Pages, issuer: string) {
    this.#pages = pages;
    this.#issuer = issuer;
  }

  of(account: AccountRow, change: Change, language: Language): Telling {
    const { kind, formerEmail, params = {} } = change;
    const say = (key: string) =>
      this.#pages.translate(language, key, { territory: this.#pages.territory, ...params });
    const token = newToken();
    const subject = say(change.subject);
    const context = { text: say(change.text), href: `${this.#issuer}/compte/pas-moi/${token}` };
    const parts = this.#pages.renderMail("my-account/mail-change", subject, context, language);
    return {
      id: hashToken(token),
      accountId: account.id,
      kind,
      formerEmail: formerEmail ?? null,
      formerEmailKey: formerEmail === undefined ? null : emailKey(formerEmail),
      mail: { recipient: formerEmail ?? account.email, kind: `told_${kind}`, subject, ...parts },
    };
  }
}

export interface TellChangeParts {
  told: ToldChangeRepository;
  letters: ChangeLetters;
  mails: MailQueue;
}

export function changeTeller({ told, letters, mails }: TellChangeParts): TellChange {
  return async (account, change, language) => {
    await told.add(letters.of(account, change, language));
    mails.wake();
  };
}
