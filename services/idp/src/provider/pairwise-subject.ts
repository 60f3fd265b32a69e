import { hmac } from "@interco/platform/secrets";

/**
 * The subject one entity knows an account by (OpenID Connect Core §8.1): HMAC-SHA256 of entity and account.
 * It follows the entity, not the client's host: oidc-provider's sector identifier changes with host and port.
 */
export function pairwiseSubject(key: Buffer, entity: string, accountId: string): string {
  return hmac(key, `${entity}\0${accountId}`).toString("base64url");
}
