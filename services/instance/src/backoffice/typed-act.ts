/** What was typed on a request's page and not kept, with what is wrong with it: the page shows it again. */
export interface TypedAct {
  /** Which form: an action of the workflow, "message" or "note". */
  form: string;
  values: Record<string, string>;
  /** By field. */
  errors: { name: string; message: string }[];
}
