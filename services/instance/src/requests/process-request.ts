import { parisDay } from "@interco/kernel/calendar";
import { getStatus } from "@interco/kernel/procedure";
import { applyAction } from "@interco/kernel/workflow";
import { Problem } from "@interco/platform/problem";
import type { Author } from "../audit/author.ts";
import { type ChangeDeps, changeRequest } from "./change-request.ts";
import type { Request } from "./request.ts";
import { timelineEntry } from "./timeline.ts";

/** "Je m'en occupe": the agent takes the request; its status moves on where the workflow has an action "take". */
export function takeRequest(deps: ChangeDeps, author: Author, number: string): Promise<Request> {
  return changeRequest(deps, author, number, (request, procedure) => {
    if (request.assignee === author.agentId) throw new Problem("request.already-yours", { status: 409 });
    const taking = procedure.definition.workflow.actions.find(
      (action) => action.code === "take" && action.from.includes(request.status),
    );
    const status = taking && getStatus(procedure.definition, taking.to);
    const entry = timelineEntry({
      kind: "taken",
      visibility: "status",
      author,
      ...(status ? { details: { status: status.code, statusLabel: status.label } } : {}),
    });
    return {
      act: "request.taken",
      set: {
        assignee: author.agentId,
        assigneeName: author.name,
        ...(status ? { status: status.code, statusKind: status.kind } : {}),
      },
      entries: [entry],
      jobs: taking?.notifyCitizen
        ? [{ task: "citizen-told", payload: { requestId: request.id, entryId: entry.id } }]
        : [],
    };
  });
}

export interface StatusChange {
  action: string;
  reason: string | null;
  /** ISO day, for actions that need one. */
  date: string | null;
  /** Words for the citizen, sent in the same single mail. */
  message: string | null;
}

/** An action of the workflow: the status, its reason and its date; the citizen gets one mail, with the message if there is one. */
export function changeStatus(
  deps: ChangeDeps,
  author: Author,
  number: string,
  wanted: StatusChange,
): Promise<Request> {
  return changeRequest(deps, author, number, (request, procedure) => {
    const { definition } = procedure;
    const outcome = applyAction(definition, request.status, wanted.action, {
      actor: "agent",
      reason: wanted.reason,
      date: wanted.date,
      today: parisDay(new Date()),
      answers: request.answers,
    });
    if (!outcome.ok) throw new Problem(`action.${outcome.refusal}`, { status: 422 });
    const status = outcome.status;
    const closed = status.kind === "closed";
    const notify = outcome.action.notifyCitizen || Boolean(wanted.message);
    const entry = timelineEntry({
      kind: "status",
      visibility: "status",
      author,
      body: wanted.reason,
      details: {
        status: status.code,
        statusLabel: status.label,
        ...(wanted.date ? { plannedFor: wanted.date } : {}),
      },
    });
    const message = wanted.message
      ? [timelineEntry({ kind: "message", visibility: "citizen", author, body: wanted.message })]
      : [];
    return {
      act: "request.status-changed",
      set: {
        status: status.code,
        statusKind: status.kind,
        plannedFor: wanted.date ?? (closed ? null : request.plannedFor),
        closedAt: closed ? new Date() : null,
        closingReason: closed ? wanted.reason : null,
      },
      entries: [entry, ...message],
      jobs: notify ? [{ task: "citizen-told", payload: { requestId: request.id, entryId: entry.id } }] : [],
    };
  });
}

/** "Message à l'usager": told by mail, kept in the timeline the citizen reads. */
export function writeToCitizen(
  deps: ChangeDeps,
  author: Author,
  number: string,
  body: string,
): Promise<Request> {
  return changeRequest(deps, author, number, (request) => {
    const entry = timelineEntry({ kind: "message", visibility: "citizen", author, body });
    return {
      act: "request.message-sent",
      set: {},
      entries: [entry],
      jobs: [{ task: "citizen-told", payload: { requestId: request.id, entryId: entry.id } }],
    };
  });
}
