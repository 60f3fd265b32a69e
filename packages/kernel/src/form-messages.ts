import type { Field, Language } from "@interco/contracts/procedure";
import type { CheckCode } from "./field-check.ts";
import { longest } from "./field-check.ts";

/** Why an answer isn't accepted: stable, for scripts; the message is for people. */
export type ErrorCode =
  | CheckCode
  | "required"
  | "too-early"
  | "too-late"
  | "outside-territory"
  | "same-commune";

type Sentences = Record<string, string>;

// Each says how to mend. {label} is the question, {limit} the figure it breaks.
const FR: Sentences = {
  required: "Répondez à la question « {label} ».",
  "required.text": "Remplissez « {label} ».",
  "required.textarea": "Remplissez « {label} » : quelques mots suffisent.",
  "required.email": "Indiquez une adresse électronique. Par exemple : nom@exemple.fr.",
  "required.phone": "Indiquez un numéro de téléphone. Par exemple : 06 12 34 56 78.",
  "required.choice": "Choisissez une réponse à « {label} ».",
  "required.choices": "Cochez au moins une réponse à « {label} ».",
  "required.date": "Indiquez une date. Par exemple : 27/03/2027.",
  "required.number": "Indiquez un nombre pour « {label} ».",
  "required.type": "Choisissez ce que vous voulez signaler.",
  "required.photos": "Ajoutez au moins une photo.",
  "required.checkbox": "Cochez la case « {label} » pour continuer.",
  invalid: "Corrigez « {label} » : cette réponse n’a pas la forme attendue.",
  "invalid.email": "Corrigez l’adresse électronique. Elle s’écrit comme nom@exemple.fr.",
  "invalid.phone": "Corrigez le numéro de téléphone : dix chiffres, ou + et l’indicatif du pays.",
  "invalid.date": "Indiquez une date qui existe : jour, mois et année. Par exemple : 27/03/2027.",
  "invalid.number": "Écrivez « {label} » en chiffres.",
  "invalid.photos": "Ajoutez de nouveau cette photo : nous ne la retrouvons plus.",
  unknown: "Choisissez une des réponses proposées à « {label} ».",
  "unknown.type": "Choisissez une des propositions de la liste.",
  "too-short": "Dites-en un peu plus : « {label} » demande au moins {limit} caractères.",
  "too-long": "Raccourcissez « {label} » : {limit} caractères au plus.",
  "too-small": "Pour « {label} », indiquez {limit} ou plus.",
  "too-large": "Pour « {label} », indiquez {limit} ou moins.",
  "too-many": "Gardez {limit} photos au plus.",
  "not-whole": "Pour « {label} », indiquez un nombre entier.",
  "too-early": "Choisissez une date à partir du {limit}.",
  "too-late": "Choisissez une date jusqu’au {limit}.",
  "required.place": "Dites où cela se trouve : la commune et la rue.",
  "place.precision": "Dites comment vous pouvez situer l’endroit.",
  "place.commune": "Choisissez la commune.",
  "place.address": "Indiquez la rue. Par exemple : 12 rue du Fort.",
  "place.known-place": "Indiquez le lieu. Par exemple : square de la mairie.",
  "place.border": "Indiquez la rue que les deux communes partagent.",
  "place.unknown": "Décrivez l’endroit avec vos mots. Par exemple : le long du canal, après le pont.",
  "place.too-long": "Raccourcissez : {limit} caractères au plus.",
  "outside-territory": "Cette commune ne fait pas partie du territoire : adressez-vous à sa mairie.",
  "same-commune": "Choisissez deux communes différentes, ou une seule si la rue n’est pas partagée.",
};

const EN: Sentences = {
  required: "Answer the question “{label}”.",
  "required.text": "Fill in “{label}”.",
  "required.textarea": "Fill in “{label}”: a few words are enough.",
  "required.email": "Enter an email address. For example: name@example.com.",
  "required.phone": "Enter a phone number. For example: 06 12 34 56 78.",
  "required.choice": "Choose an answer to “{label}”.",
  "required.choices": "Tick at least one answer to “{label}”.",
  "required.date": "Enter a date. For example: 27/03/2027.",
  "required.number": "Enter a number for “{label}”.",
  "required.type": "Choose what you want to report.",
  "required.photos": "Add at least one photo.",
  "required.checkbox": "Tick the box “{label}” to continue.",
  invalid: "Correct “{label}”: this answer doesn’t have the expected form.",
  "invalid.email": "Correct the email address. It looks like name@example.com.",
  "invalid.phone": "Correct the phone number: ten digits, or + and the country code.",
  "invalid.date": "Enter a date that exists: day, month and year. For example: 27/03/2027.",
  "invalid.number": "Write “{label}” in figures.",
  "invalid.photos": "Add this photo again: we can’t find it any more.",
  unknown: "Choose one of the answers offered for “{label}”.",
  "unknown.type": "Choose one of the proposals in the list.",
  "too-short": "Say a little more: “{label}” needs at least {limit} characters.",
  "too-long": "Shorten “{label}”: {limit} characters at most.",
  "too-small": "For “{label}”, enter {limit} or more.",
  "too-large": "For “{label}”, enter {limit} or less.",
  "too-many": "Keep {limit} photos at most.",
  "not-whole": "For “{label}”, enter a whole number.",
  "too-early": "Choose a date from {limit} on.",
  "too-late": "Choose a date up to {limit}.",
  "required.place": "Say where it is: the municipality and the street.",
  "place.precision": "Say how you can locate the place.",
  "place.commune": "Choose the municipality.",
  "place.address": "Enter the street. For example: 12 rue du Fort.",
  "place.known-place": "Enter the place. For example: town hall square.",
  "place.border": "Enter the street the two municipalities share.",
  "place.unknown": "Describe the place in your own words. For example: along the canal, past the bridge.",
  "place.too-long": "Make it shorter: {limit} characters at most.",
  "outside-territory": "This municipality isn’t part of the territory: please contact its town hall.",
  "same-commune": "Choose two different municipalities, or only one if the street isn’t shared.",
};

const OF_ITS_OWN: Partial<Record<ErrorCode, "required" | "invalid" | "tooShort">> = {
  required: "required",
  invalid: "invalid",
  "too-short": "tooShort",
};

const limits: Partial<Record<ErrorCode, (field: Field) => number | undefined>> = {
  "too-short": ({ minLength }) => minLength,
  "too-long": longest,
  "too-small": ({ minimum }) => minimum,
  "too-large": ({ maximum }) => maximum,
  "too-many": ({ maxFiles }) => maxFiles ?? 3,
};

/** The sentence to show beside a field: its own where the definition has one, and its example. */
export function fieldMessage(field: Field, code: ErrorCode, lang: Language, limit?: string | number): string {
  const own = OF_ITS_OWN[code];
  const written = own && field.messages?.[own]?.[lang];
  if (written) return written;
  const sentences = lang === "fr" ? FR : EN;
  const sentence = sentences[`${code}.${field.kind}`] ?? sentences[code] ?? code;
  const label = field.label[lang].replace(/[\s ]*[?:.]$/u, "");
  const said = sentence
    .replace("{label}", () => label)
    .replace("{limit}", () => String(limit ?? limits[code]?.(field) ?? ""));
  const example = field.example?.[lang];
  if (
    !example ||
    (code !== "required" && code !== "invalid") ||
    sentence.includes(lang === "fr" ? "exemple" : "example")
  )
    return said;
  return `${said} ${lang === "fr" ? "Par exemple :" : "For example:"} ${example}.`;
}

/** The sentence for one part of a place. */
export function placeMessage(what: string, lang: Language, limit = ""): string {
  const sentences = lang === "fr" ? FR : EN;
  return (sentences[`place.${what}`] ?? sentences[what] ?? what).replace("{limit}", limit);
}
