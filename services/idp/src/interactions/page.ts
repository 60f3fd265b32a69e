import { join } from "node:path";
import { entityView } from "@interco/ui/entity-view";
import { mailText } from "@interco/ui/mail-text";
import type { Language } from "@interco/ui/messages";
import { createRenderer, type Renderer } from "@interco/ui/renderer";
import { inOtherLanguage } from "./language.ts";

export interface PageRequest {
  lang: Language;
  /** Path and query of the page, for its language switch. */
  url: string;
  csrf?: string;
}

/** No entity's colour. */
const NEUTRAL = "#29384d";

const sources = join(import.meta.dirname, "..");

/** The provider's own pages: neutral, in the territory's name. */
export class Pages {
  readonly #renderer: Renderer;
  readonly #territory: string;

  constructor(territory: string, lenient: boolean) {
    this.#renderer = createRenderer({ screens: [sources], catalogues: [sources], lenient });
    this.#territory = territory;
  }

  get screens(): readonly string[] {
    return this.#renderer.screens;
  }

  /** The HTML of a screen. `territory` is in every context. */
  render(name: string, context: object, request: PageRequest): string {
    const { lang } = request;
    return this.#renderer.render(
      name,
      { territory: this.#territory, ...context },
      {
        lang,
        frame: {
          kind: "idp",
          name: this.translate(lang, "interactions.name", { territory: this.#territory }),
          tagline: this.translate(lang, "interactions.tagline"),
          path: request.url,
          language: inOtherLanguage(request.url, lang),
          csrf: request.csrf ?? "",
        },
      },
    );
  }

  /** Both parts of a mail. `subject` is its title too. */
  renderMail(name: string, subject: string, context: object, lang: Language): { html: string; text: string } {
    const said = this.translate(lang, "interactions.name", { territory: this.#territory });
    const sender = { kind: "agglomeration", name: said, fullName: said, liaison: "", siteUrl: null } as const;
    const html = this.#renderer.render(
      name,
      { territory: this.#territory, title: subject, ...context },
      {
        lang,
        frame: {
          kind: "mail",
          entity: entityView({ ...sender, theme: { brand: NEUTRAL } }, null),
          contact: null,
          why: null,
        },
      },
    );
    return { html, text: mailText(html) };
  }

  get territory(): string {
    return this.#territory;
  }

  translate(lang: Language, key: string, params: Record<string, unknown> = {}): string {
    return this.#renderer.translate(lang, key, params);
  }
}
