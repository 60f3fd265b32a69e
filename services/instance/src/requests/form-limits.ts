const TEN_MINUTES = 10 * 60_000;

/**
 * What one network address may post in ten minutes (outside development). High enough for a town hall, a library or a phone
 * operator behind one address; low enough that nobody fills the database with drafts and photos, or has mails sent by hundreds.
 */
export const LIMITS = {
  begun: { max: 120, timeWindow: TEN_MINUTES },
  step: { max: 400, timeWindow: TEN_MINUTES },
  sent: { max: 60, timeWindow: TEN_MINUTES },
  message: { max: 30, timeWindow: TEN_MINUTES },
  followed: { max: 120, timeWindow: TEN_MINUTES },
} as const;
