import type { App } from "@interco/platform/http";
import { Problem } from "@interco/platform/problem";
import { Type } from "typebox";
import type { AccountKind, AccountRow } from "../accounts/account-repository.ts";
import { deactivateAccount, reactivateAccount } from "../accounts/deactivate-account.ts";
import { isEmail } from "../accounts/email-address.ts";
import { type InviteParts, inviteAgent } from "../agents/invite-agent.ts";
import type { ClientRepository } from "../clients/client-repository.ts";
import type { FactorRepository } from "../factors/factor-repository.ts";
import type { EndSessions } from "../logout/end-sessions.ts";
import { type RegisterParts, registerAgain } from "../registration/register.ts";
import { CONSOLE, type ConsoleParts, Csrf, consoleDesk, type Desk } from "./console-page.ts";
import type { ResetWay } from "./factor-reset-repository.ts";
import { askReset, isSamePerson, type ResetParts } from "./reset-factors.ts";
import type { SupportRepository } from "./support-repository.ts";

const Search = Type.Object({ email: Type.Optional(Type.String({ maxLength: 500 })), _csrf: Csrf });
const Act = Type.Object({
  email: Type.String({ maxLength: 254 }),
  action: Type.String({ maxLength: 40 }),
  kind: Type.Optional(Type.Union([Type.Literal("personal"), Type.Literal("professional")])),
  site: Type.Optional(Type.String({ maxLength: 64 })),
  reason: Type.Optional(Type.String({ maxLength: 2000 })),
  /** Who confirms a reset: a site's id, or one with "official:" before it. */
  second: Type.Optional(Type.String({ maxLength: 100 })),
  confirmed: Type.Optional(Type.String({ maxLength: 10 })),
  _csrf: Csrf,
});
interface Typed {
  email: string;
  action: string;
  kind?: AccountKind;
  site?: string;
  reason?: string;
  second?: string;
  confirmed?: string;
}

const REASON = { min: 10, max: 500 };
/** Acts on an account that are said again before they are done. */
const CONFIRMED = ["deconnecter", "desactiver", "reactiver"];

export interface SupportPagesParts
  extends ConsoleParts,
    Omit<InviteParts, "letters">,
    Omit<RegisterParts, "letters" | "mails"> {
  clients: ClientRepository;
  support: SupportRepository;
  factors: FactorRepository;
  endSessions: EndSessions;
  resetParts: ResetParts;
  registrationLetters: RegisterParts["letters"];
  invitationLetters: InviteParts["letters"];
}

/**
 * Help for one person, found by their exact address and never in a list. What support does names the address again: no page of it
 * has an address of its own. It shows no request and no role, which the provider doesn't know.
 */
export function supportPages(app: App, parts: SupportPagesParts): void {
  const { accounts, access, clients, support, factors, throttle, journal, endSessions, resetParts } = parts;
  const { resets } = resetParts;
  const desk = consoleDesk(app, parts);
  const inviteParts: InviteParts = { ...parts, letters: parts.invitationLetters };
  const empty = { email: "", found: false, accounts: [], registration: null, invitations: [], notice: null };

  desk.page("/comptes", async (at) => at.show("support", empty));
  // Who gave credentials again on the way to an act looks for the person again.
  desk.page(
    "/comptes/action",
    async ({ reply }) => reply.redirect(`${CONSOLE}/comptes`, 303) as unknown as string,
  );

  desk.form<{ email?: string }>("/comptes", { recent: false, body: Search }, async (at, typed) => {
    const email = (typed.email ?? "").normalize("NFKC").trim();
    if (!isEmail(email)) {
      const message = at.say("console.support.email-missing");
      return at.show("support", { ...empty, email }, wrong("email", message));
    }
    const by = at.administrator.account.id;
    for (const { id } of await both(email))
      await journal.add({ kind: "account_looked_at", accountId: id, detail: { by } });
    return showPerson(at, email, {});
  });

  desk.form<Typed>("/comptes/action", { recent: true, body: Act }, async (at, typed) => {
    const { email, action, kind } = typed;
    const account = kind && (await accounts.findByEmail(email, kind));
    try {
      if (CONFIRMED.includes(action)) {
        if (!account) return showPerson(at, email, {});
        checkAct(at, action, account);
        if (typed.confirmed !== "oui")
          return at.show("confirm", {
            ...typed,
            action,
            name: nameOf(account),
            act: `console.act.${action}`,
          });
      }
      const done = await act(at, typed, account);
      return showPerson(at, email, { notice: at.say(done) });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      const message = at.say(`console.refused.${error.code.replace(/^console\./, "")}`);
      const field = error.code === "console.reason-missing" ? `reason-${kind}` : undefined;
      return showPerson(at, email, { typed, error: { ...(field ? { name: field } : {}), message } });
    }
  });

  /** Does it; the key of what is said then. @throws Problem */
  async function act(at: Desk, typed: Typed, account: AccountRow | undefined): Promise<string> {
    const by = at.administrator.account.id;
    switch (typed.action) {
      case "renvoyer-inscription": {
        const sent = await registerAgain(
          { ...parts, letters: parts.registrationLetters },
          typed.email,
          siteOf,
        );
        if (sent) await journal.add({ kind: "mail_sent_again", detail: { by, mail: "registration" } });
        return sent ? "console.done.mail" : "console.done.nothing";
      }
      case "renvoyer-invitation": {
        const waiting = (await support.invitationsOf(typed.email)).find((one) => one.clientId === typed.site);
        const site = waiting && (await clients.find(waiting.clientId));
        if (!site) return "console.done.nothing";
        const { email, givenName, familyName, saidAt } = waiting;
        await inviteAgent(inviteParts, site, { email, givenName, familyName, saidAt, language: "fr" });
        const detail = { by, mail: "invitation" };
        await journal.add({ kind: "mail_sent_again", clientId: site.client_id, detail });
        return "console.done.mail";
      }
      case "deconnecter":
        if (account) await endSessions(account.id, { reason: "administrator", by });
        return "console.done.deconnecter";
      case "desactiver":
        if (account) await deactivateAccount(parts, account.id, "operator", { by });
        return "console.done.desactiver";
      case "reactiver":
        if (account) await reactivateAccount(parts, account.id, ["operator", "left"], { by });
        return "console.done.reactiver";
      case "reinitialiser":
        if (!account) return "console.done.nothing";
        await ask(at, typed, account);
        return "console.done.reinitialiser";
      default:
        return "console.done.nothing";
    }
  }

  function checkAct(at: Desk, action: string, account: AccountRow): void {
    if (action === "deconnecter") return;
    if (account.kind !== "professional") throw new Problem("console.not-professional", { status: 422 });
    if (isSamePerson(account, at.administrator.account))
      throw new Problem("console.own-account", { status: 422 });
  }

  async function ask(at: Desk, typed: Typed, account: AccountRow): Promise<void> {
    const reason = (typed.reason ?? "").trim();
    if (reason.length < REASON.min || reason.length > REASON.max)
      throw new Problem("console.reason-missing", { status: 422 });
    const state = await support.stateOf(account.id);
    if (!state || !(await factors.of(account.id)).any)
      throw new Problem("console.no-factor", { status: 422 });
    const entities = account.kind === "professional" ? await access.entitiesOf(account.id) : [];
    const [, official, clientId] = /^(official:)?(.+)$/.exec(typed.second ?? "") ?? [];
    const site = entities.find((one) => one.clientId === clientId) ?? null;
    if (entities.length > 0 && !site) throw new Problem("console.second-missing", { status: 422 });
    const way: ResetWay = site ? (official ? "official" : "entity") : "administrator";
    const asker = at.administrator.account;
    await askReset(resetParts, { account, language: state.language, reason, asker, way, site });
  }

  async function showPerson(
    at: Desk,
    email: string,
    shown: { notice?: string; typed?: Typed; error?: { name?: string; message: string } },
  ) {
    const found = await both(email);
    const [registration, invitations, heat] = await Promise.all([
      support.registrationOf(email),
      support.invitationsOf(email),
      throttle.heatOf(email),
    ]);
    const cards = await Promise.all(found.map((account) => card(at, account, heat, shown.typed)));
    const state = shown.error ? { status: 422, errors: [shown.error] } : {};
    return at.show(
      "support",
      {
        email,
        found: true,
        accounts: cards,
        registration: registration ?? null,
        invitations,
        notice: shown.notice ?? null,
        action: `${CONSOLE}/comptes`,
        unknown: found.length === 0 && !registration && invitations.length === 0,
      },
      state,
    );
  }

  async function card(
    { say, administrator }: Desk,
    account: AccountRow,
    heat: { failures: number; waitSeconds: number },
    typed: Typed | undefined,
  ) {
    const professional = account.kind === "professional";
    const [state, sites, entities, has, pending] = await Promise.all([
      support.stateOf(account.id),
      support.sitesOf(account.id),
      professional ? access.entitiesOf(account.id) : [],
      factors.of(account.id),
      resets.findOf(account.id),
    ]);
    const own = isSamePerson(account, administrator.account);
    const officials = await Promise.all(entities.map(({ clientId }) => resets.officialOf(clientId)));
    const seconds = entities.flatMap(({ clientId, name }, n) => [
      { value: clientId, label: say("console.reset.by-entity", { site: name }) },
      ...(officials[n]
        ? [
            {
              value: `official:${clientId}`,
              label: say("console.reset.by-official", { site: name, official: officials[n].name }),
            },
          ]
        : []),
    ]);
    const mine = typed?.kind === account.kind ? typed : undefined;
    return {
      kind: account.kind,
      name: nameOf(account),
      email: account.email,
      professional,
      own,
      state: stateWords(account, state, say),
      tone: account.deactivated || state?.mustRecoverSince ? "warn" : "ok",
      deactivated: account.deactivated !== null,
      createdAt: state?.createdAt ?? null,
      signedInOn: state?.signedInOn ?? null,
      sessions: state?.sessions ?? 0,
      sites,
      entities: entities.map(({ name }) => name).join(", "),
      factors: factorWords(has, say),
      throttle: say(heat.waitSeconds > 0 ? "console.support.throttle-wait" : "console.support.throttle", {
        count: heat.failures,
        seconds: heat.waitSeconds,
      }),
      mayReset: has.any && !own && !pending,
      pending: pending ?? null,
      seconds,
      reason: mine?.reason ?? "",
      second: mine?.second ?? "",
    };
  }

  async function siteOf(clientId: string) {
    const site = await clients.find(clientId);
    return site ? { clientId, origin: site.entity_origin } : null;
  }

  async function both(email: string): Promise<AccountRow[]> {
    const found = await Promise.all([
      accounts.findByEmail(email, "professional"),
      accounts.findByEmail(email, "personal"),
    ]);
    return found.filter((account) => account !== undefined);
  }
}

function wrong(name: string, message: string) {
  return { status: 422, errors: [{ name, message }], fields: [name] };
}

function nameOf({ givenName, familyName }: { givenName: string; familyName: string }): string {
  return `${givenName} ${familyName}`;
}

function stateWords(
  { deactivated }: AccountRow,
  state: { deletionDueAt: Date | null; mustRecoverSince: Date | null } | undefined,
  say: Desk["say"],
): string {
  if (deactivated) return say(`console.support.state.${deactivated}`);
  if (state?.mustRecoverSince) return say("console.support.state.disowned");
  return say(state?.deletionDueAt ? "console.support.state.leaving" : "console.support.state.open");
}

function factorWords(
  {
    passkeys,
    authenticator,
    codes,
    any,
  }: { passkeys: number; authenticator: boolean; codes: number; any: boolean },
  say: Desk["say"],
): string {
  const words = [
    passkeys > 0 ? say("console.factors.passkeys", { count: passkeys }) : null,
    authenticator ? say("console.factors.program") : null,
    codes > 0 ? say("console.factors.codes", { count: codes }) : null,
  ].filter((word) => word !== null);
  if (words.length > 0) return words.join(", ");
  return say(any ? "console.factors.used-up" : "console.factors.none");
}
