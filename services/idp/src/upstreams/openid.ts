import type { UpstreamConfig } from "@interco/contracts/upstream-config";
import { textClaim } from "./claim-values.ts";
import { methodsOf } from "./methods.ts";
import type { Profile } from "./upstream.ts";

type OtherConfig = NonNullable<UpstreamConfig["others"]>[number];

/** Any other OpenID provider, an entity's directory for one: PKCE, and claims by the names its configuration gives. */
export function openidProfile(config: OtherConfig): Profile {
  const { givenName = "given_name", familyName = "family_name", email = "email" } = config.claims ?? {};
  return {
    parameters: { scope: config.scope ?? "openid profile email" },
    pkce: true,
    signedUserinfo: config.signedUserinfo ?? false,
    person: ({ idToken, userinfo }) => ({
      subject: textClaim(userinfo, "sub"),
      pivot: null,
      givenName: textClaim(userinfo, givenName),
      familyName: textClaim(userinfo, familyName),
      email: textClaim(userinfo, email),
      entity: config.entity ?? null,
      amr: methodsOf(idToken, config.mfaValues ?? []),
    }),
  };
}
