import { symbols } from "pino";
import { expect, it } from "vitest";
import { createLog } from "./log.ts";

function listen(log: ReturnType<typeof createLog>): string[] {
  const lines: string[] = [];
  const stream = (log as unknown as Record<symbol, { write: (line: string) => void }>)[symbols.streamSym];
  if (!stream) throw new Error("pino writes nowhere");
  stream.write = (line) => void lines.push(line);
  return lines;
}

it("logs why PostgreSQL refused a row, and never the row", () => {
  const log = createLog("test", "info");
  const lines = listen(log);
  const refused = Object.assign(new Error('violates check constraint "agent_role"'), {
    code: "23514",
    detail: "Failing row contains (camille.exemple@example.org, 12 rue du Fort).",
    where: "COPY agent, line 1: camille",
  });
  log.error({ err: refused }, "failed");
  log.error({ err: new Error("outer", { cause: refused }) }, "failed");
  expect(lines).toHaveLength(2);
  expect(lines.join()).toMatch(/23514.*agent_role|agent_role.*23514/);
  expect(lines.join()).not.toMatch(/camille|rue du Fort/);
});

it("hides passwords, tokens and addresses wherever a line holds them", () => {
  const log = createLog("test", "info");
  const lines = listen(log);
  log.info({ password: "secret-a", account: { email: "secret-b", password: "secret-c" }, token: "secret-d" });
  expect(lines.join()).not.toContain("secret");
});
