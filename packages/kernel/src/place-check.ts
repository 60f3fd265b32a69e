import type { Language, Place } from "@interco/contracts/procedure";
import { type ErrorCode, placeMessage } from "./form-messages.ts";

export interface PlaceProblem {
  part: "precision" | "commune" | "otherCommune" | "address" | "detail";
  code: ErrorCode;
  message: string;
}

const PRECISIONS = ["address", "known-place", "border", "unknown"];
const LONGEST = { address: 200, detail: 300 };

/** The place with the only commune there is filled in, where a procedure serves one commune. */
export function completePlace(place: Place, communes: ReadonlySet<string> | undefined): Place {
  const [only] = communes ?? [];
  return place.communes.length === 0 && communes?.size === 1 && only ? { ...place, communes: [only] } : place;
}

/**
 * What is wrong with a place, part by part. The commune is asked for except where the citizen says they don't
 * know; `communes` are the INSEE codes it may be, any where absent.
 */
export function placeProblems(place: Place, lang: Language, communes?: ReadonlySet<string>): PlaceProblem[] {
  const problems: PlaceProblem[] = [];
  const say = (part: PlaceProblem["part"], code: ErrorCode, sentence: string, limit?: number) =>
    problems.push({ part, code, message: placeMessage(sentence, lang, limit ? String(limit) : "") });

  if (!PRECISIONS.includes(place.precision)) say("precision", "unknown", "precision");
  const [commune, other] = place.communes;
  if (!commune && place.precision !== "unknown") say("commune", "required", "commune");
  if (commune && communes && !communes.has(commune)) say("commune", "outside-territory", "outside-territory");
  if (other && other === commune) say("otherCommune", "same-commune", "same-commune");
  else if (other && communes && !communes.has(other))
    say("otherCommune", "outside-territory", "outside-territory");
  if (place.address.length < 2)
    say("address", "required", PRECISIONS.includes(place.precision) ? place.precision : "address");
  if (place.address.length > LONGEST.address) say("address", "too-long", "too-long", LONGEST.address);
  if (place.detail && place.detail.length > LONGEST.detail)
    say("detail", "too-long", "too-long", LONGEST.detail);
  return problems;
}
