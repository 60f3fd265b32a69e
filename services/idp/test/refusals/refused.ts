import { expect, vi } from "vitest";
import type { LogLine, RunningIdp } from "../running-idp.ts";

/** Does something that must be refused; its result, and the line the log has of it. The line quotes nothing that was sent. */
export async function refused<T>(
  idp: RunningIdp,
  like: Partial<LogLine>,
  work: () => Promise<T>,
): Promise<{ result: T; line: LogLine }> {
  const from = idp.logged.length;
  const result = await work();
  const line = await vi.waitFor(() => {
    const lines = idp.logged.slice(from).filter(({ msg }) => msg === "refused");
    const found = lines.find((one) => Object.entries(like).every(([name, value]) => one[name] === value));
    if (!found)
      throw new Error(
        `the log has no refusal with ${JSON.stringify(like)} but ${JSON.stringify(lines.map(({ event, reason, detail }) => ({ event, reason, detail })))}`,
      );
    return found;
  });
  expect(line.level).toBeGreaterThanOrEqual(30);
  return { result, line };
}
