import type { App } from "@interco/platform/http";
import type { Logger } from "@interco/platform/log";
import type { Pool } from "pg";
import type { SignInJournal } from "../audit/sign-in-journal.ts";
import type { ThrottleRepository } from "../credentials/throttle-repository.ts";
import type { Proceed } from "../interactions/interaction.ts";
import type { Pages } from "../interactions/page.ts";
import type { EndSessions } from "../logout/end-sessions.ts";
import type { AccountOwners } from "../my-account/account-owner.ts";
import type { TellChange } from "../my-account/tell-change.ts";
import { removing } from "../operations/maintenance.ts";
import type { ProviderHost } from "../provider/provider-host.ts";
import { FactorRepository } from "./factor-repository.ts";
import { FactorStepRepository } from "./factor-step-repository.ts";
import { myFactorsRoutes } from "./my-factors-routes.ts";
import { Passkeys } from "./passkeys.ts";
import { secondStepRoutes } from "./second-step-routes.ts";
import { giveProgram } from "./set-up.ts";
import { signInSetUpRoutes } from "./sign-in-set-up-routes.ts";
import { SignInSteps, type SignInStepsParts } from "./sign-in-steps.ts";
import { factorTeller } from "./tell-factor.ts";

export interface FactorAreaParts {
  pool: Pool;
  issuer: string;
  serviceName: string;
  keys: { passkeyUsers: Buffer; factors: Buffer; printedCodes: Buffer };
  host: ProviderHost;
  journal: SignInJournal;
  throttle: ThrottleRepository;
  pages: Pages;
  endSessions: EndSessions;
  owners: AccountOwners;
  tellChange: TellChange;
  ending: SignInStepsParts["ending"];
  log: Logger;
  secure: boolean;
}

/** Wires second factors, and the steps every way in ends through. */
export function factorArea(area: FactorAreaParts) {
  const { pool, keys, issuer, serviceName, log } = area;
  const factors = new FactorRepository(pool);
  const steps = new FactorStepRepository(pool);
  const signInSteps = new SignInSteps({ ...area, factors, steps });
  const proceed: Proceed = (...asked) => signInSteps.proceed(...asked);
  const passkeys = new Passkeys({
    factors,
    issuer,
    serviceName,
    userKey: keys.passkeyUsers,
    refused: (err) => log.info({ err }, "a passkey's answer was refused"),
  });
  const parts = {
    ...area,
    factors,
    steps,
    signInSteps,
    passkeys,
    sealingKey: keys.factors,
    printedKey: keys.printedCodes,
  };
  return {
    parts,
    proceed,
    giveProgram: (accountId: string, secret: string) => giveProgram(parts, accountId, secret),
    chores: [removing("second factors", 60_000, (n) => steps.removeExpired(n))],
    routes(app: App): void {
      const tellFactor = factorTeller(area);
      secondStepRoutes(app, parts);
      signInSetUpRoutes(app, { ...parts, tellFactor });
      myFactorsRoutes(app, { ...parts, tellFactor });
    },
  };
}
