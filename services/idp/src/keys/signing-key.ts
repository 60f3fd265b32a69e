import { generateKeyPair } from "node:crypto";
import { promisify } from "node:util";
import { open, seal } from "@interco/platform/secrets";
import { calculateJwkThumbprint, type JWK } from "jose";
import type { KeyAlg, StoredKey } from "./signing-key-repository.ts";

const generate = promisify(generateKeyPair);

/** A new private key, sealed for its row; `kid` is its RFC 7638 thumbprint. */
export async function newSigningKey(alg: KeyAlg, sealingKey: Buffer) {
  const { privateKey } =
    alg === "ES256"
      ? await generate("ec", { namedCurve: "P-256" })
      : await generate("rsa", { modulusLength: 2048 });
  const jwk = privateKey.export({ format: "jwk" }) as JWK;
  const kid = await calculateJwkThumbprint(jwk);
  return { kid, alg, sealedJwk: seal(sealingKey, JSON.stringify(jwk), kid) };
}

/**
 * The private JWK of a stored key, as the provider takes it.
 * @throws Error when it was sealed under another `secrets.key`.
 */
export function openSigningKey(key: StoredKey, sealingKey: Buffer): JWK {
  let jwk: JWK;
  try {
    jwk = JSON.parse(open(sealingKey, key.sealedJwk, key.kid));
  } catch (cause) {
    throw new Error(`signing key ${key.kid} was sealed under another secrets.key`, { cause });
  }
  return { ...jwk, kid: key.kid, alg: key.alg, use: "sig" };
}
