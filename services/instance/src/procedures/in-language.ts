import type { Bilingual } from "@interco/contracts/procedure";
import { frenchSpaces } from "@interco/ui/messages";

/** A definition's text in one language, as pages show it; nothing where it says nothing. */
export function inLanguage(text: Bilingual | undefined, lang: "fr" | "en"): string {
  if (!text) return "";
  return lang === "fr" ? frenchSpaces(text.fr) : text.en;
}
