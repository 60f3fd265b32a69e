import type { KoaContextWithOIDC } from "oidc-provider";
import { neededScopes } from "../clients/client-metadata.ts";
import type { ProviderClient } from "./provider-internals.ts";

/** What a person answered to a site before. */
export type FindConsent = (
  accountId: string,
  clientId: string,
) => Promise<{ accepted: string[]; refused: string[] } | undefined>;

/**
 * The grant of an authorization request: what the site needs follows the request; what it asks for beyond is in it once the
 * person has answered, here or before. What is missing then makes oidc-provider ask (its prompt `consent`). A client of
 * `consent: always` is given nothing unasked, nor by an answer of another day.
 */
export async function grantOfRequest(
  ctx: KoaContextWithOIDC,
  findConsent: FindConsent,
  requestsScope: string,
) {
  const { account, session, provider, result } = ctx.oidc;
  const client = ctx.oidc.client as ProviderClient | undefined;
  if (!client || !account || !session) return undefined;
  const known = result?.consent?.grantId ?? session.grantIdFor(client.clientId);
  const found = known ? await provider.Grant.find(known) : undefined;
  const grant =
    found?.accountId === account.accountId && found.clientId === client.clientId
      ? found
      : new provider.Grant({ clientId: client.clientId, accountId: account.accountId });
  const before = contentOf(grant);
  const asked = [...ctx.oidc.requestParamOIDCScopes];
  const needed = neededScopes(client);
  add(
    grant,
    "addOIDCScope",
    asked.filter((scope) => needed.has(scope)),
  );
  const missing = () => {
    const answered = new Set(grant.getOIDCScopeEncountered().split(" "));
    return asked.filter((scope) => !answered.has(scope));
  };
  if (missing().length > 0 && client.consent !== "always") {
    const { accepted = [], refused = [] } = (await findConsent(account.accountId, client.clientId)) ?? {};
    const open = missing();
    add(
      grant,
      "addOIDCScope",
      open.filter((scope) => accepted.includes(scope)),
    );
    add(
      grant,
      "rejectOIDCScope",
      open.filter((scope) => refused.includes(scope)),
    );
  }
  for (const resource of Object.keys(ctx.oidc.resourceServers ?? {}))
    grant.addResourceScope(resource, requestsScope);
  // Nothing is written for who may well refuse.
  if (!grant.jti && missing().length > 0) return undefined;
  if (!grant.jti || before !== contentOf(grant)) await grant.save();
  return grant;
}

type Grant = InstanceType<KoaContextWithOIDC["oidc"]["provider"]["Grant"]>;

function add(grant: Grant, how: "addOIDCScope" | "rejectOIDCScope", scopes: string[]): void {
  if (scopes.length > 0) grant[how](scopes.join(" "));
}

function contentOf(grant: Grant): string {
  const { openid, resources, rejected } = grant as Grant & { rejected?: { openid?: unknown } };
  return JSON.stringify([openid, resources, rejected?.openid]);
}
