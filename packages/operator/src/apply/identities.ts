import { randomBytes, randomInt } from "node:crypto";
import type { Federation } from "@interco/contracts/federation";
import type { PrivateJwk } from "@interco/contracts/instance-config";
import { newEntityId } from "@interco/platform/ids";
import { newTotpSecret } from "@interco/platform/totp";
import { exportJWK, generateKeyPair } from "jose";
import type { OfficialAgglomeration } from "../federation/official-data.ts";
import { proposeShortCode } from "../federation/short-codes.ts";
import { portOffsets } from "../state/addresses.ts";
import type { EntityState, Passwords, State } from "../state/state.ts";

export function newState(basePort: number, source: string): State {
  return {
    version: 1,
    source,
    basePort,
    idp: { key: key(), initialAccessToken: token(), operatorToken: token(), database: passwords() },
    entities: {},
    instances: {},
    accounts: {},
    done: {},
  };
}

/**
 * Gives ids, short codes, ports, keys and passwords to whoever has none yet, in the order of the file. What was
 * given is never changed. Returns what it gave, in words.
 *
 * @throws Error when the file contradicts what was given for ever (a short code, a host name).
 */
export async function giveIdentities(
  state: State,
  federation: Federation,
  territory: OfficialAgglomeration,
): Promise<string[]> {
  const given: string[] = [];
  const written = new Map(
    [...federation.entities, ...(federation.partners ?? [])].map((entity) => [entity.code, entity.shortCode]),
  );
  const names = new Map(territory.communes.map((commune) => [commune.code, commune.name]));
  const taken = new Set([
    ...written.values(),
    ...Object.values(state.entities).map((entity) => entity.shortCode),
  ]);
  for (const code of new Set([...written.keys(), ...names.keys()])) {
    const shortCode = written.get(code);
    const known = state.entities[code];
    if (known && shortCode && known.shortCode !== shortCode) {
      throw new Error(
        `${code} has the short code ${known.shortCode} for ever: it can't become ${shortCode}.`,
      );
    }
    if (known) continue;
    const chosen = shortCode ?? proposeShortCode(names.get(code) ?? code, taken);
    taken.add(chosen);
    state.entities[code] = { id: newEntityId(), shortCode: chosen };
  }
  for (const { code, slug } of federation.entities) {
    const entity = state.entities[code] as EntityState;
    if (entity.site && entity.site.slug !== slug) {
      throw new Error(`${code} has the host name ${entity.site.slug} for ever: it can't become ${slug}.`);
    }
    if (entity.site) continue;
    entity.site = { slug, port: nextPort(state), trackingKey: key(), privateJwk: await newClientKey() };
    given.push(`${slug} gets port ${entity.site.port}`);
  }
  for (const { name } of federation.instances) {
    state.instances[name] ??= { key: key(), natsPassword: token(), database: passwords() };
  }
  for (const { email, role } of federation.accounts ?? []) {
    state.accounts[email] ??= { password: humanPassword() };
    // Agents sign in with two factors. A citizen may add one.
    if (role !== "citizen") state.accounts[email].totp ??= newTotpSecret();
  }
  return given;
}

function nextPort(state: State): number {
  const used = Object.values(state.entities).flatMap((entity) => entity.site?.port ?? []);
  return Math.max(state.basePort + portOffsets.entities - 1, ...used) + 1;
}

/** Four groups of four without look-alikes: some 78 bits, and one can type it. */
function humanPassword(): string {
  const alphabet = "abcdefghjkmnpqrstuvwxyz23456789";
  return Array.from({ length: 4 }, () => draw(alphabet, 4)).join("-");
}

function draw(alphabet: string, length: number): string {
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join("");
}

async function newClientKey(): Promise<PrivateJwk> {
  const { privateKey } = await generateKeyPair("ES256", { extractable: true });
  const { x, y, d } = await exportJWK(privateKey);
  if (!x || !y || !d) throw new Error("an EC key lacks a coordinate");
  return { kty: "EC", crv: "P-256", x, y, d, kid: randomBytes(8).toString("hex"), alg: "ES256", use: "sig" };
}

function key(): string {
  return randomBytes(32).toString("base64");
}

function token(): string {
  return randomBytes(32).toString("base64url");
}

function passwords(): Passwords {
  return { owner: token(), service: token(), worker: token() };
}
