import type { Logger } from "@interco/platform/log";
import type { Database } from "../database.ts";
import type { IdentityProvider } from "../sign-in/identity-provider.ts";
import type { Sites } from "../sites/site.ts";
import { findUntoldWord, markTold } from "./agent-repository.ts";

export interface WordParts {
  /** Under a role that may mark what was heard. */
  workerDb: Database;
  sites: Sites;
  identity: Pick<IdentityProvider, "tellOfAgent">;
  log: Logger;
}

/** What it won't ever take: the address or the name. */
const REFUSED = [400, 422];

/**
 * Tells the identity provider what an entity says of somebody now: that they work for it, and it writes to them; or that they don't.
 * Read when it is told, so that whatever order jobs run in, what is said last is the truth. Throws while it can't be told.
 */
export async function tellIdentityProvider(
  { workerDb, sites, identity, log }: WordParts,
  { entity, email }: { entity: string; email: string },
): Promise<void> {
  const word = await workerDb.within({ entities: [entity] }, (trx) => findUntoldWord(trx, entity, email));
  if (!word) return;
  const { givenName, familyName, works, saidAt } = word;
  const said = { email: word.email, saidAt: saidAt.getTime() };
  const { hosted } = sites.getByEntity(entity);
  const status = await (works
    ? identity.tellOfAgent(hosted, "invitations", { ...said, givenName, familyName, language: "fr" })
    : identity.tellOfAgent(hosted, "departures", said));
  const refused = REFUSED.includes(status);
  if (status !== 202 && !refused) throw new Error(`the identity provider was told of an agent: ${status}`);
  if (refused) log.warn({ entity, status }, "the identity provider won't write to an agent");
  await workerDb.within({ entities: [entity] }, (trx) => markTold(trx, entity, word, refused));
}
