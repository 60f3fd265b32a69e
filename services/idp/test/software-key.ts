import { createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto";

const FLAGS = { present: 0x01, verified: 0x04, syncable: 0x08, backedUp: 0x10, attested: 0x40 };

/** What a lying authenticator or page does otherwise. */
export interface Lies {
  origin?: string;
  rpId?: string;
  type?: string;
  verified?: boolean;
  counter?: number;
  userHandle?: string;
  challenge?: string;
}

/** A security key in software (WebAuthn Level 3 §6), that does as it should or as a test wants it to lie. */
export class SoftwareKey {
  readonly id = randomBytes(32);
  readonly #keys = generateKeyPairSync("ec", { namedCurve: "P-256" });
  readonly #issuer: string;
  #userHandle = "";
  #counter = 0;

  constructor(issuer: string) {
    this.#issuer = issuer;
  }

  /** `navigator.credentials.create`. */
  create(options: { challenge: string; user: { id: string } }, lies: Lies = {}): string {
    this.#userHandle = options.user.id;
    const { x = "", y = "" } = this.#keys.publicKey.export({ format: "jwk" });
    const coordinate = (text: string) => Buffer.from(text, "base64url");
    const cose = [hex("a5010203262001215820"), coordinate(x), hex("225820"), coordinate(y)];
    const length = Buffer.from([0, this.id.length]);
    const attested = [Buffer.alloc(16), length, this.id, ...cose];
    const data = Buffer.concat([this.#authenticatorData(FLAGS.attested, lies), ...attested]);
    const object = Buffer.concat([
      hex("a363666d74646e6f6e656761747453746d74a0686175746844617461"),
      hex("58"),
      Buffer.from([data.length]),
      data,
    ]);
    return this.#answer({
      clientDataJSON: this.#clientData("webauthn.create", options.challenge, lies),
      attestationObject: object.toString("base64url"),
      transports: ["usb"],
    });
  }

  /** `navigator.credentials.get`. */
  get(options: { challenge: string }, lies: Lies = {}): string {
    const data = this.#authenticatorData(0, lies);
    const clientDataJSON = this.#clientData("webauthn.get", options.challenge, lies);
    const hash = createHash("sha256").update(Buffer.from(clientDataJSON, "base64url")).digest();
    return this.#answer({
      clientDataJSON,
      authenticatorData: data.toString("base64url"),
      signature: sign("sha256", Buffer.concat([data, hash]), this.#keys.privateKey).toString("base64url"),
      userHandle: lies.userHandle ?? this.#userHandle,
    });
  }

  #authenticatorData(flags: number, { rpId, verified = true, counter }: Lies): Buffer {
    this.#counter = counter ?? this.#counter + 1;
    const count = Buffer.alloc(4);
    count.writeUInt32BE(this.#counter);
    const all = flags | FLAGS.present | (verified ? FLAGS.verified : 0);
    const host = rpId ?? new URL(this.#issuer).hostname;
    return Buffer.concat([createHash("sha256").update(host).digest(), Buffer.from([all]), count]);
  }

  #clientData(type: string, challenge: string, lies: Lies): string {
    const said = {
      type: lies.type ?? type,
      challenge: lies.challenge ?? challenge,
      origin: lies.origin ?? new URL(this.#issuer).origin,
    };
    return Buffer.from(JSON.stringify({ ...said, crossOrigin: false })).toString("base64url");
  }

  #answer(response: object): string {
    const id = this.id.toString("base64url");
    return JSON.stringify({ id, rawId: id, type: "public-key", response });
  }
}

function hex(text: string): Buffer {
  return Buffer.from(text, "hex");
}
