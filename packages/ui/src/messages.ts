import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { compileMessage, type FormatMessage, type MessageParams } from "./message-format.ts";

export const languages = ["fr", "en"] as const;
export type Language = (typeof languages)[number];

export type Translate = (lang: Language, key: string, params?: MessageParams) => string;

export interface Messages {
  /** The message as plain text. A missing key throws, or gives `⟦key⟧` when the catalogue is lenient. */
  translate: Translate;
  /** The message as HTML: its own markup is trusted, each parameter goes through `show`. */
  translateWith: (
    lang: Language,
    key: string,
    params: MessageParams,
    show: (value: unknown) => string,
  ) => string;
  has: (key: string) => boolean;
  keys: (lang: Language) => string[];
}

const own = join(import.meta.dirname, "messages");

/**
 * Reads the kit's catalogues and every `messages.fr.json` / `messages.en.json` below the folders given.
 * Keys are flat and start with the name of the folder that holds the file (`requests.list.title`).
 *
 * @param lenient a missing key shows as `⟦key⟧` instead of throwing: for production, where a word is not worth a page.
 * @throws SyntaxError when a message is malformed, Error when a key is defined twice or lacks its prefix.
 */
export function createMessages(options: { catalogues: string[]; lenient?: boolean }): Messages {
  const byLanguage = new Map(languages.map((lang) => [lang, load(lang, options.catalogues)]));

  const find = (lang: Language, key: string): FormatMessage | undefined =>
    byLanguage.get(lang)?.get(key) ?? byLanguage.get("fr")?.get(key);

  const translateWith: Messages["translateWith"] = (lang, key, params, show) => {
    const format = find(lang, key);
    if (format) {
      try {
        return format(params, show);
      } catch (error) {
        throw new Error(`${key}: ${error instanceof Error ? error.message : error}`);
      }
    }
    if (options.lenient) return `⟦${key}⟧`;
    throw new Error(`no message has the key "${key}"`);
  };

  return {
    translate: (lang, key, params = {}) => translateWith(lang, key, params, String),
    translateWith,
    has: (key) => find("fr", key) !== undefined,
    keys: (lang) => [...(byLanguage.get(lang)?.keys() ?? [])],
  };
}

function load(lang: Language, folders: string[]): Map<string, FormatMessage> {
  const messages = new Map<string, FormatMessage>();
  const files = readdirSync(join(own, lang)).map((name) => ({ file: join(own, lang, name), prefix: "" }));
  for (const folder of folders) {
    for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" }).sort()) {
      if (basename(name) !== `messages.${lang}.json`) continue;
      const file = join(folder, name);
      files.push({ file, prefix: `${basename(dirname(file))}.` });
    }
  }
  for (const { file, prefix } of files) {
    for (const [key, text] of Object.entries(JSON.parse(readFileSync(file, "utf8")))) {
      if (typeof text !== "string") throw new Error(`${file}: "${key}" is not a text (keys are flat)`);
      if (!key.startsWith(prefix)) throw new Error(`${file}: "${key}" does not start with "${prefix}"`);
      if (messages.has(key)) throw new Error(`${file}: "${key}" is defined twice`);
      messages.set(key, compileMessage(lang === "fr" ? frenchSpaces(text) : text, lang));
    }
  }
  return messages;
}

/** French sets a space before ? ! : ; and inside « »: it must not break the line there. */
export function frenchSpaces(text: string): string {
  return text.replace(/ ([?!:;»])/g, "\u00a0$1").replace(/« /g, "«\u00a0");
}
