import { join } from "node:path";
import Handlebars from "handlebars";
import { createExpressions } from "./expressions.ts";
import type { Frame } from "./frame.ts";
import { createMessages, type Language, type Translate } from "./messages.ts";
import { readTemplates, type TemplateFile } from "./template-files.ts";

export interface RendererOptions {
  /** Folders scanned for `*.hbs`; a screen's name is its path below the folder: `requests/request-page`. */
  screens: string[];
  /** Folders scanned for `messages.fr.json` and `messages.en.json`; usually the same ones. */
  catalogues: string[];
  /** Production: a missing message shows as `⟦key⟧` instead of throwing. */
  lenient?: boolean;
}

export interface RenderOptions {
  lang: Language;
  /** What the layout shows around the screen (`@frame`). */
  frame?: Frame;
  /** What "today" is, and whether a date needs its year. Defaults to the present moment. */
  now?: Date;
}

export interface Renderer {
  /**
   * The HTML of a screen. The screen itself names its layout, by block: `{{#> layouts/site title=…}}`.
   *
   * @throws Error when no screen has the name, or when the screen prints a value its context lacks.
   */
  render(name: string, context: object, options: RenderOptions): string;
  /** A message as plain text, for what isn't a template: subjects of mail, titles, codes of errors. */
  translate: Translate;
  /** Names of all screens, for tests that render each of them. */
  screens: readonly string[];
  /**
   * What is wrong in any template, one line each: unknown helpers, unknown partials. Templates compile at
   * their first use, to keep a process's start short; a test asks for all of them.
   */
  faults(): string[];
}

const kit = import.meta.dirname;

/** Inline partials a screen fills in its layout. */
const layoutBlocks = new Set(["aside", "breadcrumb"]);

/** Reads and parses every template once, so that a broken one stops the process at its start. */
export function createRenderer(options: RendererOptions): Renderer {
  const messages = createMessages(options);
  const engine = Handlebars.create();
  const expressions = createExpressions(messages);
  engine.registerHelper(expressions);

  const compileOptions = {
    strict: true,
    // A partial sees what it is handed and nothing else: a page's `error` or `title` never leaks into a field.
    explicitPartialContext: true,
    knownHelpersOnly: true,
    knownHelpers: Object.fromEntries(Object.keys(expressions).map((name) => [name, true])),
  };
  const sources: TemplateFile[] = [];
  const read = (folder: string): TemplateFile[] => {
    const found = readTemplates(folder);
    sources.push(...found);
    return found;
  };
  const compile = (source: string): Handlebars.TemplateDelegate =>
    engine.compile(engine.parse(source), compileOptions);

  for (const { name, source } of read(join(kit, "partials"))) {
    engine.registerPartial(name, compile(source));
  }
  for (const { name, source } of read(join(kit, "layouts"))) {
    engine.registerPartial(`layouts/${name}`, compile(source));
  }
  const screens = new Map<string, Handlebars.TemplateDelegate>();
  for (const folder of [join(kit, "screens"), ...options.screens]) {
    for (const { name, source } of read(folder)) {
      const template = compile(source);
      if (/(^|\/)_[^/]+$/.test(name)) engine.registerPartial(name, template);
      else if (screens.has(name)) throw new Error(`two screens are called "${name}"`);
      else screens.set(name, template);
    }
  }

  return {
    render(name, context, { lang, frame, now = new Date() }) {
      const template = screens.get(name);
      if (!template) throw new Error(`no screen is called "${name}"`);
      try {
        return template(context, { data: { lang, now, frame } });
      } catch (cause) {
        throw new Error(`screen "${name}": ${cause instanceof Error ? cause.message : cause}`, { cause });
      }
    },
    translate: messages.translate,
    screens: [...screens.keys()],
    faults: () =>
      sources.flatMap(({ file, source }) => {
        try {
          engine.precompile(source, compileOptions);
          const inline = new Set([...source.matchAll(/\{\{#\*inline "([^"]+)"/g)].map(([, name]) => name));
          return [...source.matchAll(/\{\{> ([\w/-]+)/g)]
            .map(([, name]) => name ?? "")
            .filter((name) => !inline.has(name) && !engine.partials[name] && !layoutBlocks.has(name))
            .map((name) => `${file}: no partial is called "${name}"`);
        } catch (error) {
          return [`${file}: ${error instanceof Error ? error.message : error}`];
        }
      }),
  };
}
