import { expect, it } from "vitest";
import { DEMO_PROCEDURES } from "../../test/demonstration-seed.ts";
import { silenceOf } from "./pauses.ts";
import { timelineEntry } from "./timeline.ts";

const { definition } = DEMO_PROCEDURES.find((one) => one.definition.slug === "inscription-cantine")!;

it("the day on which silence decides moves by the time documents were awaited (CRPA L114-5)", () => {
  const request = {
    receivedAt: new Date("2027-03-01T10:00:00Z"),
    competentReceivedAt: new Date("2027-03-01T10:00:00Z"),
  };
  const waiting = definition.workflow.statuses.find(({ kind }) => kind === "waiting")!;
  const open = definition.workflow.statuses.find(({ kind }) => kind === "open")!;
  const status = (at: string, { code }: { code: string }) =>
    timelineEntry({ kind: "status", visibility: "status", at: new Date(at), details: { status: code } });
  const asked = [status("2027-03-05T10:00:00Z", waiting), status("2027-03-15T10:00:00Z", open)];
  const [before, after] = [silenceOf(request, definition, []), silenceOf(request, definition, asked)];
  expect(before).not.toBeNull();
  expect(after?.means).toBe(before?.means);
  expect(after?.day).not.toBe(before?.day);
});
