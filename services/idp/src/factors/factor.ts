/** What an account has beside its password. */
export interface Factors {
  passkeys: number;
  authenticator: boolean;
  /** Printed codes not used yet. */
  codes: number;
  /** It has set one up, were all its codes used by now: a password alone never sets up another. */
  any: boolean;
}

/** Below it, somebody is told to print new codes. */
export const FEW_CODES = 3;

/** True where nothing is left that a second step could be done with at the next sign-in. */
export function isExhausted({ passkeys, authenticator, codes }: Factors): boolean {
  return passkeys === 0 && !authenticator && codes === 0;
}

/** A passkey or security key, as a row keeps it. */
export interface KnownPasskey {
  credentialId: Buffer;
  accountId: string;
  name: string;
  publicKey: Buffer;
  counter: number;
  transports: string[];
  /** It may live on several devices, through its maker's service. */
  syncable: boolean;
  backedUp: boolean;
  createdAt: Date;
  usedAt: Date | null;
}

export type NewPasskey = Omit<KnownPasskey, "accountId" | "name" | "createdAt" | "usedAt">;
