import { describeAnswers } from "@interco/kernel/answers";
import type { LetterSubject } from "../letters/request-letters.ts";
import { answersNow } from "../requests/answers-now.ts";
import type { Entity } from "../sites/entity.ts";
import type { TaskDeps } from "./task.ts";

/** A partner, or a commune without a site, gets the request by mail: all it needs to act, and how to reach the author. */
export async function tellPartner(
  deps: TaskDeps,
  subject: LetterSubject,
  partner: Entity,
  key: string,
): Promise<void> {
  const { request, procedure } = subject;
  const facts = describeAnswers(
    procedure,
    answersNow(procedure, request),
    "fr",
    (code) => deps.territory.findByCode(code)?.name,
  )
    .filter(
      ({ kind, lines }) => kind !== "photos" && kind !== "email" && kind !== "phone" && lines.length > 0,
    )
    .map(({ label, lines }) => ({ term: label, text: lines.join(", ") }));
  const contact = [request.contact?.name, request.contact?.email, request.contact?.phone]
    .filter(Boolean)
    .join(", ");
  const term = deps.renderer.translate("fr", "letters.fact.contact");
  const letter = deps.letters.toPartner(subject, key, partner, [
    ...facts,
    ...(contact ? [{ term, text: contact }] : []),
  ]);
  if (letter) await deps.writer.send(letter);
}
