import { parisDay } from "@interco/kernel/calendar";
import { Problem } from "@interco/platform/problem";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import type { App, Deps } from "../deps.ts";
import { noteRequest } from "../requests/note-request.ts";
import { changeStatus, takeRequest, writeToCitizen } from "../requests/process-request.ts";
import { processingAgent } from "./desk.ts";
import { postedValues } from "./posted-values.ts";
import { showRequest } from "./request-page.ts";
import type { TypedAct } from "./typed-act.ts";
import { LIMITS, tooLong } from "./typed-limits.ts";

const NumberParams = Type.Object({ number: Type.String({ maxLength: 40 }) });
const Posted = Type.Object({}, { additionalProperties: true });
const FORM = { auth: "agent", csrf: "handled", formPage: "/backoffice/demandes/:number" } as const;

/** An act of a request's page. */
interface Act {
  form: string;
  check?: TypedAct["errors"];
  /** Does it; says what was done, for `?fait=`. */
  work: () => Promise<string>;
}

/** What an agent does with a request: take it, move it on, write to the citizen, note. Each posts, then shows the page again. */
export function registerActs(app: App, deps: Deps): void {
  const handle = (request: FastifyRequest, reply: FastifyReply, number: string, act: Act) =>
    doAct(deps, request, reply, number, act);

  app.post(
    "/backoffice/demandes/:number/prise-en-charge",
    { config: FORM, schema: { params: NumberParams } },
    (request, reply) => {
      const { number } = request.params;
      return handle(request, reply, number, {
        form: "take",
        work: async () => {
          await takeRequest(deps, processingAgent(request).author, number);
          return "taken";
        },
      });
    },
  );

  app.post(
    "/backoffice/demandes/:number/actions/:action",
    {
      config: FORM,
      schema: {
        params: Type.Object({
          number: Type.String({ maxLength: 40 }),
          action: Type.String({ maxLength: 60 }),
        }),
        body: Type.Optional(Posted),
      },
    },
    (request, reply) => {
      const { number, action } = request.params;
      const typed = postedValues(request);
      const field = (name: string) => typed[`${action}-${name}`] ?? "";
      const words = wordsOf(deps, request);
      return handle(request, reply, number, {
        form: action,
        check: [
          ...tooLong(`${action}-reason`, field("reason").trim(), LIMITS.reason, words),
          ...tooLong(`${action}-message`, field("message").trim(), LIMITS.text, words),
        ],
        work: async () => {
          await changeStatus(deps, processingAgent(request).author, number, {
            action,
            reason: field("reason").trim() || null,
            date: isoDate(field("date.day"), field("date.month"), field("date.year")),
            message: field("message").trim() || null,
          });
          return "status";
        },
      });
    },
  );

  app.post(
    "/backoffice/demandes/:number/message",
    { config: FORM, schema: { params: NumberParams, body: Posted } },
    (request, reply) => {
      const { number } = request.params;
      const message = (postedValues(request).message ?? "").trim();
      return handle(request, reply, number, {
        form: "message",
        check: message
          ? tooLong("message", message, LIMITS.text, wordsOf(deps, request))
          : [{ name: "message", message: say(deps, request, "backoffice.error.message") }],
        work: async () => {
          const { contact } = await writeToCitizen(deps, processingAgent(request).author, number, message);
          return contact?.email ? "message" : "message-follow";
        },
      });
    },
  );

  app.post(
    "/backoffice/demandes/:number/note",
    { config: FORM, schema: { params: NumberParams, body: Posted } },
    (request, reply) => {
      const { number } = request.params;
      const values = postedValues(request);
      const note = (values.note ?? "").trim();
      const shared = values.partagee === "true";
      return handle(request, reply, number, {
        form: "note",
        check: note
          ? tooLong("note", note, LIMITS.text, wordsOf(deps, request))
          : [{ name: "note", message: say(deps, request, "backoffice.error.note") }],
        work: async () => {
          await noteRequest(deps.db, processingAgent(request).author, number, note, shared);
          return shared ? "note-shared" : "note";
        },
      });
    },
  );
}

/** Does it and shows the page; what can't be done shows the page again, 422, with what was typed and why not. */
async function doAct(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  number: string,
  act: Act,
): Promise<FastifyReply> {
  const values = postedValues(request);
  const again = (errors: TypedAct["errors"], notice: string | null) =>
    showRequest(deps, request, reply, number, {
      typed: { form: act.form, values, errors },
      notice,
      status: 422,
    });
  if (request.csrfFailed) return again([], say(deps, request, "backoffice.error.expired"));
  if (act.check?.length) return again(act.check, null);
  let done: string;
  try {
    done = await act.work();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const wrong = fieldOf(act.form, error.code);
    const text = refusalWords(deps, request, error);
    return wrong ? again([{ name: wrong, message: text }], null) : again([], text);
  }
  return reply.redirect(`/backoffice/demandes/${encodeURIComponent(number)}?fait=${done}`, 303);
}

/** The field a refusal of the workflow is about. */
function fieldOf(form: string, code: string): string | null {
  if (code === "action.reason-missing") return `${form}-reason`;
  return code.startsWith("action.date-") ? `${form}-date` : null;
}

function refusalWords(deps: Deps, request: FastifyRequest, problem: Problem): string {
  // Somebody else moved it on between the page and the button.
  if (["request.unknown", "action.not-from-here", "action.unknown"].includes(problem.code))
    return say(deps, request, "backoffice.error.stale");
  return say(deps, request, `problem.${problem.code}.text`, problem.params);
}

const say = (deps: Deps, request: FastifyRequest, key: string, params?: Record<string, string | number>) =>
  deps.renderer.translate(request.lang, key, params);

const wordsOf =
  (deps: Deps, request: FastifyRequest) => (key: string, params?: Record<string, string | number>) =>
    say(deps, request, key, params);

/** A date typed in three boxes as an ISO day; what isn't one is left for the workflow to refuse. */
function isoDate(day: string, month: string, year: string): string | null {
  if (!day.trim() && !month.trim() && !year.trim()) return null;
  const full = year.trim() || parisDay(new Date()).slice(0, 4);
  return `${full}-${month.trim().padStart(2, "0")}-${day.trim().padStart(2, "0")}`;
}
