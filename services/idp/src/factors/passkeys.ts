import { hmac } from "@interco/platform/secrets";
import type {
  AuthenticationResponseJSON,
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
  RegistrationResponseJSON,
} from "@simplewebauthn/server";
import { Type } from "typebox";
import { Value } from "typebox/value";
import type { AccountRow } from "../accounts/account-repository.ts";
import type { Amr } from "../provider/acr.ts";
import type { NewPasskey } from "./factor.ts";
import type { FactorRepository } from "./factor-repository.ts";

const TIMEOUT_MS = 5 * 60_000;
/** Transports a browser names; others are forgotten. */
const TRANSPORTS = ["ble", "cable", "hybrid", "internal", "nfc", "smart-card", "usb"];

const Bytes = Type.String({ maxLength: 8_000, pattern: "^[A-Za-z0-9_-]*$" });
const Answer = Type.Object({
  id: Type.String({ maxLength: 1_400 }),
  rawId: Type.String({ maxLength: 1_400 }),
  type: Type.Literal("public-key"),
  response: Type.Object({
    clientDataJSON: Bytes,
    authenticatorData: Type.Optional(Bytes),
    signature: Type.Optional(Bytes),
    userHandle: Type.Optional(Type.Union([Bytes, Type.Null()])),
    attestationObject: Type.Optional(Type.String({ maxLength: 16_000 })),
    transports: Type.Optional(Type.Array(Type.String({ maxLength: 30 }), { maxItems: 10 })),
  }),
});

/** What a browser may post, in characters. */
export const ANSWER_LENGTH = 40_000;

export interface PasskeyParts {
  factors: FactorRepository;
  issuer: string;
  /** Authenticators show it. */
  serviceName: string;
  /** What an authenticator calls an account by: an HMAC under it, which says nothing of who it is (WebAuthn §14.6.1). */
  userKey: Buffer;
  /** Told why an answer was refused. */
  refused(reason: unknown): void;
}

/**
 * WebAuthn Level 3: passkeys and security keys, discoverable, their user verified (by a PIN, a finger, a face). The library is
 * loaded when somebody uses one: it has as much to read as the rest of the service.
 */
export class Passkeys {
  readonly #parts: PasskeyParts;
  readonly #host: string;
  readonly #origin: string;

  constructor(parts: PasskeyParts) {
    this.#parts = parts;
    const { hostname, origin } = new URL(parts.issuer);
    this.#host = hostname;
    this.#origin = origin;
  }

  /** What to ask a browser for to sign in; of one account where it is known. */
  async optionsToSignIn(account?: AccountRow): Promise<PublicKeyCredentialRequestOptionsJSON> {
    const { generateAuthenticationOptions } = await import("@simplewebauthn/server");
    const own = account ? await this.#parts.factors.passkeysOf(account.id) : [];
    return generateAuthenticationOptions({
      rpID: this.#host,
      userVerification: "required",
      timeout: TIMEOUT_MS,
      allowCredentials: own.map(({ credentialId, transports }) => ({
        id: credentialId.toString("base64url"),
        transports: transports as never,
      })),
    });
  }

  /** Who signed the challenge, and how; undefined where anything isn't as it must be. */
  async check(text: string, challenge: string): Promise<{ accountId: string; amr: Amr } | undefined> {
    const { factors, refused } = this.#parts;
    const answer = read(text) as AuthenticationResponseJSON | undefined;
    if (!answer) return undefined;
    const key = await factors.findPasskey(Buffer.from(answer.id, "base64url"));
    if (!key) return undefined;
    // Absent where the browser was told which key to ask for.
    const { userHandle } = answer.response;
    if (userHandle && userHandle !== this.#userOf(key.accountId).toString("base64url")) return undefined;
    const { verifyAuthenticationResponse } = await import("@simplewebauthn/server");
    try {
      const { verified, authenticationInfo } = await verifyAuthenticationResponse({
        response: answer,
        expectedChallenge: challenge,
        expectedOrigin: this.#origin,
        expectedRPID: this.#host,
        requireUserVerification: true,
        credential: {
          id: answer.id,
          publicKey: new Uint8Array(key.publicKey),
          counter: key.counter,
          transports: key.transports as never,
        },
      });
      const { newCounter, credentialBackedUp } = authenticationInfo;
      if (!verified || !(await factors.usePasskey(key.credentialId, newCounter, credentialBackedUp)))
        return undefined;
    } catch (reason) {
      refused(reason);
      return undefined;
    }
    return { accountId: key.accountId, amr: methodOf(key) };
  }

  /** What to ask a browser for to add one. */
  async optionsToAdd(account: AccountRow): Promise<PublicKeyCredentialCreationOptionsJSON> {
    const { generateRegistrationOptions } = await import("@simplewebauthn/server");
    const own = await this.#parts.factors.passkeysOf(account.id);
    return generateRegistrationOptions({
      rpName: this.#parts.serviceName,
      rpID: this.#host,
      userID: new Uint8Array(this.#userOf(account.id)),
      userName: account.email,
      userDisplayName: `${account.givenName} ${account.familyName}`,
      timeout: TIMEOUT_MS,
      attestationType: "none",
      excludeCredentials: own.map(({ credentialId, transports }) => ({
        id: credentialId.toString("base64url"),
        transports,
      })),
      authenticatorSelection: { residentKey: "required", userVerification: "required" },
    });
  }

  /** The key a browser made for the challenge; undefined where anything isn't as it must be. */
  async checkNew(text: string, challenge: string): Promise<NewPasskey | undefined> {
    const answer = read(text) as RegistrationResponseJSON | undefined;
    if (!answer) return undefined;
    const { verifyRegistrationResponse } = await import("@simplewebauthn/server");
    try {
      const { verified, registrationInfo } = await verifyRegistrationResponse({
        response: answer,
        expectedChallenge: challenge,
        expectedOrigin: this.#origin,
        expectedRPID: this.#host,
        requireUserVerification: true,
      });
      if (!verified) return undefined;
      const { credential, credentialDeviceType, credentialBackedUp } = registrationInfo;
      return {
        credentialId: Buffer.from(credential.id, "base64url"),
        publicKey: Buffer.from(credential.publicKey),
        counter: credential.counter,
        transports: (credential.transports ?? []).filter((one) => TRANSPORTS.includes(one)),
        syncable: credentialDeviceType === "multiDevice",
        backedUp: credentialBackedUp,
      };
    } catch (reason) {
      this.#parts.refused(reason);
      return undefined;
    }
  }

  #userOf(accountId: string): Buffer {
    return hmac(this.#parts.userKey, accountId);
  }
}

/** RFC 8176: a key that never leaves its hardware, or one its maker's service copies from device to device. */
export function methodOf({ syncable }: { syncable: boolean }): Amr {
  return syncable ? "swk" : "hwk";
}

function read(text: string): unknown {
  if (text.length > ANSWER_LENGTH) return undefined;
  try {
    const answer: unknown = JSON.parse(text);
    return Value.Check(Answer, answer) ? { clientExtensionResults: {}, ...answer } : undefined;
  } catch {
    return undefined;
  }
}
