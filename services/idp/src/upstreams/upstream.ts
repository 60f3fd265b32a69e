import type { AccountKind } from "../accounts/account-repository.ts";
import type { Amr } from "../provider/acr.ts";
import type { PivotIdentity } from "./pivot.ts";

/** What an upstream's answer says, once every signature and value in it was checked. */
export interface Claims {
  idToken: Readonly<Record<string, unknown>>;
  userinfo: Readonly<Record<string, unknown>>;
}

/** Somebody an upstream vouches for. */
export interface UpstreamPerson {
  subject: string;
  /** FranceConnect's only. */
  pivot: PivotIdentity | null;
  givenName: string;
  familyName: string;
  /** As the upstream says it: nobody has read its mail yet. */
  email: string;
  /** Where ProConnect's SIREN, or the configuration, says whose agent this is. */
  entity: string | null;
  amr: Amr[];
}

/** How one kind of upstream is asked and understood. */
export interface Profile {
  /** Besides client_id, redirect_uri, response_type, state and nonce. Only what its documentation names. */
  parameters: Readonly<Record<string, string>>;
  pkce: boolean;
  signedUserinfo: boolean;
  /** @throws UpstreamRefusal where what it says isn't enough, or isn't what was asked. */
  person(claims: Claims): UpstreamPerson;
}

export interface UpstreamClient {
  clientId: string;
  clientSecret: string;
  authMethod: "client_secret_basic" | "client_secret_post";
}

/** A provider of identity people may come from. */
export interface Upstream {
  id: string;
  kind: "franceconnect" | "proconnect" | "openid";
  /** Its name on buttons. */
  name: string;
  accounts: AccountKind;
  issuer: string;
  signingAlg: "ES256" | "RS256";
  /** By entity; under "" where it is the same for all. */
  clients: ReadonlyMap<string, UpstreamClient>;
  /** The only entity whose sites offer it. */
  onlyFor: string | null;
  profile: Profile;
}

/** Why somebody who came from an upstream can't go on; the page of that kind says the way on. */
export type RefusalKind =
  | "expired"
  | "cancelled"
  | "down"
  | "refused"
  | "incomplete"
  | "organisation"
  | "uninvited"
  | "other-identity"
  | "linked-elsewhere";

/** Its message is for logs: it never quotes what was sent. */
export class UpstreamRefusal extends Error {
  override readonly name = "UpstreamRefusal";
  readonly kind: RefusalKind;

  constructor(kind: RefusalKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}
