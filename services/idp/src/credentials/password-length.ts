/**
 * Counted as a person counts: twelve is short enough for four words, long enough without rules of composition; far more than
 * the 64 that must be allowed (ASVS 5, V6.2.1, V6.2.5, V6.2.9). Longer ones are refused, never cut (V6.2.8).
 */
export const PASSWORD_LENGTH = { min: 12, max: 128 };

/** Unicode code points after NFKC (NIST SP 800-63B §5.1.1.2): the same word typed on two keyboards is as long on both. */
export function passwordLength(password: string): number {
  // Normalization makes a text shorter, though never by that much: nobody makes us normalize a book.
  if (password.length > PASSWORD_LENGTH.max * 20) return password.length;
  return [...password.normalize("NFKC")].length;
}
