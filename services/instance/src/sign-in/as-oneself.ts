/**
 * Where somebody signs in as a private person, to make a request or see their own, and comes back: whoever is signed in with a
 * professional account too, which does neither. Who is signed in as oneself already comes straight back.
 */
export function asOneself(back: string): string {
  return `/connexion?compte=personnel&retour=${encodeURIComponent(back)}`;
}

/** Where somebody chooses another account: what they ask for is another person's. */
export function asSomebodyElse(back: string): string {
  return `/connexion?compte=autre&retour=${encodeURIComponent(back)}`;
}
