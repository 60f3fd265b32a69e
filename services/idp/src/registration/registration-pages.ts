import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import type { ClientRepository } from "../clients/client-repository.ts";
import { PASSWORD_LENGTH } from "../credentials/password-length.ts";
import { answerPage, requestLanguage } from "../interactions/answer-page.ts";
import type { Pages } from "../interactions/page.ts";
import { type SiteView, viewOf } from "../interactions/site-view.ts";
import type { ProviderHost } from "../provider/provider-host.ts";
import type { Typed } from "./registration-form.ts";
import type { Registration } from "./registration-repository.ts";

/** Where one comes from, on every page of a registration. */
export const WayQuery = Type.Object({
  /** The sign-in it was begun from. It becomes part of an address. */
  uid: Type.Optional(Type.String({ pattern: "^[\\w-]{1,64}$" })),
  site: Type.Optional(Type.String({ maxLength: 64 })),
  lang: Type.Optional(Type.String({ maxLength: 10 })),
});

export interface RegistrationPagesParts {
  clients: ClientRepository;
  host: ProviderHost;
  pages: Pages;
  /** Where one identifies oneself without choosing a password, who comes from no site; null where nobody offers it. */
  identify: string | null;
  /** Cookies go over https only. */
  secure: boolean;
}

interface Site extends SiteView {
  clientId: string;
}

interface FormState {
  status: number;
  errors?: { name?: string; message: string }[];
  /** The password is shown as it is typed. */
  visible?: boolean;
}

/** What a registration shows, in the colours of the site it was begun from. */
export class RegistrationPages {
  readonly #parts: RegistrationPagesParts;

  constructor(parts: RegistrationPagesParts) {
    this.#parts = parts;
  }

  say(request: FastifyRequest, key: string, params: Record<string, unknown> = {}): string {
    return this.#parts.pages.translate(requestLanguage(request), key, params);
  }

  /** The site one comes from. */
  async siteOf(request: FastifyRequest): Promise<Site | null> {
    const { site } = request.query as { site?: string };
    const client = site ? await this.#parts.host.findClient(site) : undefined;
    return client
      ? { clientId: client.clientId, ...viewOf(client, this.#parts.pages, requestLanguage(request)) }
      : null;
  }

  form(
    request: FastifyRequest,
    reply: FastifyReply,
    { email, givenName, familyName }: Typed,
    state: FormState,
  ) {
    const { errors = [], visible = false } = state;
    const context = {
      email,
      givenName,
      familyName,
      visible,
      identify: this.#parts.identify,
      ...faulty(errors),
    };
    return this.#show(request, reply, "form", context, state.status);
  }

  sent(
    request: FastifyRequest,
    reply: FastifyReply,
    { email }: Registration,
    status: number,
    error: string | null = null,
  ) {
    const errors = error ? [{ name: "code", message: error }] : [];
    return this.#show(request, reply, "sent", { email, error, errors, wrong: errors.length > 0 }, status);
  }

  confirm(
    request: FastifyRequest,
    reply: FastifyReply,
    { email, givenName, familyName }: Typed,
    state: FormState & { elsewhere: boolean },
  ) {
    const { elsewhere, errors = [], visible = false } = state;
    const context = { email, givenName, familyName, elsewhere, visible, ...faulty(errors) };
    return this.#show(request, reply, "confirm", context, state.status);
  }

  async created(request: FastifyRequest, reply: FastifyReply) {
    return this.#show(request, reply, "created", { sites: await this.#sitesOf(request) }, 200);
  }

  /** The same page for a link that is old, was used, or never was: it says what to do, and nothing of anybody. */
  async stopped(request: FastifyRequest, reply: FastifyReply, kind: "expired" | "tries" | "known") {
    return this.#show(request, reply, "stopped", { kind, sites: await this.#sitesOf(request) }, 400);
  }

  /** Every site, where none is known to go on to. */
  async #sitesOf(request: FastifyRequest) {
    return (await this.siteOf(request)) ? [] : await this.#parts.clients.listSites();
  }

  async #show(request: FastifyRequest, reply: FastifyReply, screen: string, context: object, status: number) {
    const site = await this.siteOf(request);
    return answerPage(
      this.#parts,
      request,
      reply,
      `registration/${screen}`,
      {
        again: `/inscription${way(request)}`,
        passwordHint: this.say(request, "credentials.password.hint", PASSWORD_LENGTH),
        ...context,
      },
      { status, site },
    );
  }
}

/** Errors for the summary, and for beside each field. */
function faulty(errors: { name?: string; message: string }[]) {
  const faults = Object.fromEntries(
    ["email", "givenName", "familyName", "password"].map((name) => [
      name,
      errors.find((error) => error.name === name)?.message ?? null,
    ]),
  );
  return { errors, faults, wrong: errors.length > 0 };
}

/** What is said of where one comes from, for the next address. */
export function way(request: FastifyRequest): string {
  const { uid, site } = request.query as { uid?: string; site?: string };
  const said = new URLSearchParams({ ...(uid ? { uid } : {}), ...(site ? { site } : {}) });
  return said.size > 0 ? `?${said}` : "";
}
