/** How strongly somebody was authenticated, as `acr` says it and `acr_values` asks it (REFEDS profiles; OpenID Connect Core 1.0 §2). */
export const ACR = {
  /** One factor: a password. */
  single: "https://refeds.org/profile/sfa",
  /** Two: a password and another factor, or a passkey whose user was verified. */
  multi: "https://refeds.org/profile/mfa",
} as const;
