import { Problem } from "@interco/platform/problem";
import { hashToken, newToken } from "@interco/platform/secrets";
import type { AccountRow } from "../accounts/account-repository.ts";
import {
  type DeactivationParts,
  deactivateAccount,
  reactivateAccount,
} from "../accounts/deactivate-account.ts";
import type { SiteMetadata } from "../clients/client-repository.ts";
import type { PasswordHasher } from "../credentials/password-hash.ts";
import type { ThrottleRepository } from "../credentials/throttle-repository.ts";
import type { MailQueue } from "../mail/mail-queue.ts";
import type { AgentAccessRepository, Invited, Opened } from "./agent-access-repository.ts";
import type { InvitationMails } from "./invitation-mails.ts";

export interface InviteParts extends DeactivationParts {
  access: AgentAccessRepository;
  hasher: PasswordHasher;
  throttle: ThrottleRepository;
  letters: InvitationMails;
  mails: MailQueue;
}

/**
 * An entity says that somebody works for it. Their address gets a link that makes their professional account or, where they have
 * one, word of their new access: several entities, one account. The answer is the same: whether somebody has an account is theirs
 * to tell. Said again, it is sent again, and the link before is worth nothing. @throws agents.too-many (429)
 */
export async function inviteAgent(
  parts: InviteParts,
  site: SiteMetadata,
  wanted: Omit<Invited, "clientId">,
): Promise<void> {
  const { accounts, access, throttle, letters, mails, journal } = parts;
  const invited = { ...wanted, clientId: site.client_id };
  if (await access.isFull(site.client_id, wanted.email))
    throw new Problem("agents.too-many", { status: 429 });
  // By address alone: what a site may do in all is bounded above, and it has every right to invite fifty persons at once.
  const counted = throttle.addressed("invitation", wanted.email, `${site.client_id} ${wanted.email}`);
  const { waitSeconds } = await throttle.begin(counted, "mail");
  const account = await accounts.findByEmail(wanted.email, "professional");
  const token = newToken();
  // Whoever left everybody proves their address anew: it may be somebody else's by now.
  const kept = account && account.deactivated !== "left" ? account : undefined;
  const mail = kept ? letters.access(kept, site, wanted.language) : letters.invitation(invited, site, token);
  const way = kept ? { accountId: kept.id } : { link: hashToken(token) };
  if (!(await access.add(invited, way, mail, waitSeconds))) return;
  await journal.add({ kind: "agent_invited", accountId: kept?.id, clientId: site.client_id });
  mails.wake();
}

/**
 * An entity says that somebody doesn't work for it any more: what it invited them to is over. Their account is, once no entity says
 * so any more; neither this entity nor any other learns whether that is so.
 */
export async function endAgentAccess(
  parts: InviteParts,
  site: SiteMetadata,
  email: string,
  saidAt: Date,
): Promise<void> {
  const { access, journal } = parts;
  const clientId = site.client_id;
  const ended = await access.end(clientId, email, saidAt);
  const forsaken = await access.findForsaken(clientId, email);
  if (ended) await journal.add({ kind: "agent_departed", accountId: forsaken, clientId });
  if (forsaken) await deactivateAccount(parts, forsaken, "left", { clientId });
}

/** What an invitation's link opens: a password to choose, an account to open again, or nothing left to do. */
export type Invitation = { opened: Opened; site: SiteMetadata } & (
  | { step: "choose" }
  | { step: "reopen"; account: AccountRow }
  | { step: "known"; account: AccountRow }
);

/** Makes the professional account of who holds the link, hence reads the address's mail. False where it was made meanwhile. */
export async function acceptInvitation(
  parts: InviteParts,
  { opened }: { opened: Opened },
  password: string,
): Promise<boolean> {
  const { accounts, access, hasher, journal } = parts;
  const { email, givenName, familyName, clientId } = opened;
  const wanted = { email, givenName, familyName, kind: "professional" } as const;
  const { account, created } = await accounts.create(wanted, await hasher.hash(password));
  // The account first: a crash before this leaves a link that says so.
  await access.accept(email, account.id);
  if (created)
    await journal.add({
      kind: "account_created",
      accountId: account.id,
      clientId,
      detail: { invited: true },
    });
  return created;
}

/** Opens the account of somebody who comes back, with the credentials it had. */
export async function reopenAccount(
  parts: InviteParts,
  { opened }: { opened: Opened },
  account: AccountRow,
): Promise<void> {
  await parts.access.accept(opened.email, account.id);
  await reactivateAccount(parts, account.id, ["left"], { clientId: opened.clientId });
}
