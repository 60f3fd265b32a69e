import { ACR } from "@interco/contracts/authentication-context";

export { ACR };

/** How somebody proved who they are (RFC 8176): a password, a code, a key in hardware or in software, two factors. */
export type Amr = "pwd" | "otp" | "hwk" | "swk" | "mfa";

/** What a sign-in by these methods is worth. */
export function acrOf(amr: readonly string[]): string {
  return amr.includes("mfa") ? ACR.multi : ACR.single;
}

/** The methods of a sign-in with one more: two of them are `mfa`. */
export function withSecond(first: readonly string[], second: Amr): Amr[] {
  return [...new Set([...(first as Amr[]), second, "mfa" as const])];
}

export interface WantedAcr {
  /** The site wants two factors. */
  multi: boolean;
  /** The site wants nobody who has less (OpenID Connect Core 1.0 §5.5.1.1). */
  essential: boolean;
  /** It asks for nothing that can be had here. */
  unknown: boolean;
}

/**
 * What an authorization request asks of the authentication: `acr_values`, in order of preference, else the `acr` that its
 * `claims` want of the ID token. The first value known here counts.
 */
export function wantedAcr(params: { acr_values?: unknown; claims?: unknown }): WantedAcr {
  const values = typeof params.acr_values === "string" ? params.acr_values.split(" ") : [];
  const claim = values.length > 0 ? undefined : acrClaim(params.claims);
  const asked = values.length > 0 ? values : [claim?.value, ...[claim?.values ?? []].flat()];
  const known = asked.find((value) => value === ACR.single || value === ACR.multi);
  const named = asked.some((value) => value !== undefined);
  return { multi: known === ACR.multi, essential: claim?.essential === true, unknown: named && !known };
}

/**
 * Whether this account must show two factors for this request. Agents always do for a backoffice; somebody with a personal
 * account who asks for one has nothing to protect there, and is told so by the backoffice.
 */
export function needsSecondFactor(
  params: { scope?: unknown; acr_values?: unknown; claims?: unknown },
  kind: "personal" | "professional",
): boolean {
  const wanted = wantedAcr(params);
  if (wanted.multi && wanted.essential) return true;
  if (scopesOf(params).includes("agent")) return kind === "professional";
  return wanted.multi;
}

export function scopesOf({ scope }: { scope?: unknown }): string[] {
  return String(scope ?? "").split(" ");
}

interface AcrClaim {
  essential?: unknown;
  value?: unknown;
  values?: unknown;
}

function acrClaim(claims: unknown): AcrClaim | undefined {
  if (typeof claims !== "string") return undefined;
  try {
    return (JSON.parse(claims) as { id_token?: { acr?: AcrClaim | null } }).id_token?.acr ?? undefined;
  } catch {
    // The provider refuses it by itself.
    return undefined;
  }
}
