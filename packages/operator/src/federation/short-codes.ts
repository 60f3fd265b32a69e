/**
 * A short code (three letters or digits) nobody has yet, drawn from a name: WOI for Woippy, else other letters
 * of it, else letters and a digit. The same name among the same codes always gets the same one.
 */
export function proposeShortCode(name: string, taken: ReadonlySet<string>): string {
  const words = plainWords(name).filter((word) => !["LE", "LA", "LES", "L", "SUR", "DE"].includes(word));
  const letters = words.join("");
  for (const candidate of candidates(words, letters)) {
    if (candidate.length === 3 && !taken.has(candidate)) return candidate;
  }
  throw new Error(`no short code is left for ${name}`);
}

/** First label of a host name: `le-ban-saint-martin`. */
export function proposeSlug(name: string, taken: ReadonlySet<string>): string {
  const slug = plainWords(name).join("-").toLowerCase();
  for (let n = 1; ; n++) {
    const candidate = n === 1 ? slug : `${slug}-${n}`;
    if (!taken.has(candidate)) return candidate;
  }
}

function* candidates(words: string[], letters: string): Generator<string> {
  yield letters.slice(0, 3);
  yield words
    .map((word) => word[0])
    .join("")
    .slice(0, 3);
  for (let j = 1; j < letters.length; j++) {
    for (let k = j + 1; k < letters.length; k++) yield `${letters[0]}${letters[j]}${letters[k]}`;
  }
  for (let n = 1; n < 100; n++) yield `${letters.slice(0, n < 10 ? 2 : 1).padEnd(n < 10 ? 2 : 1, "X")}${n}`;
}

function plainWords(name: string): string[] {
  return name
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .toUpperCase()
    .split(/[^A-Z0-9]+/)
    .filter((word) => word !== "");
}
