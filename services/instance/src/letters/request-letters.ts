import { type CompiledProcedure, getStatus } from "@interco/kernel/procedure";
import { placeLabel } from "@interco/kernel/request-title";
import { showTrackingCode } from "@interco/kernel/tracking-code";
import { dateInWords, dateTimeInWords, daysInWords } from "@interco/kernel/words";
import type { Deps } from "../deps.ts";
import { silenceOf } from "../requests/pauses.ts";
import type { Request, TimelineEntry } from "../requests/request.ts";
import type { Entity } from "../sites/entity.ts";
import type { LetterDraft } from "./letter-writer.ts";

export interface LetterSubject {
  request: Request;
  procedure: CompiledProcedure;
  /** Name of the team that deals with it; empty where none is known. */
  service: string;
}

/** A letter of many requests names so many. */
const NAMED = 10;

type Words = (key: string, params?: Record<string, string | number>) => string;

/** The letters of a request, in its citizen's language and in the name of who is in charge. */
export class RequestLetters {
  readonly #deps: Pick<Deps, "renderer" | "territory" | "sites">;

  constructor(deps: Pick<Deps, "renderer" | "territory" | "sites">) {
    this.#deps = deps;
  }

  /**
   * The registration notice, at once; when who is in charge is known it is the full acknowledgement besides (CRPA L112-3, L112-11,
   * R112-5: date of receipt, service in charge with its address, e-mail and phone, and what silence means where a decision is
   * called for).
   */
  filed(subject: LetterSubject, jobKey: string, trackingCode: string): LetterDraft | null {
    const { request } = subject;
    const t = this.#words(request.lang);
    const known = request.inCharge !== null;
    const facts = [
      { term: t("letters.fact.number"), text: request.number },
      { term: t("letters.fact.tracking"), text: showTrackingCode(trackingCode) },
      ...this.#facts(subject, t),
    ];
    return this.#toCitizen(request, {
      jobKey,
      kind: known ? "acknowledgement" : "registration",
      subject: t("letters.filed.subject", { number: request.number }),
      paragraphs: [
        t("letters.filed.text", { title: request.title[request.lang] }),
        known ? this.#inCharge(subject, t) : t("letters.filed.triage"),
        ...this.#silence(subject, [], t),
      ],
      facts,
      secrets: [showTrackingCode(trackingCode), trackingCode],
    });
  }

  /** Who is in charge is known at last, or has changed: the author is told (CRPA L114-2), once. */
  transferred(
    subject: LetterSubject,
    jobKey: string,
    entry: TimelineEntry,
    timeline: readonly TimelineEntry[],
    fromTriage: boolean,
  ): LetterDraft | null {
    const { request } = subject;
    const t = this.#words(request.lang);
    return this.#toCitizen(request, {
      jobKey,
      kind: fromTriage ? "acknowledgement" : "forwarded",
      subject: t(fromTriage ? "letters.dispatched.subject" : "letters.forwarded.subject", {
        number: request.number,
      }),
      paragraphs: [
        t(fromTriage ? "letters.dispatched.text" : "letters.forwarded.text", {
          title: request.title[request.lang],
          from: entry.details.from?.name ?? "",
        }),
        this.#inCharge(subject, t),
        ...this.#silence(subject, timeline, t),
      ],
      facts: [{ term: t("letters.fact.number"), text: request.number }, ...this.#facts(subject, t)],
    });
  }

  /**
   * The status changed, or an agent wrote: one mail says both. `settled` is the token with which the mail of a closing asks
   * whether it is settled; null where that isn't asked.
   */
  told(
    { request, procedure }: LetterSubject,
    jobKey: string,
    entries: readonly TimelineEntry[],
    settled: string | null,
  ): LetterDraft | null {
    const t = this.#words(request.lang);
    const status = entries.find((entry) => entry.kind === "status" || entry.kind === "taken");
    const message = entries.find((entry) => entry.kind === "message");
    const now = status?.details.status ? getStatus(procedure.definition, status.details.status) : null;
    const paragraphs = [
      t("letters.told.about", { title: request.title[request.lang] }),
      ...(now ? [now.citizenText[request.lang]] : []),
      ...(status?.details.plannedFor
        ? [t("letters.told.planned", { day: dateInWords(status.details.plannedFor, request.lang) })]
        : []),
      ...(status?.body ? [t("letters.told.reason", { reason: status.body })] : []),
      ...(message ? [t("letters.told.message", { name: this.#sender(request).fullName })] : []),
    ];
    return this.#toCitizen(request, {
      jobKey,
      kind: now ? "status" : "message",
      subject: now
        ? t("letters.told.subject-status", { status: now.label[request.lang], number: request.number })
        : t("letters.told.subject-message", { number: request.number }),
      paragraphs,
      quote: message?.body ?? null,
      facts: [{ term: t("letters.fact.number"), text: request.number }],
      // Asked by the news of the closing, not again by each message after it.
      ...(settled && now ? { question: this.#settled(request, settled, t), secrets: [settled] } : {}),
    });
  }

  /** What leaves for a partner, or a commune without a site: all it needs to act, and how to reach the author. */
  toPartner(
    { request, procedure }: LetterSubject,
    jobKey: string,
    partner: Entity,
    facts: { term: string; text: string }[],
  ): LetterDraft | null {
    const to = partner.contact.email;
    if (!to) return null;
    const t = this.#words("fr");
    const owner = this.#deps.territory.getById(request.entity);
    return {
      jobKey,
      entity: request.entity,
      sender: owner,
      requestId: request.id,
      kind: "partner",
      to,
      lang: "fr",
      screen: "letters/letter",
      subject: t("letters.partner.subject", { number: request.number, title: request.title.fr }),
      context: {
        paragraphs: [
          t("letters.partner.text", { owner: owner.fullName, procedure: procedure.definition.title.fr }),
        ],
        quote: null,
        facts: [
          { term: t("letters.fact.number"), text: request.number },
          { term: t("letters.fact.received"), text: dateTimeInWords(request.receivedAt, "fr") },
          ...facts,
        ],
        button: null,
        question: null,
      },
    };
  }

  /** To an agent or a team: a request waits for them. Nothing of the citizen is in it: the link leads where they may read it. */
  toAgents(
    request: Request,
    jobKey: string,
    kind: "triage" | "triage-alert" | "new" | "citizen-wrote",
    to: string,
  ): LetterDraft {
    const t = this.#words("fr");
    const origin = this.#deps.sites.getByEntity(request.entity).origin;
    return {
      jobKey,
      entity: request.entity,
      sender: this.#sender(request),
      requestId: request.id,
      kind: `agents-${kind}`,
      to,
      lang: "fr",
      screen: "letters/letter",
      subject: t(`letters.agents.${kind}.subject`, { title: request.title.fr }),
      context: {
        paragraphs: [t(`letters.agents.${kind}.text`)],
        quote: null,
        facts: [
          { term: t("letters.fact.number"), text: request.number },
          { term: t("letters.fact.received"), text: dateTimeInWords(request.receivedAt, "fr") },
        ],
        question: null,
        // Its reader may act for several entities there: the page opens for the one the letter is written to.
        button: {
          href: `${origin}/backoffice/demandes/${request.number}?entite=${this.#deskOf(request)}`,
          text: t("letters.agents.open"),
        },
      },
    };
  }

  /** To a team, or to an entity without one (`code` empty): several requests have arrived since it was last told. The first ones are named, the list has them all. */
  toTeam(
    requests: readonly Request[],
    jobKey: string,
    team: { entity: string; code: string; name: string; email: string },
  ): LetterDraft {
    const t = this.#words("fr");
    const entity = this.#deps.territory.getById(team.entity);
    const [first] = requests;
    if (!first) throw new Error("a letter tells of something");
    const left = requests.length - NAMED;
    const context = {
      paragraphs: [
        t("letters.agents.new-many.text", { count: requests.length }),
        ...(left > 0 ? [t("letters.agents.new-many.first", { count: NAMED })] : []),
      ],
      quote: null,
      question: null,
      facts: requests.slice(0, NAMED).map(({ number, title }) => ({ term: number, text: title.fr })),
      button: {
        href: `${entity.siteUrl ?? ""}backoffice/demandes?file=a-traiter${team.code ? `&equipe=${encodeURIComponent(team.code)}` : ""}&entite=${team.entity}`,
        text: t("letters.agents.new-many.open"),
      },
    };
    return {
      jobKey,
      entity: first.entity,
      sender: entity,
      requestId: null,
      kind: "agents-new-many",
      to: team.email,
      lang: "fr",
      screen: "letters/letter",
      subject: t("letters.agents.new-many.subject", { count: requests.length, team: team.name }),
      context,
      keptContext: { ...context, facts: [] },
    };
  }

  #toCitizen(
    request: Request,
    letter: {
      jobKey: string;
      kind: string;
      subject: string;
      paragraphs: string[];
      quote?: string | null;
      facts: { term: string; text: string }[];
      question?: { title: string; answers: { href: string; text: string }[] };
      secrets?: string[];
    },
  ): LetterDraft | null {
    const to = request.contact?.email;
    if (!to) return null;
    const origin = this.#deps.sites.getByEntity(request.entity).origin;
    const { jobKey, kind, subject, secrets } = letter;
    const path = request.citizenSub ? `/demandes/${request.number}` : `/suivi?numero=${request.number}`;
    const button = { href: `${origin}${path}`, text: this.#words(request.lang)("letters.follow") };
    const context = {
      paragraphs: letter.paragraphs,
      quote: letter.quote ?? null,
      facts: letter.facts,
      button,
      question: letter.question ?? null,
    };
    return {
      jobKey,
      entity: request.entity,
      sender: this.#sender(request),
      requestId: request.id,
      kind,
      to,
      lang: request.lang,
      screen: "letters/letter",
      subject,
      context,
      ...(secrets ? { secrets } : {}),
    };
  }

  /** Mail wears the entity in charge; the owner's colours in triage, and for a partner, which answers by itself. */
  #sender(request: Request): Entity {
    const inCharge = request.inCharge ? this.#deps.territory.findById(request.inCharge) : undefined;
    return inCharge?.siteUrl ? inCharge : this.#deps.territory.getById(request.entity);
  }

  /** The entity whose agents process it: the owner's in triage, and for a partner. */
  #deskOf(request: Request): string {
    return this.#sender(request).id;
  }

  #inCharge({ request, service }: LetterSubject, t: Words): string {
    const entity = this.#deps.territory.getById(request.inCharge ?? request.entity);
    const { phone, email, address, postalCode, city } = entity.contact;
    const where = [address, [postalCode, city].filter(Boolean).join(" ")].filter(Boolean).join(", ");
    const key = entity.siteUrl ? "letters.in-charge" : "letters.in-charge-partner";
    return t(key, {
      name: [entity.fullName, service].filter(Boolean).join(", "),
      how: [where, phone, email].filter(Boolean).join(" – "),
    });
  }

  /** "Est-ce réglé ?": two answers, each a link that needs no account. */
  #settled(request: Request, token: string, t: Words) {
    const { origin } = this.#deps.sites.getByEntity(request.entity);
    const href = (answer: string) =>
      `${origin}/demandes/${request.number}/avis?regle=${answer}&jeton=${token}`;
    return {
      title: t("letters.settled.title"),
      answers: [
        { href: href("oui"), text: t("letters.settled.yes") },
        { href: href("non"), text: t("letters.settled.no") },
      ],
    };
  }

  #facts({ request, procedure }: LetterSubject, t: Words) {
    const { lang } = request;
    const place = request.place
      ? placeLabel(request.place, (code) => this.#deps.territory.findByCode(code)?.name)[lang]
      : null;
    const delay = procedure.definition.decision.kind === "report" && request.deadline && request.deadlineDays;
    return [
      { term: t("letters.fact.received"), text: dateTimeInWords(request.receivedAt, lang) },
      ...(place ? [{ term: t("letters.fact.place"), text: place }] : []),
      ...(delay && request.deadline
        ? [
            {
              term: t("letters.fact.deadline"),
              text: `${daysInWords(delay, lang, "working-days")} (${dateInWords(request.deadline, lang)})`,
            },
          ]
        : []),
    ];
  }

  #silence({ request, procedure }: LetterSubject, timeline: readonly TimelineEntry[], t: Words): string[] {
    const { decision } = procedure.definition;
    const means = silenceOf(request, procedure.definition, timeline);
    if (!means || decision.kind !== "decision") return [];
    const day = dateInWords(means.day, request.lang);
    const appeal = means.means === "refusal" && decision.appeal ? [decision.appeal[request.lang]] : [];
    return [t(`letters.silence.${means.means}`, { day, basis: decision.basis[request.lang] }), ...appeal];
  }

  #words(lang: "fr" | "en"): Words {
    return (key, params) => this.#deps.renderer.translate(lang, key, params);
  }
}
