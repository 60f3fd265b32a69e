/** What was typed on a request's page and not kept, with what is wrong with it: the page shows it again. */
export interface TypedAct {
  /** Which form: an action of the workflow, "message" or "note". */
  form: string;
  values: Record<string, string>;
  /** By field. */
  errors: { name: string; message: string }[];
}

/**
 * What was typed, where the page still has a form for it. The request may have moved on meanwhile: the words of a form it no longer
 * offers are shown in the note, which leaves to nobody, rather than lost.
 */
export function stillTyped(typed: TypedAct | null, forms: readonly string[]): TypedAct | null {
  if (!typed || forms.includes(typed.form)) return typed;
  const words = Object.entries(typed.values)
    .filter(([name, value]) => /(^|-)(reason|message)$/.test(name) && value.trim() !== "")
    .map(([, value]) => value.trim());
  return words.length > 0 ? { form: "note", values: { note: words.join("\n\n") }, errors: [] } : null;
}
