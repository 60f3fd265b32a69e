import type { Answers } from "@interco/contracts/procedure";
import type { CompiledProcedure } from "@interco/kernel/procedure";
import type { SessionClaims } from "../sign-in/session.ts";
import type { Typed } from "./draft.ts";
import type { Contact } from "./request.ts";

type Part = keyof Contact;

/** Which questions of a procedure ask how to reach its author. */
export function contactFields(procedure: CompiledProcedure): { key: string; part: Part }[] {
  const found: { key: string; part: Part }[] = [];
  for (const { field } of procedure.fields.values()) {
    const { key, kind, autocomplete } = field;
    if (kind === "email" && (autocomplete === "email" || key === "email")) found.push({ key, part: "email" });
    if (kind === "phone" && (autocomplete === "tel" || key === "phone")) found.push({ key, part: "phone" });
    if (kind === "text" && autocomplete === "name") found.push({ key, part: "name" });
  }
  return found;
}

/** How to reach who asked, from their answers; null for an anonymous request. */
export function contactOf(procedure: CompiledProcedure, answers: Answers): Contact | null {
  const contact: Contact = {};
  for (const { key, part } of contactFields(procedure)) {
    const answer = answers[key];
    if (typeof answer === "string" && !contact[part]) contact[part] = answer;
  }
  return Object.keys(contact).length > 0 ? contact : null;
}

/** What a signed-in person is offered to fill in: theirs to change or to empty. */
export function proposedContact(procedure: CompiledProcedure, claims: SessionClaims): Typed {
  const known: Record<Part, string> = { name: claims.name, email: claims.email, phone: "" };
  return Object.fromEntries(contactFields(procedure).map(({ key, part }) => [key, known[part]]));
}
