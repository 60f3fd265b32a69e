import { newId } from "@interco/platform/ids";
import type { WrittenMail } from "./mail-repository.ts";

/** Gives the placeholder of a value among those of a statement. */
export type Bind = (value: unknown, type: string) => string;

/** The placeholders of a statement under construction, and the values they stand for. */
export function bindings(): { values: unknown[]; $: Bind } {
  const values: unknown[] = [];
  return { values, $: (value, type) => `$${values.push(value)}::${type}` };
}

/**
 * Queues a mail as part of the statement that changes what it tells of: for each row of `gate`, which has one or none. It
 * leaves `waitSeconds` later.
 */
export function queueMail(mail: WrittenMail, $: Bind, gate: string, waitSeconds = 0): string {
  const cells = [
    $(newId(), "uuid"),
    $(mail.recipient, "text"),
    $(mail.kind, "text"),
    $(mail.subject, "text"),
    $(mail.text, "text"),
    $(mail.html, "text"),
  ];
  return `insert into mail (id, recipient, kind, subject, text_body, html_body, due_at)
    select ${cells.join(", ")}, now() + make_interval(secs => ${$(waitSeconds, "float8")}) from ${gate}`;
}
