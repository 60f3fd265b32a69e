/**
 * A subset of ICU MessageFormat, enough for our catalogues:
 * `{name}`, `{count, plural, =0 {none} one {# thing} other {# things}}`, `{kind, select, a {…} other {…}}`.
 * Unlike ICU, an apostrophe is always an apostrophe: French has too many of them to quote with.
 */
export type MessageParams = Readonly<Record<string, unknown>>;
type Node =
  | string
  | { name: string }
  | { name: string; choice: "plural" | "select"; arms: Map<string, Node[]> };

export type FormatMessage = (params: MessageParams, show: (value: unknown) => string) => string;

/** Compiles one message; throws a SyntaxError that shows the message when it is malformed. */
export function compileMessage(source: string, lang: string): FormatMessage {
  const nodes = new Parser(source).parse();
  const rules = new Intl.PluralRules(lang);
  const numbers = new Intl.NumberFormat(lang);
  return (params, show) => write(nodes, params, show, { rules, numbers }, undefined);
}

interface Locale {
  rules: Intl.PluralRules;
  numbers: Intl.NumberFormat;
}

function write(
  nodes: Node[],
  params: MessageParams,
  show: (value: unknown) => string,
  locale: Locale,
  count: number | undefined,
): string {
  let out = "";
  for (const node of nodes) {
    if (typeof node === "string") {
      out += count === undefined ? node : node.replaceAll("#", locale.numbers.format(count));
      continue;
    }
    const value = params[node.name];
    if (value === undefined || value === null) throw new Error(`message parameter "${node.name}" is missing`);
    if (!("choice" in node)) {
      out += show(typeof value === "number" ? locale.numbers.format(value) : value);
      continue;
    }
    const plural = node.choice === "plural";
    const number = Number(value);
    const arm =
      node.arms.get(plural ? `=${number}` : String(value)) ??
      (plural ? node.arms.get(locale.rules.select(number)) : undefined) ??
      node.arms.get("other") ??
      [];
    out += write(arm, params, show, locale, plural ? number : count);
  }
  return out;
}

class Parser {
  private at = 0;
  private readonly source: string;

  constructor(source: string) {
    this.source = source;
  }

  parse(nested = false): Node[] {
    const nodes: Node[] = [];
    let text = "";
    while (this.at < this.source.length) {
      const char = this.source[this.at];
      if (char === "}" && nested) break;
      if (char === "}") this.fail("a closing brace has no opening one");
      if (char !== "{") {
        text += char;
        this.at++;
        continue;
      }
      if (text) nodes.push(text);
      text = "";
      nodes.push(this.argument());
    }
    if (text) nodes.push(text);
    return nodes;
  }

  private argument(): Node {
    this.expect("{");
    const name = this.word();
    if (this.skip("}")) return { name };
    this.expect(",");
    const choice = this.word();
    if (choice !== "plural" && choice !== "select") return this.fail(`"${choice}" is not plural or select`);
    this.expect(",");
    const arms = new Map<string, Node[]>();
    while (!this.skip("}")) {
      const key = this.word();
      this.expect("{");
      arms.set(key, this.parse(true));
      this.expect("}", false);
    }
    if (!arms.has("other")) this.fail('the arm "other" is missing');
    return { name, choice, arms };
  }

  private word(): string {
    const found = /^\s*([=\w-]+)\s*/.exec(this.source.slice(this.at));
    if (!found?.[1]) return this.fail("a name is missing");
    this.at += found[0].length;
    return found[1];
  }

  private skip(char: string): boolean {
    const found = /^\s*/.exec(this.source.slice(this.at));
    const next = this.at + (found?.[0].length ?? 0);
    if (this.source[next] !== char) return false;
    this.at = next + 1;
    return true;
  }

  /** `trim`: white space after the sign belongs to the syntax, not to the text that follows. */
  private expect(char: string, trim = true): void {
    if (trim ? !this.skip(char) : this.source[this.at++] !== char) this.fail(`"${char}" is missing`);
  }

  private fail(why: string): never {
    throw new SyntaxError(`message ${JSON.stringify(this.source)}: ${why} near character ${this.at}`);
  }
}
