import Handlebars from "handlebars";
import { assetUrl } from "./assets.ts";
import { type DateStyle, dateStyles, showDate } from "./dates.ts";
import { escapeHtml } from "./escape.ts";
import { iconSvg } from "./icons.ts";
import type { Language, Messages } from "./messages.ts";
import { shieldSvg } from "./shield.ts";

/** What a template is rendered with besides its context; helpers read it as `@lang` and `@now`. */
interface RenderData {
  lang: Language;
  now: Date;
}
type Options = Handlebars.HelperOptions & { data: RenderData };

const html = (markup: string): Handlebars.SafeString => new Handlebars.SafeString(markup);

/**
 * Everything a template may call; the README documents each. An unknown name fails when the template
 * compiles. Helpers take the engine's options object last, hence the shapes below.
 *
 * Trap: a helper hides a value of the same name, so all but the shortest have a dash, which data never has.
 */
export function createExpressions(messages: Messages): Record<string, Handlebars.HelperDelegate> {
  return {
    t: (key: string, options: Options) => messages.translate(options.data.lang, key, options.hash),
    th: (key: string, options: Options) =>
      html(messages.translateWith(options.data.lang, key, options.hash, escapeHtml)),
    "date-text": (value: Date | string, style: DateStyle | Options, options?: Options) =>
      words(value, style, options),
    "date-time": (value: Date | string, style: DateStyle | Options, options?: Options) => {
      const iso = typeof value === "string" ? value : value.toISOString();
      return html(`<time datetime="${escapeHtml(iso)}">${escapeHtml(words(value, style, options))}</time>`);
    },
    "number-text": (value: number, options: Options) =>
      numberFormats[options.data.lang as Language].format(value),
    eq: (a: unknown, b: unknown) => a === b,
    not: (a: unknown) => !a,
    and: (...values: unknown[]) => values.slice(0, -1).every(truthy),
    or: (...values: unknown[]) => values.slice(0, -1).find(truthy),
    present: (a: unknown) => a !== undefined && a !== null && a !== "",
    includes: (list: unknown, value: unknown) => Array.isArray(list) && list.includes(value),
    concat: (...values: unknown[]) => values.slice(0, -1).map(String).join(""),
    "make-list": (...values: unknown[]) => values.slice(0, -1),
    "make-object": (options: Options) => ({ ...options.hash }),
    "capital-letter": (text: string) => capital(text),
    "line-breaks": (text: string) => html(escapeHtml(text).replace(/\r?\n/g, "<br>")),
    // "8 h 30 – 12 h, 13 h 30 – 17 h" breaks after the comma, not inside a range.
    "whole-ranges": (text: string) => text.replace(/(?<!,) /g, "\u00a0"),
    "count-to": (count: number) => Array.from({ length: count }, (_, index) => index + 1),
    "at-most": (a: number, b: number) => a <= b,
    "capital-time": (value: Date | string, style: DateStyle, options: Options) => {
      const said = words(value, style, options);
      const iso = typeof value === "string" ? value : value.toISOString();
      return html(`<time datetime="${escapeHtml(iso)}">${escapeHtml(capital(said))}</time>`);
    },
    "alert-icon": (tone: string) => alertIcons[tone] ?? "info",
    "tel-link": (text: string) => `tel:${text.replace(/[^+\d]/g, "")}`,
    // Ids of a field and its parts: a posted name may hold dots ("lieu.commune").
    "phone-text": (text: string) => text.replaceAll(" ", "\u00a0"),
    "field-id": (name: string) => fieldId(name),
    // The summary's link leads to the first choice of a group: it alone has the group's id.
    "first-id": (name: string, ...indexes: unknown[]) =>
      indexes.slice(0, -1).every((index) => index === 0) ? fieldId(name) : "",
    "error-id": (name: string, error: unknown) => (error ? `${fieldId(name)}-error` : ""),
    "asset-url": (name: string) => assetUrl(name),
    "svg-icon": (name: string) => html(iconSvg(name)),
    "shield-svg": (entity: {
      initial: string;
      colour: string;
      onColour: string;
      shape: "shield" | "square";
    }) => html(shieldSvg(entity)),
  };
}

// Making one costs more than a page's other words together.
const numberFormats = { fr: new Intl.NumberFormat("fr"), en: new Intl.NumberFormat("en") };

const alertIcons: Readonly<Record<string, string>> = {
  ok: "check-circle",
  warn: "warning",
  danger: "warning",
  info: "info",
};

const capital = (text: string): string => text.charAt(0).toLocaleUpperCase("fr") + text.slice(1);

const fieldId = (name: string): string => `f-${name.replace(/[^\w-]/g, "-")}`;

/** Handlebars' own truth: an empty list is false. */
const truthy = (value: unknown): boolean => (Array.isArray(value) ? value.length > 0 : Boolean(value));

/** `{{date-text at}}` gives the engine's options in the style's place. */
function words(value: Date | string, style: DateStyle | Options, options?: Options): string {
  const [named, { data }] = options ? [style, options] : (["day", style as Options] as const);
  const found = dateStyles.find((known) => known === named);
  if (!found) throw new Error(`"${named}" is not a date style`);
  return showDate(value, found, data.lang, data.now);
}
