import type { ProcedureDefinition } from "@interco/contracts/procedure";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkDefinition, DefinitionError, findType, getStatus } from "./procedure.ts";
import { applyAction, availableActions, type Refusal } from "./workflow.ts";

const label = { fr: "Mot", en: "Word" };
const status = (code: string, kind: "open" | "waiting" | "closed") => ({
  code,
  kind,
  label,
  citizenText: label,
});
const definition: ProcedureDefinition = {
  slug: "essai",
  kind: "local",
  category: "other",
  icon: "form",
  title: label,
  summary: label,
  prepare: [],
  usualDays: 5,
  audience: "anyone",
  retentionMonths: 12,
  serviceDays: 5,
  decision: { kind: "report" },
  types: [{ code: "groupe", label, types: [{ code: "trou", label }] }],
  steps: [{ key: "etape", title: label, fields: [{ key: "urgent", kind: "checkbox", label }] }],
  workflow: {
    initial: "received",
    statuses: [status("received", "open"), status("waiting", "waiting"), status("done", "closed")],
    actions: [
      { code: "ask", label, from: ["received"], to: "waiting", needsReason: true, needsDate: true },
      { code: "answer", label, from: ["waiting"], to: "received", by: ["citizen"] },
      { code: "rush", label, from: ["received"], to: "done", condition: "urgent = true" },
      { code: "finish", label, from: ["received", "waiting"], to: "done" },
    ],
  },
  requestTitle: label,
};
const agent = { actor: "agent" as const, today: "2026-03-03" };
const refusal = (outcome: ReturnType<typeof applyAction>): Refusal | null =>
  outcome.ok ? null : outcome.refusal;

describe("a workflow", () => {
  test("offers what this actor may do from this status with these answers", () => {
    const codes = (...args: Parameters<typeof availableActions>) =>
      availableActions(...args).map(({ code }) => code);
    expect(codes(definition, "received", agent)).toEqual(["ask", "finish"]);
    expect(codes(definition, "received", { ...agent, answers: { urgent: true } })).toEqual([
      "ask",
      "rush",
      "finish",
    ]);
    expect(codes(definition, "waiting", { actor: "citizen" })).toEqual(["answer"]);
    expect(codes(definition, "done", agent)).toEqual([]);
  });

  test("refuses with a reason one can tell people", () => {
    const asked = { ...agent, reason: "La photo est floue", date: "2026-03-20" };
    expect(refusal(applyAction(definition, "received", "fly", agent))).toBe("unknown");
    expect(refusal(applyAction(definition, "done", "finish", agent))).toBe("not-from-here");
    expect(refusal(applyAction(definition, "waiting", "answer", agent))).toBe("not-yours");
    expect(refusal(applyAction(definition, "received", "rush", agent))).toBe("not-for-this-request");
    expect(refusal(applyAction(definition, "received", "ask", { ...asked, reason: "  " }))).toBe(
      "reason-missing",
    );
    expect(refusal(applyAction(definition, "received", "ask", { ...asked, date: null }))).toBe(
      "date-missing",
    );
    expect(refusal(applyAction(definition, "received", "ask", { ...asked, date: "2026-02-31" }))).toBe(
      "date-invalid",
    );
    expect(refusal(applyAction(definition, "received", "ask", { ...asked, date: "2026-03-02" }))).toBe(
      "date-past",
    );
    expect(() => applyAction(definition, "lost", "ask", agent)).toThrow(RangeError);
  });

  test("says when the clock stops and goes on", () => {
    const asked = { ...agent, reason: "La photo est floue", date: "2026-03-20" };
    expect(applyAction(definition, "received", "ask", asked)).toMatchObject({
      clock: "stops",
      status: { code: "waiting" },
    });
    expect(applyAction(definition, "waiting", "answer", { actor: "citizen" })).toMatchObject({
      clock: "resumes",
    });
    expect(applyAction(definition, "received", "finish", agent)).toMatchObject({ clock: "unchanged" });
  });

  test("whatever is tried, in whatever order, only offered actions go through", () => {
    const move = fc.record({
      code: fc.constantFrom("ask", "answer", "rush", "finish", "fly"),
      actor: fc.constantFrom("agent" as const, "citizen" as const, "system" as const),
    });
    fc.assert(
      fc.property(fc.array(move, { maxLength: 20 }), (moves) => {
        let at = "received";
        for (const { code, actor } of moves) {
          const offered = availableActions(definition, at, { actor }).map((action) => action.code);
          const outcome = applyAction(definition, at, code, { actor, reason: "x", date: "2026-03-03" });
          expect(outcome.ok).toBe(offered.includes(code));
          if (outcome.ok) at = outcome.status.code;
        }
      }),
    );
  });
});

describe("a definition that doesn't hold together is refused, every problem at once", () => {
  const broken = (change: (copy: ProcedureDefinition) => void): string[] => {
    const copy = structuredClone(definition);
    change(copy);
    try {
      checkDefinition(copy);
      return [];
    } catch (error) {
      return error instanceof DefinitionError ? error.problems : [String(error)];
    }
  };

  test("statuses that don't exist, can't be reached, or never close", () => {
    expect(broken(({ workflow }) => workflow.actions.pop())).toEqual([]);
    expect(broken(({ workflow }) => (workflow.initial = "nowhere"))).toContain(
      "initial status nowhere doesn't exist",
    );
    expect(broken(({ workflow }) => workflow.statuses.push(status("lost", "closed")))).toEqual([
      "status lost can't be reached",
    ]);
    expect(
      broken(({ workflow }) => {
        for (const one of workflow.statuses) one.kind = "open";
      }),
    ).toEqual(["no status closes a request"]);
  });

  test("fields told twice, choices without options, patterns that aren't", () => {
    const field = (more: object) => ({ key: "q", kind: "text" as const, label, ...more });
    expect(broken(({ steps }) => steps[0]?.fields.push(field({}), field({})))).toEqual([
      "field q is there twice",
    ]);
    expect(broken(({ steps }) => steps[0]?.fields.push(field({ kind: "choice" })))).toEqual([
      "field q offers nothing to choose",
    ]);
    expect(broken(({ steps }) => steps[0]?.fields.push(field({ pattern: "(" })))[0]).toMatch(
      /isn't a regular expression/,
    );
  });

  test("titles that say who asks", () => {
    const showing = (more: object) =>
      broken((procedure) => {
        procedure.steps[0]?.fields.push({ key: "q", kind: "text", label, ...more });
        procedure.requestTitle.en = "Report of {q}";
      });
    expect(showing({})).toEqual([]);
    for (const more of [{ kind: "email" }, { kind: "phone" }, { autocomplete: "name" }])
      expect(showing(more)).toEqual(["requestTitle shows q, which says who asks"]);
  });

  test("shapes that aren't a procedure at all", () => {
    expect(() => checkDefinition({ slug: "Essai !" })).toThrow(DefinitionError);
    expect(() => checkDefinition(null)).toThrow(DefinitionError);
  });
});

test("types and statuses are found by their code", () => {
  expect(findType(definition, "trou")?.group.code).toBe("groupe");
  expect(findType(definition, "constructor")).toBeUndefined();
  expect(getStatus(definition, "done").kind).toBe("closed");
});
