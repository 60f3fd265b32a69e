import type { Language } from "@interco/ui/messages";
import type { Pages } from "../interactions/page.ts";
import type { WrittenMail } from "../mail/mail-repository.ts";
import type { Upstream } from "./upstream.ts";

/** The two mails that coming from an upstream for the first time may lead to. Neither holds what the upstream said. */
export class UpstreamMails {
  readonly #pages: Pages;

  constructor(pages: Pages) {
    this.#pages = pages;
  }

  /** To the address somebody wants their account to have: the code that shows that they read it. */
  code(email: string, code: string, upstream: Upstream, language: Language): WrittenMail {
    const context = { code: `${code.slice(0, 3)} ${code.slice(3)}`, upstream: upstream.name };
    return this.#write("code", email, context, language);
  }

  /** To one that has an account: how to use it. */
  known(email: string, upstream: Upstream, language: Language): WrittenMail {
    return this.#write("known", email, { upstream: upstream.name }, language);
  }

  #write(name: "code" | "known", recipient: string, context: object, language: Language): WrittenMail {
    const subject = this.#pages.translate(language, `upstreams.mail.${name}`);
    const parts = this.#pages.renderMail(`upstreams/mail-${name}`, subject, context, language);
    return { recipient, kind: `upstream_${name}`, subject, ...parts };
  }
}
