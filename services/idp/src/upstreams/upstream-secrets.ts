import { hmac, open, seal } from "@interco/platform/secrets";
import { type PivotIdentity, pivotKey } from "./pivot.ts";
import type { Checks } from "./upstream-connection.ts";

/** What is encrypted of an arrival. */
export interface ArrivalSecrets {
  givenName: string;
  familyName: string;
  /** Whose agent it is, where the upstream says so. */
  organisation: string | null;
  /** Where a code goes to. */
  email: string;
  idToken: string;
}

/** All that is kept of upstreams without being readable in the database. */
export class UpstreamSecrets {
  readonly #identities: Buffer;
  readonly #seals: Buffer;

  /** @param identities stays the same for ever: people are found again by what it makes */
  constructor(identities: Buffer, seals: Buffer) {
    this.#identities = identities;
    this.#seals = seals;
  }

  /** Nonce and PKCE verifier of a state, 43 characters each: whoever reads the database can complete no sign-in. */
  checksOf(state: string): Checks {
    const derived = (purpose: string) => hmac(this.#seals, `${purpose}:${state}`).toString("base64url");
    return { state, nonce: derived("nonce"), verifier: derived("verifier") };
  }

  subject(upstream: string, entity: string, subject: string): Buffer {
    return hmac(this.#identities, `subject:${upstream}:${entity}:${subject}`);
  }

  pivot(pivot: PivotIdentity): Buffer {
    return pivotKey(this.#identities, pivot);
  }

  code(arrival: Buffer, code: string): Buffer {
    return hmac(this.#seals, `code:${arrival.toString("hex")}:${code}`);
  }

  sealArrival(id: Buffer, secrets: ArrivalSecrets): Buffer {
    return seal(this.#seals, JSON.stringify(secrets), `arrival:${id.toString("hex")}`);
  }

  openArrival({ id, sealed }: { id: Buffer; sealed: Buffer }): ArrivalSecrets {
    return JSON.parse(open(this.#seals, sealed, `arrival:${id.toString("hex")}`)) as ArrivalSecrets;
  }

  sealIdToken(browser: Buffer, idToken: string): Buffer {
    return seal(this.#seals, idToken, `session:${browser.toString("hex")}`);
  }

  openIdToken(browser: Buffer, sealed: Buffer): string {
    return open(this.#seals, sealed, `session:${browser.toString("hex")}`);
  }
}
