import { expect, it } from "vitest";
import { createHttp, type HttpOptions } from "./http.ts";
import { createLog } from "./log.ts";
import { createMetrics } from "./metrics.ts";

const TOKEN = "a".repeat(32);

async function startHttp(options: Partial<HttpOptions> = {}) {
  const app = await createHttp({
    log: createLog("test", "silent"),
    metrics: createMetrics("test"),
    cookieKey: Buffer.alloc(32),
    authenticators: {},
    cookieAuth: [],
    ready: async () => ({ ok: true, details: {} }),
    renderProblem: (_request, _reply, problem) => problem.code,
    ...options,
  });
  app.get(
    "/form",
    { config: { auth: "public", rateLimit: { max: 2, timeWindow: 60_000 } } },
    async () => "ok",
  );
  return app;
}

it("shows its figures to this machine and to whoever has the token, and to nobody through a proxy", async () => {
  const http = await startHttp({ metricsToken: TOKEN });
  const status = async (remoteAddress: string, headers: Record<string, string> = {}) =>
    (await http.inject({ url: "/metrics", remoteAddress, headers })).statusCode;

  expect(await status("127.0.0.1")).toBe(200);
  expect(await status("::1")).toBe(200);
  expect(await status("203.0.113.7")).toBe(404);
  expect(await status("127.0.0.1", { "x-forwarded-for": "203.0.113.7" })).toBe(404);
  expect(await status("127.0.0.1", { "x-forwarded-for": "127.0.0.1" })).toBe(404);
  expect(await status("203.0.113.7", { authorization: `Bearer ${TOKEN}` })).toBe(200);
  expect(await status("203.0.113.7", { authorization: "Bearer guess" })).toBe(404);

  const closed = await startHttp();
  const answer = await closed.inject({
    url: "/metrics",
    remoteAddress: "203.0.113.7",
    headers: { authorization: "Bearer undefined" },
  });
  expect(answer.statusCode).toBe(404);
});

it("bounds what one address may ask of a route that says so, except in development", async () => {
  const ask = async (limited: boolean) => {
    const http = await startHttp({ limited });
    const answers = [];
    for (let time = 0; time < 3; time++)
      answers.push((await http.inject({ url: "/form", remoteAddress: "203.0.113.7" })).statusCode);
    const other = (await http.inject({ url: "/form", remoteAddress: "203.0.113.8" })).statusCode;
    return [...answers, other];
  };
  expect(await ask(true)).toEqual([200, 200, 429, 200]);
  expect(await ask(false)).toEqual([200, 200, 200, 200]);
});

it("believes its own proxies about who asks, and nobody else", async () => {
  const http = await startHttp({ proxies: ["10.1.0.0/16"] });
  http.get("/who", { config: { auth: "public" } }, async (request) => request.ip);
  const who = async (remoteAddress: string) =>
    (await http.inject({ url: "/who", remoteAddress, headers: { "x-forwarded-for": "203.0.113.7" } })).body;
  expect(await who("10.1.2.3")).toBe("203.0.113.7");
  expect(await who("127.0.0.1")).toBe("203.0.113.7");
  expect(await who("198.51.100.1")).toBe("198.51.100.1");
});

it("ends requests that never end", async () => {
  expect((await startHttp()).server.requestTimeout).toBe(300_000);
});
