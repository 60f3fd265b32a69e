/**
 * How French joins a preposition to a commune's name. `typeLiaison` is the "type de nom en clair" of INSEE's Code
 * officiel géographique, as `@etalab/decoupage-administratif` gives it: 0 and 1 no article (before a consonant,
 * before a vowel or a mute h), 2 Le, 3 La, 4 Les, 5 L', 6 Aux, 7 Las, 8 Los; its names hold the article.
 */
export type Liaison = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

const ELIDES = /^[aeiouyàâäéèêëîïôöùûüœæh]/i;
const withoutArticle = (name: string) => name.replace(/^(le|les|aux)\s+/i, "");

/** With "de": de Metz, d'Augny, du Ban-Saint-Martin, de La Maxe, des Étangs. Without a code, by the first letter. */
export function withOf(name: string, liaison?: number): string {
  switch (liaison) {
    case 2:
      return `du ${withoutArticle(name)}`;
    case 4:
    case 6:
      return `des ${withoutArticle(name)}`;
    case 1:
      return `d’${name}`;
    case undefined:
      return ELIDES.test(name) ? `d’${name}` : `de ${name}`;
    default:
      return `de ${name}`;
  }
}

/** With "à": à Metz, au Ban-Saint-Martin, à La Maxe, aux Étangs. */
export function withAt(name: string, liaison?: number): string {
  if (liaison === 2) return `au ${withoutArticle(name)}`;
  if (liaison === 4 || liaison === 6) return `aux ${withoutArticle(name)}`;
  return `à ${name}`;
}
