/**
 * How long an account is kept without a sign-in (GDPR art. 5, 1, e), as PostgreSQL intervals. Whoever is erased was warned
 * twice, and a month before at the latest, whatever stood still meanwhile.
 */
export const INACTIVITY = {
  firstWarning: "2 years",
  lastWarning: "35 months",
  erased: "3 years",
  afterLastWarning: "30 days",
} as const;

/** How long a deletion asked for can be taken back, by signing in. */
export const GRACE_DAYS = 30;
