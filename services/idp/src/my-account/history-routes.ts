import type { App } from "@interco/platform/http";
import { Type } from "typebox";
import type { OwnHistoryRepository } from "../audit/own-history-repository.ts";
import type { SignInEvent } from "../audit/sign-in-journal.ts";
import type { ClientRepository } from "../clients/client-repository.ts";
import { OWN_CLIENT } from "../clients/own-client.ts";
import type { ThrottleRepository } from "../credentials/throttle-repository.ts";
import type { AccountOwners } from "./account-owner.ts";
import type { AccountPages } from "./account-pages.ts";

const Query = Type.Object({
  lang: Type.Optional(Type.String({ maxLength: 10 })),
  /** The line this page begins behind. */
  avant: Type.Optional(Type.String({ pattern: "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" })),
});
const PAGE = 30;

/** What a person is told of each kind of line; null where it isn't about an account, or is told by another line. */
const WORDS: Record<SignInEvent["kind"], string | null> = {
  signed_in: "my-account.history.signed-in",
  refused: "my-account.history.refused",
  delayed: null,
  signed_out: "my-account.history.signed-out",
  account_created: "my-account.history.created",
  site_registered: null,
  sessions_ended: "my-account.history.sessions-ended",
  names_changed: "my-account.history.names",
  email_changed: "my-account.history.email",
  password_changed: "my-account.history.password",
  second_factor_refused: "factors.history.refused",
  factor_added: "factors.history.added",
  factor_renamed: null,
  factor_removed: "factors.history.removed",
  recovery_asked: "recovery.history.asked",
  disowned: "my-account.history.disowned",
  data_exported: "my-account.history.exported",
  deletion_asked: "my-account.history.deletion",
  deletion_cancelled: "my-account.history.kept",
  warned_of_inactivity: "my-account.history.warned",
  account_erased: null,
  account_deactivated: "my-account.history.deactivated",
  account_reactivated: "my-account.history.reactivated",
  agent_invited: null,
  agent_departed: null,
  upstream_arrived: null,
  upstream_linked: "my-account.history.linked",
  upstream_refused: null,
  upstream_unlinked: "upstreams.history.unlinked",
  site_changed: null,
  site_removed: null,
  code_reused: null,
  token_reused: null,
  consent_given: "my-account.history.consented",
  consent_refused: "my-account.history.declined",
  consent_withdrawn: "consent.history.withdrawn",
  administrator_named: null,
  administrator_dismissed: null,
  official_named: null,
  journal_searched: "console.history.seen",
  account_looked_at: "console.history.seen",
  mail_sent_again: "console.history.mail-again",
  logouts_tried_again: null,
  factor_reset_asked: "console.history.reset-asked",
  factor_reset_refused: "console.history.reset-ended",
  factor_reset_stopped: "console.history.reset-ended",
  factors_reset: "console.history.reset",
};
const DOUBTFUL: readonly SignInEvent["kind"][] = ["refused", "second_factor_refused"];

export interface HistoryRouteParts {
  owners: AccountOwners;
  pages: AccountPages;
  history: OwnHistoryRepository;
  clients: ClientRepository;
  throttle: ThrottleRepository;
}

/** What the journal holds of a person, to that person. */
export function historyRoutes(app: App, parts: HistoryRouteParts): void {
  const { owners, pages, history, clients, throttle } = parts;

  app.get(
    "/compte/historique",
    { config: { auth: "public" }, schema: { querystring: Query } },
    async (request, reply) => {
      const owner = await owners.ownerOf(request, reply);
      if (!owner) return reply;
      const found = await history.lines(owner.account.id, PAGE + 1, request.query.avant);
      const names = new Map((await clients.list()).map(({ clientId, name }) => [clientId, name]));
      const here = throttle.attempt("", request.ip).network;
      const lines = found.slice(0, PAGE).flatMap(({ at, kind, clientId, addressKey }) => {
        const key = WORDS[kind];
        if (!key) return [];
        return {
          at,
          text: pages.say(request, key),
          doubtful: DOUBTFUL.includes(kind),
          site:
            clientId === OWN_CLIENT
              ? pages.say(request, "my-account.title")
              : (names.get(clientId ?? "") ?? null),
          network: addressKey ? (addressKey.equals(here) ? "here" : "elsewhere") : null,
        };
      });
      const older = found.length > PAGE ? `/compte/historique?avant=${found[PAGE - 1]?.id}` : null;
      return pages.show(request, reply, "history", { lines, older });
    },
  );
}
