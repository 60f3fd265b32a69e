import type { Language } from "@interco/ui/messages";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { answerPage, requestLanguage } from "../interactions/answer-page.ts";
import type { Pages } from "../interactions/page.ts";

export const AccountQuery = Type.Object({ lang: Type.Optional(Type.String({ maxLength: 10 })) });
export const Csrf = Type.Optional(Type.String({ maxLength: 200 }));

const TEN_MINUTES = 10 * 60_000;
/** What one network may post in ten minutes (outside development) where it costs a mail or a password's hash. */
export const COSTLY = { max: 60, timeWindow: TEN_MINUTES };

/** What is wrong with a form: the field, and the sentence that says how to mend it. */
export interface FormError {
  name?: string;
  message: string;
}

export interface PageState {
  status?: number;
  errors?: FormError[];
  /** The fields of its form. */
  fields?: readonly string[];
}

/** Pages of the account area, or of the console beside it: never kept by a browser, each form with its token, `errors` and the `faults` of its fields. */
export class AccountPages {
  readonly #pages: Pages;
  readonly #secure: boolean;
  readonly #folder: string;

  constructor(pages: Pages, secure: boolean, folder = "my-account") {
    this.#pages = pages;
    this.#secure = secure;
    this.#folder = folder;
  }

  show(
    request: FastifyRequest,
    reply: FastifyReply,
    screen: string,
    context: object,
    { status = 200, errors = [], fields = [] }: PageState = {},
  ): string {
    const fault = (field: string) => errors.find(({ name }) => name === field)?.message ?? null;
    const faults = Object.fromEntries(fields.map((field) => [field, fault(field)]));
    return answerPage(
      { pages: this.#pages, secure: this.#secure },
      request,
      reply,
      `${this.#folder}/${screen}`,
      { ...context, errors, faults, wrong: errors.length > 0 },
      { status },
    );
  }

  say(request: FastifyRequest, key: string, params: Record<string, unknown> = {}): string {
    return this.#pages.translate(requestLanguage(request), key, params);
  }

  languageOf(request: FastifyRequest): Language {
    return requestLanguage(request);
  }

  get territory(): string {
    return this.#pages.territory;
  }
}
