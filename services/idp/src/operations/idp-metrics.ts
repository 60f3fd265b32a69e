import { Counter, type Registry, showLevel } from "@interco/platform/metrics";
import type { JournalWatch } from "../audit/journal-watch.ts";
import type { PasswordHasher } from "../credentials/password-hash.ts";
import type { LogoutDeliveryRepository } from "../logout/logout-delivery-repository.ts";
import type { MailRepository } from "../mail/mail-repository.ts";

export interface Measured {
  deliveries: LogoutDeliveryRepository;
  watch: JournalWatch;
  hasher: PasswordHasher;
  mails: MailRepository;
}

/** The provider's own metrics: what waits or is broken is read when asked, outcomes are counted by who causes them. */
export function idpMetrics(registry: Registry, { deliveries, watch, hasher, mails }: Measured) {
  const level = (name: string, help: string, read: () => number | Promise<number>) =>
    showLevel(registry, { name, help, read: async () => [{ value: await read() }] });
  level("idp_logout_deliveries_waiting", "Back-channel logouts a site has not heard of yet", () =>
    deliveries.waiting(),
  );
  level(
    "idp_journal_broken",
    "1 where a line of the sign-in journal isn't as it was written (command check-journal names it)",
    () => (watch.broken ? 1 : 0),
  );
  level("idp_password_hashes_waiting", "Password checks waiting for a core", () => hasher.waiting);
  level("idp_mails_waiting", "Mails the mail server has not taken yet", () => mails.waiting());
  const outcomes = (name: string, help: string) => {
    const counter = new Counter({ name, help, labelNames: ["outcome"], registers: [registry] });
    return (outcome: string) => counter.inc({ outcome });
  };
  return {
    logout: outcomes("idp_logout_deliveries_total", "Back-channel logouts, by outcome"),
    mail: outcomes("idp_mails_total", "Mails, by outcome of each attempt"),
    signIn: outcomes("idp_sign_ins_total", "Sign-ins with a password, by outcome"),
  };
}
