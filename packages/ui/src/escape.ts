import Handlebars from "handlebars";

/**
 * Handlebars also turns `'`, `` ` `` and `=` into entities, which only unquoted or single-quoted attributes
 * need and which makes French ("d&#x27;Augny") and addresses unreadable in the source. Ours are always in
 * double quotes: a test forbids anything else in a template. This is the one place that touches the engine.
 */
const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

export function escapeHtml(value: unknown): string {
  if (value instanceof Handlebars.SafeString) return value.toString();
  if (value === undefined || value === null) return "";
  return String(value).replace(/[&<>"]/g, (char) => entities[char] ?? char);
}

Handlebars.Utils.escapeExpression = escapeHtml;
