import { HtmlValidate } from "html-validate";

const validator = new HtmlValidate({
  root: true,
  extends: ["html-validate:recommended"],
  rules: {
    // Ours to decide: white space and case of what templates write.
    "no-trailing-whitespace": "off",
    "attr-case": "off",
    "no-inline-style": "error",
    "attr-quotes": ["error", { style: "double", unquoted: false }],
    // Boxes of one question share its name, as HTML has it.
    "form-dup-name": ["error", { shared: ["radio", "checkbox", "submit", "button", "reset"] }],
  },
});

/** What html-validate says of a page: one line a fault, none when it is clean. */
export async function htmlFaults(html: string, options: { mail?: boolean } = {}): Promise<string[]> {
  const report = await validator.validateString(html);
  return report.results
    .flatMap(({ messages }) => messages)
    .filter(({ ruleId }) => !(options.mail && ruleId === "no-inline-style"))
    .map(({ line, column, ruleId, message }) => `${line}:${column} ${ruleId}: ${message}`);
}
