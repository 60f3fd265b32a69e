import { generateKeyPair, randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { deriveKey, open, seal } from "@interco/platform/secrets";
import { calculateJwkThumbprint, type JWK } from "jose";
import type { KeyAlg, StoredKey } from "./signing-key-repository.ts";

const generate = promisify(generateKeyPair);

/** A new private key, sealed for its row; `kid` is its RFC 7638 thumbprint. */
export async function newSigningKey(alg: KeyAlg, sealingKey: Buffer) {
  const jwk = await newKey(alg);
  const kid = await calculateJwkThumbprint(jwk);
  return { kid, alg, sealedJwk: seal(sealingKey, JSON.stringify(jwk), kid) };
}

async function newKey(alg: KeyAlg): Promise<JWK> {
  if (alg === "cookies") return { kty: "oct", k: randomBytes(32).toString("base64url") };
  const { privateKey } =
    alg === "ES256"
      ? await generate("ec", { namedCurve: "P-256" })
      : await generate("rsa", { modulusLength: 2048 });
  return privateKey.export({ format: "jwk" }) as JWK;
}

/** Keys as the running service uses them; of each list the first signs, and all are known. */
export interface OpenKeys {
  /** Private JWKs, for tokens. */
  tokens: JWK[];
  /** The provider's cookies: sessions and sign-ins under way. */
  cookies: string[];
  /** Our own pages' cookies, whose forms' tokens depend on them. */
  forms: Buffer[];
}

/**
 * Opens stored keys, in their order.
 * @throws Error when one was sealed under another `secrets.key`, or when there is none of a kind.
 */
export function openKeys(stored: readonly StoredKey[], sealingKey: Buffer): OpenKeys {
  const opened = stored.map((key) => ({ key, jwk: openSigningKey(key, sealingKey) }));
  const cookies = opened.filter(({ key }) => key.alg === "cookies").map(({ jwk }) => masterOf(jwk));
  const tokens = opened.filter(({ key }) => key.alg !== "cookies").map(({ jwk }) => jwk);
  if (tokens.length === 0 || cookies.length === 0)
    throw new Error('there is no signing key; run the command "migrate"');
  return {
    tokens,
    cookies: cookies.map((master) => deriveKey(master, "idp cookies").toString("base64url")),
    forms: cookies.map((master) => deriveKey(master, "idp forms")),
  };
}

function openSigningKey(key: StoredKey, sealingKey: Buffer): JWK {
  let jwk: JWK;
  try {
    jwk = JSON.parse(open(sealingKey, key.sealedJwk, key.kid));
  } catch (cause) {
    throw new Error(`signing key ${key.kid} was sealed under another secrets.key`, { cause });
  }
  return { ...jwk, kid: key.kid, alg: key.alg, use: "sig" };
}

function masterOf(jwk: JWK): string {
  return Buffer.from(jwk.k ?? "", "base64url").toString("base64");
}
