import type { Answer, Answers, Bilingual, Language, Place } from "@interco/contracts/procedure";
import { answerInWords, type NameOfCommune, placeInWords } from "./answers.ts";
import { cutText } from "./cut-text.ts";
import type { CompiledProcedure } from "./procedure.ts";

/**
 * The one line a request is known by, from its definition's template: `{type}, {place}`. What has no answer goes,
 * with the punctuation that led to it.
 * @param nameOf the name of the commune of an INSEE code; the code itself where it has none
 */
export function requestTitle(
  procedure: CompiledProcedure,
  answers: Answers,
  nameOf: NameOfCommune,
): Bilingual {
  const say = (lang: Language) => {
    const filled = procedure.definition.requestTitle[lang].replace(
      /\{([a-zA-Z0-9]+)\}/g,
      (_, key: string) => {
        const field = procedure.fields.get(key)?.field;
        const value: Answer | undefined = answers[key];
        return field && value !== undefined ? answerInWords(procedure, field, value, lang, nameOf) : "";
      },
    );
    const title = cutText(filled, 400)
      .replace(/\s+/g, " ")
      .replace(/^[\s,:–-]+|[\s,:–-]+$/g, "");
    return title === "" ? procedure.definition.title[lang] : cutText(title, 200);
  };
  return { fr: say("fr"), en: say("en") };
}

/** A place in one line: `12 rue du Fort, Woippy`; a border street names both communes. */
export function placeLabel(place: Place, nameOf: NameOfCommune): Bilingual {
  return { fr: placeInWords(place, "fr", nameOf), en: placeInWords(place, "en", nameOf) };
}
