import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { assets } from "./assets.ts";
import { createMessages } from "./messages.ts";
import { createRenderer } from "./renderer.ts";
import { readTemplates } from "./template-files.ts";

// Screens live in the services; their words and templates are checked here with the kit's.
const services = join(import.meta.dirname, "../../../services");
const folders = ["idp", "instance"]
  .map((name) => join(services, name, "src"))
  .filter((path) => existsSync(path));
const kit = join(import.meta.dirname);

describe.each([[[] as string[]], ...folders.map((folder) => [[folder]])])(
  "catalogues of %s",
  (catalogues) => {
    const messages = createMessages({ catalogues });
    const sources = [kit, ...catalogues];
    const templates = sources.flatMap(readTemplates);

    test("French and English say the same things", () => {
      expect(messages.keys("en").toSorted()).toEqual(messages.keys("fr").toSorted());
    });

    test("every message a template names exists", () => {
      const missing = templates.flatMap(({ file, source }) =>
        [...source.matchAll(/[({]th? "([^"]+)"/g)]
          .map(([, key]) => key ?? "")
          .filter((key) => !messages.has(key))
          .map((key) => `${file}: ${key}`),
      );
      expect(missing).toEqual([]);
    });

    test("every template compiles: its helpers and partials exist", () => {
      expect(createRenderer({ screens: catalogues, catalogues }).faults()).toEqual([]);
    });

    test("every message the code names exists", () => {
      const missing = catalogues.flatMap((folder) =>
        readdirSync(folder, { recursive: true, encoding: "utf8" })
          .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
          .flatMap((name) =>
            [...readFileSync(join(folder, name), "utf8").matchAll(/translate\(\s*[\w.]+,\s*"([^"]+)"/g)]
              .map(([, key]) => key ?? "")
              .filter((key) => !messages.has(key))
              .map((key) => `${name}: ${key}`),
          ),
      );
      expect(missing).toEqual([]);
    });

    test("every class a template wears has a style", () => {
      const css = assets.find(({ name }) => name === "interco.css")?.body.toString() ?? "";
      const known = new Set([...css.matchAll(/\.([a-zA-Z][\w-]*)/g)].map(([, name]) => name));
      const unknown = templates.flatMap(({ file, source }) =>
        [...source.matchAll(/ class="([^"{]*)"/g)]
          .flatMap(([, names]) => names?.split(" ") ?? [])
          .filter((name) => name && !known.has(name))
          .map((name) => `${file}: ${name}`),
      );
      expect(unknown).toEqual([]);
    });

    test("no template holds a style, a script of its own or an attribute in single quotes", () => {
      const wrong = templates.filter(
        ({ file, source }) =>
          /='[^']*\{\{/.test(source) ||
          /=\{\{/.test(source) ||
          /\{\{\{/.test(source) ||
          /<script(?![^>]* src=)|<style|\son\w+="/.test(source) ||
          (/ style="/.test(source) && !file.includes("mail")),
      );
      expect(wrong.map(({ file }) => file)).toEqual([]);
    });
  },
);
