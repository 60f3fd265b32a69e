import { deriveKey, open, seal } from "@interco/platform/secrets";
import type { Deps } from "../deps.ts";
import type { FollowScope } from "./follow-access.ts";

const LASTS_MS = 60 * 86_400_000;

type Parts = Pick<Deps, "config">;

const keyOf = ({ config }: Parts) => deriveKey(config.secrets.key, "settled");

/**
 * What a closing mail's links carry: whoever holds one answers, for sixty days, whether that one request is settled, and needs no
 * account. It opens nothing else. `tracking` is what is stored of the tracking code, in hex.
 */
export function settledToken(parts: Parts, entity: string, number: string, tracking: string): string {
  const content = JSON.stringify({ tracking, until: Date.now() + LASTS_MS });
  return seal(keyOf(parts), content, `${entity} ${number}`).toString("base64url");
}

/** Whom the bearer of a link speaks for; undefined when it is old, of another request, or none of ours. */
export function scopeOfToken(
  parts: Parts,
  entity: string,
  number: string,
  token: string,
): FollowScope | undefined {
  if (token === "" || token.length > 1_000) return undefined;
  try {
    const content = open(keyOf(parts), Buffer.from(token, "base64url"), `${entity} ${number}`);
    const { tracking, until } = JSON.parse(content) as { tracking: string; until: number };
    return until > Date.now() ? { site: entity, tracking } : undefined;
  } catch {
    return undefined;
  }
}
