import type { Amr } from "../provider/acr.ts";
import type { Claims } from "./upstream.ts";

/** "Quelles sont les valeurs possibles pour le champ amr ?", in RFC 8176's words. A passkey or card (`pop`) has no one word there. */
const METHODS: Readonly<Record<string, Amr>> = { pwd: "pwd", totp: "otp", mfa: "mfa" };

/** `mfa` where the acr says so, never because amr alone does. */
export function methodsOf(idToken: Claims["idToken"], mfaValues: readonly string[]): Amr[] {
  const said = Array.isArray(idToken.amr) ? idToken.amr : [];
  const methods = said
    .flatMap((method) => METHODS[String(method)] ?? [])
    .filter((method) => method !== "mfa");
  const mfa = mfaValues.includes(String(idToken.acr));
  return [...new Set<Amr>([...methods, ...(mfa ? (["mfa"] as const) : [])])];
}
