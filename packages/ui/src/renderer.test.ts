import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { createRenderer } from "./renderer.ts";

const root = mkdtempSync(join(tmpdir(), "interco-ui-"));
afterAll(() => rmSync(root, { recursive: true }));

let count = 0;
function rendererOf(files: Record<string, string>, options: { lenient?: boolean } = {}) {
  const folder = join(root, String(++count));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return createRenderer({ screens: [folder], catalogues: [folder], ...options });
}
const words = (entries: Record<string, string>) => ({
  "a/messages.fr.json": JSON.stringify(entries),
  "a/messages.en.json": JSON.stringify(entries),
});
const fr = { lang: "fr" } as const;

test("what people typed never becomes markup, and French stays readable", () => {
  const { render } = rendererOf({ "a/x.hbs": '<p title="{{text}}">{{text}}</p>{{line-breaks text}}' });
  expect(render("a/x", { text: `<b>"d'Ars" & co</b>\nfin` }, fr)).toBe(
    `<p title="&lt;b&gt;&quot;d'Ars&quot; &amp; co&lt;/b&gt;\nfin">&lt;b&gt;&quot;d'Ars&quot; &amp; co&lt;/b&gt;\nfin</p>&lt;b&gt;&quot;d'Ars&quot; &amp; co&lt;/b&gt;<br>fin`,
  );
});

test("a message's own markup is kept, its parameters are escaped", () => {
  const { render } = rendererOf({
    "a/x.hbs": '{{th "a.hello" name=name}}|{{t "a.hello" name=name}}',
    ...words({ "a.hello": "Bonjour <b>{name}</b>" }),
  });
  expect(render("a/x", { name: "<i>" }, fr)).toBe(
    "Bonjour <b>&lt;i&gt;</b>|Bonjour &lt;b&gt;&lt;i&gt;&lt;/b&gt;",
  );
});

test("a value the context lacks is an error that names the screen", () => {
  const { render } = rendererOf({ "a/x.hbs": "{{title}}" });
  expect(() => render("a/x", {}, fr)).toThrow(/screen "a\/x": .*title/);
  expect(() => render("a/nothing", {}, fr)).toThrow('no screen is called "a/nothing"');
});

test("a partial sees what it is handed and nothing of the page", () => {
  const { render } = rendererOf({
    "a/x.hbs": '{{> a/_p name="n"}}',
    "a/_p.hbs": "[{{name}}{{#if error}}!{{/if}}]",
  });
  expect(render("a/x", { error: "of the page" }, fr)).toBe("[n]");
});

test("an unknown helper and a missing message are errors, unless the catalogue is lenient", () => {
  expect(() => rendererOf({ "a/x.hbs": "{{shout text}}" }).render("a/x", { text: "" }, fr)).toThrow("shout");
  const broken = { "a/x.hbs": '{{t "a.none"}}' };
  expect(() => rendererOf(broken).render("a/x", {}, fr)).toThrow("a.none");
  expect(rendererOf(broken, { lenient: true }).render("a/x", {}, fr)).toBe("⟦a.none⟧");
});

test("a template or a catalogue that is wrong stops the start", () => {
  expect(() => rendererOf({ "a/x.hbs": "{{#if a}}" })).toThrow();
  expect(() => rendererOf(words({ "b.title": "x" }))).toThrow('does not start with "a."');
  expect(() => rendererOf(words({ "a.title": "{x" }))).toThrow(SyntaxError);
});

test("in French the space before a sign doesn't break", () => {
  const { translate } = rendererOf(words({ "a.q": "Que faire ? « oui »" }));
  expect(translate("fr", "a.q")).toBe("Que faire\u00a0? «\u00a0oui\u00a0»");
  expect(translate("en", "a.q")).toBe("Que faire ? « oui »");
});
