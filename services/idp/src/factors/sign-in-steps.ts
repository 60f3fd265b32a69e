import { hashToken } from "@interco/platform/secrets";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { AccountRow } from "../accounts/account-repository.ts";
import type { SignInJournal } from "../audit/sign-in-journal.ts";
import type { ThrottleRepository } from "../credentials/throttle-repository.ts";
import {
  addressIn,
  findInteraction,
  finishInteraction,
  type Interaction,
  isStepUp,
  signedIn,
} from "../interactions/interaction.ts";
import { typedEmail } from "../interactions/typed-email.ts";
import { ACR, type Amr, acrOf, needsSecondFactor } from "../provider/acr.ts";
import type { ProviderHost } from "../provider/provider-host.ts";
import type { FactorRepository } from "./factor-repository.ts";
import type { FactorStep, FactorStepRepository } from "./factor-step-repository.ts";

export interface SignInStepsParts {
  factors: FactorRepository;
  steps: FactorStepRepository;
  host: ProviderHost;
  journal: SignInJournal;
  throttle: ThrottleRepository;
  /** Told of each sign-in that ends, before its answer leaves: what its first factor left to be done once all was shown. */
  ending(request: FastifyRequest, interaction: Interaction, accountId: string): Promise<void>;
  /** Cookies go over https only. */
  secure: boolean;
}

/** A sign-in between its two factors, as this browser goes through it. */
export interface SignInStep extends FactorStep {
  key: Buffer;
  interaction: Interaction;
}

/**
 * The ways from a first factor to the end of a sign-in. What was shown is kept on this side, for the interaction whose cookie
 * this browser has: no address leads around the second one.
 */
export class SignInSteps {
  readonly #parts: SignInStepsParts;

  constructor(parts: SignInStepsParts) {
    this.#parts = parts;
  }

  /**
   * After a first factor that was right (a password where nothing else is said): the second one of who has one, the setting up
   * of one where it must be had, or the end.
   */
  async proceed(
    request: FastifyRequest,
    reply: FastifyReply,
    interaction: Interaction,
    account: AccountRow,
    amr: readonly Amr[] = ["pwd"],
  ) {
    const { factors, steps } = this.#parts;
    if (acrOf(amr) === ACR.multi) return this.finish(request, reply, interaction, account.id, amr);
    const has = (await factors.of(account.id)).any;
    if (!has && !needsSecondFactor(interaction.params, account.kind))
      return this.finish(request, reply, interaction, account.id, amr);
    await steps.begin(keyOf(interaction), account.id, amr);
    return reply.redirect(addressIn(interaction, has ? "/verification" : "/securiser"), 303);
  }

  /**
   * Where this browser's sign-in is. Undefined once the answer leads elsewhere: to the page that says the sign-in is gone, or
   * asks for the password again.
   */
  async find(request: FastifyRequest, reply: FastifyReply): Promise<SignInStep | undefined> {
    const { host, steps } = this.#parts;
    const interaction = await findInteraction(host, request, reply);
    const { uid } = request.params as { uid: string };
    const { site = "" } = request.query as { site?: string };
    if (!interaction) {
      reply.redirect(`/connexion/${uid}?${new URLSearchParams({ site })}`, 303);
      return undefined;
    }
    const key = keyOf(interaction);
    const step = (await steps.find(key)) ?? (await this.#stepUp(interaction, key));
    if (step) return { ...step, key, interaction };
    reply.redirect(addressIn(interaction), 303);
    return undefined;
  }

  /** Ends the sign-in, and says so in the journal. */
  async finish(
    request: FastifyRequest,
    reply: FastifyReply,
    interaction: Interaction,
    accountId: string,
    amr: readonly Amr[],
    signedInAt?: number,
  ) {
    const { steps, journal, throttle, host, secure, ending } = this.#parts;
    if (amr.length > 1) await steps.end(keyOf(interaction));
    await journal.add({
      kind: "signed_in",
      accountId,
      clientId: String(interaction.params.client_id),
      addressKey: throttle.attempt("", request.ip).network,
      detail: { amr: amr.join(" "), ...(signedInAt === undefined ? {} : { stepUp: true }) },
    });
    await ending(request, interaction, accountId);
    typedEmail.forget(request, reply, secure);
    return finishInteraction(host, request, reply, signedIn(accountId, amr, signedInAt));
  }

  /** Somebody is signed in, and only a second factor lacks: what they showed then counts. */
  async #stepUp(interaction: Interaction, key: Buffer): Promise<FactorStep | undefined> {
    const { accountId, uid, amr } = interaction.session ?? {};
    if (!isStepUp(interaction) || !accountId || !uid) return undefined;
    const { host, steps } = this.#parts;
    const session = await host.provider.Session.findByUid(uid);
    if (session?.accountId !== accountId) return undefined;
    await steps.begin(key, accountId, (amr as Amr[] | undefined) ?? ["pwd"], session.loginTs as number);
    return steps.find(key);
  }
}

/** An interaction's uid is what its cookie holds: the table has its hash. */
export function keyOf({ uid }: Interaction): Buffer {
  return hashToken(`interaction:${uid}`);
}
