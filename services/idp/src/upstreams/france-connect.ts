import { optionalText, textClaim } from "./claim-values.ts";
import type { Claims, Profile, UpstreamPerson } from "./upstream.ts";
import { UpstreamRefusal } from "./upstream.ts";

/**
 * FranceConnect v2, from its partners' documentation (docs.partenaires.franceconnect.gouv.fr, "Endpoints disponibles",
 * "Les évolutions de la nouvelle version", "Différences entre FranceConnect et FranceConnect+"):
 * - below `…/api/v2`: `authorize`, `token`, `userinfo`, `session/end`, `jwks`, and discovery;
 * - `authorize` needs `acr_values` (eidas1 is the one level FranceConnect knows; FranceConnect+ has the others), `state` and
 *   `nonce`; PKCE isn't documented, hence not sent: `nonce` binds the code (RFC 9700 §2.1.1);
 * - ID token and userinfo (`application/jwt`) are signed ES256 or RS256, as chosen at registration, and keys change: a key
 *   that isn't known is looked for again before anything is refused;
 * - `sub` is of one person at one client. The pivot identity is what is common: given_name (all of them), family_name (of
 *   birth), birthdate, gender, birthplace (INSEE code, empty for the foreign-born), birthcountry (INSEE code);
 * - the e-mail is the one its provider of identity has; nobody says it was verified;
 * - signing out is a redirect with `id_token_hint`, `state` and `post_logout_redirect_uri`.
 */
export const franceConnectProfile: Profile = {
  parameters: {
    scope: "openid given_name family_name birthdate gender birthplace birthcountry preferred_username email",
    acr_values: "eidas1",
  },
  pkce: false,
  signedUserinfo: true,
  person,
};

const LEVELS = ["eidas1", "eidas2", "eidas3"];

function person({ idToken, userinfo }: Claims): UpstreamPerson {
  if (!LEVELS.includes(String(idToken.acr)))
    throw new UpstreamRefusal("refused", "its level of assurance isn't the one that was asked");
  const givenNames = textClaim(userinfo, "given_name");
  const familyName = textClaim(userinfo, "family_name");
  return {
    subject: textClaim(userinfo, "sub"),
    pivot: {
      givenName: givenNames,
      familyName,
      birthdate: textClaim(userinfo, "birthdate"),
      gender: textClaim(userinfo, "gender"),
      birthplace: optionalText(userinfo, "birthplace"),
      birthcountry: textClaim(userinfo, "birthcountry"),
    },
    // The name somebody is called by: the first given name, and the name they use where they have one.
    givenName: givenNames.split(" ")[0] ?? givenNames,
    familyName: optionalText(userinfo, "preferred_username") || familyName,
    email: optionalText(userinfo, "email"),
    entity: null,
    // One factor, whatever it was: eidas1 says no more.
    amr: [],
  };
}
