import type { Offer } from "./offer.ts";

/** Words that say nothing of what is looked for. */
const EMPTY = new Set(
  "a au aux avec ce ces d dans de des du en est et il j je l la le les ma mes mon n ne nous on ou par pas pour qu que qui sa se ses son sur un une vous y the to of my an i for and or is".split(
    " ",
  ),
);

/**
 * The procedures somebody looks for, best first. Every word that says something must begin a word of the procedure;
 * accents, case and plurals don't count. A word of the title weighs more. Nothing typed: all of them, in their order.
 */
export function searchOffers(offers: readonly Offer[], typed: string): Offer[] {
  const wanted = wordsOf(typed.slice(0, 200)).filter((word) => !EMPTY.has(word));
  if (wanted.length === 0) return [...offers];
  return offers
    .map((offer) => ({ offer, score: scoreOf(offer, wanted) }))
    .filter(({ score }) => score > 0)
    .sort((one, other) => other.score - one.score)
    .map(({ offer }) => offer);
}

function scoreOf(offer: Offer, wanted: readonly string[]): number {
  const title = wordsOf(offer.title);
  const rest = wordsOf(offer.words);
  let score = 0;
  for (const word of wanted) {
    const begins = (one: string) => one.startsWith(word);
    if (title.some(begins)) score += 3;
    else if (rest.some(begins)) score += 1;
    else return 0;
  }
  return score;
}

function wordsOf(text: string): string[] {
  return text
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter(Boolean)
    .map((word) => (word.length > 3 ? word.replace(/[sx]$/, "") : word));
}
