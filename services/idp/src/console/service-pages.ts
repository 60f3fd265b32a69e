import type { App } from "@interco/platform/http";
import { showDate } from "@interco/ui/dates";
import { Type } from "typebox";
import type { JournalWatch } from "../audit/journal-watch.ts";
import type { SignInJournal } from "../audit/sign-in-journal.ts";
import type { ClientRepository } from "../clients/client-repository.ts";
import { requestLanguage } from "../interactions/answer-page.ts";
import type { KeyState, SigningKeyRepository } from "../keys/signing-key-repository.ts";
import type { LogoutDeliveryRepository } from "../logout/logout-delivery-repository.ts";
import type { LogoutQueue } from "../logout/logout-queue.ts";
import type { MailRepository } from "../mail/mail-repository.ts";
import { redirectUri } from "../upstreams/come-back.ts";
import type { Upstream } from "../upstreams/upstream.ts";
import { CONSOLE, type ConsoleParts, Csrf, consoleDesk, type Desk } from "./console-page.ts";

export interface ServicePagesParts extends ConsoleParts {
  issuer: string;
  upstreams: readonly Upstream[];
  clients: ClientRepository;
  signingKeys: SigningKeyRepository;
  deliveries: LogoutDeliveryRepository;
  logouts: LogoutQueue;
  mails: MailRepository;
  journal: SignInJournal;
  watch: JournalWatch;
  /** Second factors somebody must say yes or no to. */
  resetsWaiting(): Promise<number>;
}

/** A key that has signed for longer than this should make way for the next one. */
const KEY_OLD_DAYS = 180;
const DAY_MS = 24 * 60 * 60 * 1000;

const Retry = Type.Object({ site: Type.String({ maxLength: 64 }), _csrf: Csrf });

/** How the service itself is: what needs somebody, which sites there are, which keys sign, which sign-outs didn't arrive. */
export function servicePages(app: App, parts: ServicePagesParts): void {
  const { issuer, upstreams, clients, signingKeys, deliveries, logouts, mails, journal, watch } = parts;
  const desk = consoleDesk(app, parts);

  desk.page("", async ({ show, say, administrator }) => {
    const [failing, givenUp, keys, resets] = await Promise.all([
      deliveries.failing(),
      mails.givenUp(),
      signingKeys.list(),
      parts.resetsWaiting(),
    ]);
    const oldest = Math.max(0, ...keys.filter(({ state }) => state === "current").map(ageDays));
    const { state } = watch;
    const lost = givenUp.reduce((sum, { mails }) => sum + mails, 0);
    const waiting = failing.reduce((sum, { waiting }) => sum + waiting, 0);
    const alerts = [
      state && "broken" in state
        ? { tone: "danger", text: say("console.home.journal-broken", { seq: state.broken.seq }) }
        : null,
      failing.length > 0
        ? {
            tone: "warn",
            text: say("console.home.deliveries", { count: waiting }),
            href: `${CONSOLE}/deconnexions`,
            link: say("console.home.see"),
          }
        : null,
      lost > 0
        ? {
            tone: "warn",
            text: say("console.home.mails", {
              count: lost,
              kinds: givenUp.map(({ kind }) => kind.replaceAll("_", " ")).join(", "),
            }),
          }
        : null,
      oldest > KEY_OLD_DAYS
        ? {
            tone: "warn",
            text: say("console.home.keys", { days: oldest }),
            href: `${CONSOLE}/cles`,
            link: say("console.home.see"),
          }
        : null,
      resets > 0
        ? {
            tone: "info",
            text: say("console.home.resets", { count: resets }),
            href: `${CONSOLE}/reinitialisations`,
            link: say("console.home.see"),
          }
        : null,
    ].filter((one) => one !== null);
    const { givenName, familyName } = administrator.account;
    return show("home", {
      name: `${givenName} ${familyName}`,
      alerts,
      journal: journalWords(watch, say),
      menu: MENU.map(([page, key, icon]) => ({ href: `${CONSOLE}/${page}`, key: `console.${key}`, icon })),
    });
  });

  desk.page("/sites", async ({ show }) => {
    const sites = (await clients.registered()).map(({ metadata, createdAt, updatedAt }) => ({
      name: metadata.entity_name,
      kind: metadata.entity_kind,
      entity: metadata.entity,
      origin: metadata.entity_origin,
      addresses: addressesOf(metadata),
      method: String(metadata.token_endpoint_auth_method ?? ""),
      createdAt,
      updatedAt,
    }));
    return show("sites", { sites });
  });

  desk.page("/fournisseurs", async ({ show, say }) => {
    const names = new Map((await clients.list()).map(({ clientId, name }) => [clientId, name]));
    const sitesOf = ({ clients, onlyFor }: Upstream) => {
      const entities = onlyFor ? [onlyFor] : [...clients.keys()];
      if (entities.includes("")) return say("console.upstreams.sites.all");
      const named = entities.flatMap((entity) => names.get(entity) ?? []);
      return named.join(", ") || say("console.upstreams.sites.none");
    };
    const shown = upstreams.map((upstream) => ({
      name: upstream.name,
      accounts: upstream.accounts,
      issuer: upstream.issuer,
      redirectUri: redirectUri(issuer, upstream.id),
      sites: sitesOf(upstream),
    }));
    return show("upstreams", { upstreams: shown });
  });

  desk.page("/cles", async ({ show }) => {
    const keys = (await signingKeys.list()).map((key) => ({
      kid: key.kid,
      alg: key.alg,
      state: key.state as KeyState,
      since: key.changedAt,
      days: ageDays(key),
      old: key.state === "current" && ageDays(key) > KEY_OLD_DAYS,
    }));
    return show("keys", { keys, oldDays: KEY_OLD_DAYS });
  });

  desk.page("/deconnexions", (at) => showDeliveries(at));

  desk.form<{ site: string }>("/deconnexions", { recent: true, body: Retry }, async (at, { site }) => {
    const tried = await deliveries.retryNow(site);
    if (tried > 0) {
      await journal.add({
        kind: "logouts_tried_again",
        clientId: site,
        detail: { by: at.administrator.account.id, deliveries: tried },
      });
      logouts.wake();
    }
    return at.reply.redirect(`${CONSOLE}/deconnexions?fait=repris`, 303);
  });

  async function showDeliveries({ request, show, say }: Desk) {
    const sites = (await deliveries.failing()).map((one) => ({
      ...one,
      name: one.site ?? one.clientId,
      next: one.next && showDate(one.next, "full", requestLanguage(request), new Date()),
    }));
    const done = (request.query as { fait?: string }).fait === "repris" ? say("console.logouts.again") : null;
    return show("logouts", { sites, done });
  }
}

const MENU: readonly [string, string, string][] = [
  ["comptes", "support", "person"],
  ["journal", "journal", "search"],
  ["reinitialisations", "resets", "lock"],
  ["sites", "sites", "globe"],
  ["deconnexions", "logouts", "out"],
  ["cles", "keys", "key"],
  ["fournisseurs", "upstreams", "share"],
];

/** What the journal's chain is like, in a sentence. */
export function journalWords(watch: JournalWatch, say: Desk["say"]): { text: string; tone: string } {
  const { state } = watch;
  if (!state) return { text: say("console.journal-state.unknown"), tone: "info" };
  if ("broken" in state)
    return {
      text: say(`console.journal-state.${state.broken.why}`, { seq: state.broken.seq }),
      tone: "danger",
    };
  const { seq, hash } = state.head;
  const head = `${hash.toString("hex").slice(0, 16)}…`;
  return { text: say("console.journal-state.whole", { seq, head }), tone: "ok" };
}

function ageDays({ changedAt }: { changedAt: Date }): number {
  return Math.floor((Date.now() - changedAt.getTime()) / DAY_MS);
}

/** Where a site's registration lets the provider send somebody, or speak to it. */
function addressesOf(metadata: Record<string, unknown>): string[] {
  return ["redirect_uris", "post_logout_redirect_uris", "backchannel_logout_uri"].flatMap((name) =>
    [metadata[name] ?? []].flat().map(String),
  );
}
