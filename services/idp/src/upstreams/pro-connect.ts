import type { UpstreamConfig } from "@interco/contracts/upstream-config";
import { textClaim } from "./claim-values.ts";
import { methodsOf } from "./methods.ts";
import { type Claims, type Profile, UpstreamRefusal } from "./upstream.ts";

type ProConnectConfig = NonNullable<UpstreamConfig["proConnect"]>;

/** "Forcer la double authentification" and "Niveaux d'assurance" of its documentation; the two `-mfa` came in 2026. */
const MFA_VALUES = [
  "eidas2",
  "eidas3",
  "eidas0-mfa",
  "eidas1-mfa",
  "https://proconnect.gouv.fr/assurance/self-asserted-2fa",
  "https://proconnect.gouv.fr/assurance/consistency-checked-2fa",
];

/**
 * ProConnect, from its documentation (github.com/numerique-gouv/proconnect-documentation, `doc_fs/implementation_technique.md`,
 * `double_authentification.md`, `niveaux-acr.md`, `donnees_fournies.md`):
 * - any parameter of `authorize` that isn't documented is refused (Y000400): no PKCE, no acr_values, no max_age;
 * - `state` and `nonce` of 32 characters at least; a code is good for 30 seconds;
 * - two factors are asked by `claims` (acr, essential, values), and the acr of the ID token must be looked at; amr comes when asked;
 * - userinfo is a signed JWT (`application/jwt`); scopes `given_name usual_name email siret` give a claim each;
 * - `siret` (14 digits) is of the establishment the person works at: its first nine are the SIREN;
 * - `sub` is of one person at one of its providers of identity;
 * - signing out needs `id_token_hint`, `state` and `post_logout_redirect_uri`, by redirect.
 */
export function proConnectProfile(config: ProConnectConfig): Profile {
  const { mfa = "asked", mfaValues = MFA_VALUES } = config;
  const acr = mfa === "asked" ? { essential: true, values: mfaValues } : null;
  return {
    parameters: {
      scope: "openid given_name usual_name email siret",
      claims: JSON.stringify({ id_token: { acr, amr: null } }),
    },
    pkce: false,
    signedUserinfo: true,
    person: ({ idToken, userinfo }: Claims) => ({
      subject: textClaim(userinfo, "sub"),
      pivot: null,
      givenName: textClaim(userinfo, "given_name"),
      familyName: textClaim(userinfo, "usual_name"),
      email: textClaim(userinfo, "email"),
      entity: entityOf(config, textClaim(userinfo, "siret")),
      amr: methodsOf(idToken, mfaValues),
    }),
  };
}

/** @throws UpstreamRefusal where no entity has the SIREN. */
function entityOf({ entities }: ProConnectConfig, siret: string): string {
  if (!/^\d{14}$/.test(siret)) throw new UpstreamRefusal("incomplete", "the siret isn't 14 digits");
  const siren = siret.slice(0, 9);
  const found = entities.find(({ sirens }) => sirens.includes(siren));
  if (!found) throw new UpstreamRefusal("organisation", `no entity has the SIREN ${siren}`);
  return found.entity;
}
