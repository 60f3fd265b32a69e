import { join } from "node:path";
import type { Language } from "@interco/ui/messages";
import { createRenderer, type Renderer } from "@interco/ui/renderer";
import { inOtherLanguage } from "./language.ts";

export interface PageRequest {
  lang: Language;
  /** Path and query of the page, for its language switch. */
  url: string;
  csrf?: string;
}

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

  translate(lang: Language, key: string, params: Record<string, unknown> = {}): string {
    return this.#renderer.translate(lang, key, params);
  }
}
