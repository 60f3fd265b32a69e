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

it("never writes the password of an address that can't be read or reached", () => {
  const log = createLog("test", "info");
  const lines = listen(log);
  const url = "postgres://owner:se/cret@db.example:port/interco";
  const unreadable = failing(() => new URL(url));
  expect(unreadable).toHaveProperty("input", url);
  log.error({ err: unreadable }, "failed");
  log.fatal({ err: new Error("could not migrate", { cause: unreadable }) }, "failed");
  log.error(
    { err: new AggregateError([unreadable, new Error(`no answer from ${url}`)], "all failed") },
    "failed",
  );
  log.error({ err: Object.assign(new Error("failed"), { config: { url }, inner: unreadable }) }, "failed");
  const socket: Record<string, unknown> = { url };
  socket.self = socket;
  log.error({ err: Object.assign(new Error("reset"), { socket }) }, "failed");
  const stack = "Error: failed\n    at file:///srv/node_modules/pg@8/lib/client.js:1:1";
  log.error({ err: Object.assign(new Error("failed"), { stack }) }, "failed");
  log.error({ error: new Error(`can't reach nats://hub:se/cret@nats.example, nor ${url}`) }, "failed");
  expect(lines).toHaveLength(7);
  expect(lines.join()).not.toMatch(/cret/);
  expect(lines.join()).toContain("node_modules/pg@8/lib");
  expect(lines.join()).toContain("ERR_INVALID_URL");
  expect(lines.join()).toContain("nats://[hidden]@nats.example");
});

function failing(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error("it didn't fail");
}

it("hides passwords, tokens and addresses wherever a line holds them", () => {
  const log = createLog("test", "info");
  const lines = listen(log);
  log.info({ password: "secret-a", account: { email: "secret-b", password: "secret-c" }, token: "secret-d" });
  expect(lines.join()).not.toContain("secret");
});
