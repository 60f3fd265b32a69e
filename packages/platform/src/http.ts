import { parse as parseForm } from "node:querystring";
import cookie from "@fastify/cookie";
import csrf from "@fastify/csrf-protection";
import formbody from "@fastify/formbody";
import rateLimit from "@fastify/rate-limit";
import { type TypeBoxTypeProvider, TypeBoxValidatorCompiler } from "@fastify/type-provider-typebox";
import underPressure from "@fastify/under-pressure";
import fastify, {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
  type preHandlerAsyncHookHandler,
} from "fastify";
import type { Calm } from "./calm.ts";
import type { CookieKeys } from "./cookie-keys.ts";
import type { Logger } from "./log.ts";
import type { Registry } from "./metrics.ts";
import { networkOf } from "./network.ts";
import { Problem, problemDocument } from "./problem.ts";
import { toProblem } from "./problem-edge.ts";
import { sameSecret } from "./secrets.ts";
import { securityHeaders } from "./security-headers.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Who may call this route. Required: a route without it stops the service at start. */
    auth?: string;
    /** "handled": a missing or expired CSRF token doesn't refuse the form; the route shows it again with what was typed. */
    csrf?: "handled";
  }
  interface FastifyRequest {
    /** True when a "handled" form came without a valid CSRF token. */
    csrfFailed: boolean;
  }
}

/** A Fastify instance as every service uses it. */
export type App = FastifyInstance<
  import("fastify").RawServerDefault,
  import("node:http").IncomingMessage,
  import("node:http").ServerResponse,
  import("fastify").FastifyBaseLogger,
  TypeBoxTypeProvider
>;

export interface HttpOptions {
  log: Logger;
  metrics: Registry;
  /** Signs the CSRF cookie; 32 bytes, or keys that may change. */
  cookieKey: Buffer | CookieKeys;
  /** One hook for each value of `auth` a route may declare. "public" needs none. */
  authenticators: Record<string, preHandlerAsyncHookHandler>;
  /** Kinds of auth carried by cookies: their POSTs need a CSRF token. "public" is always one of them. */
  cookieAuth: readonly string[];
  /** What `/health/ready` says; throws or answers false when the service can't work. */
  ready: () => Promise<{ ok: boolean; details: Record<string, string> }>;
  /** Makes the HTML page of a problem; programs (JSON) get RFC 9457. */
  renderProblem: (request: FastifyRequest, reply: FastifyReply, problem: Problem) => Promise<string> | string;
  /** Its words for a program, in the language asked for. Without it the code is all that is said. */
  describeProblem?: (request: FastifyRequest, problem: Problem) => { title: string; detail: string };
  /** Origins a form's answer may redirect to, besides the page's own: a site's identity provider. */
  formTargets?: readonly string[];
  /** Paths under which answers are always JSON. */
  apiPrefixes?: readonly string[];
  /** Addresses or networks (CIDR) of reverse proxies whose `X-Forwarded-For` says who asks; this machine's own always does. */
  proxies?: readonly string[] | undefined;
  /** Lets a collector on another machine read `/metrics`, as a bearer token. Without it only this machine does. */
  metricsToken?: string | undefined;
  /** Told while requests are worked on, so that other work waits. */
  calm?: Calm | undefined;
  /** Whether routes' `config.rateLimit` holds. Off where everybody has one address: development, tests, benches. */
  limited?: boolean;
}

/** Of a body, in bytes; photos come under a limit of their own. */
const BODY_LIMIT = 256 * 1024;

/** The HTTP server every service starts from: guards, forms, CSRF, security headers, health, metrics and errors. */
export async function createHttp(options: HttpOptions): Promise<App> {
  const app = fastify({
    loggerInstance: options.log,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_LIMIT,
    trustProxy: ["loopback", ...(options.proxies ?? [])],
    routerOptions: { maxParamLength: 200, ignoreTrailingSlash: true },
    genReqId: () => crypto.randomUUID(),
    // Node's own default, which Fastify turns off: a request sent a byte at a time must end. Long enough for photos on a slow line.
    requestTimeout: 300_000,
  })
    .setValidatorCompiler(TypeBoxValidatorCompiler)
    .withTypeProvider<TypeBoxTypeProvider>() as unknown as App;

  const { cookieKey } = options;
  await app.register(cookie, {
    secret: Buffer.isBuffer(cookieKey) ? cookieKey.toString("base64") : cookieKey,
  });
  await app.register(formbody, {
    bodyLimit: BODY_LIMIT,
    // No hand types a NUL, and PostgreSQL holds none.
    parser: (text) => parseForm(text.replaceAll("%00", "")),
  });
  await app.register(csrf, {
    sessionPlugin: "@fastify/cookie",
    cookieKey: "__Host-form",
    cookieOpts: { signed: true, path: "/", httpOnly: true, secure: true, sameSite: "lax" },
    getToken: (request) => (request.body as { _csrf?: string } | undefined)?._csrf,
  });
  const headers = securityHeaders(options.formTargets ?? []);
  app.addHook("onRequest", async (_request, reply) => void reply.headers(headers));
  await app.register(rateLimit, {
    global: false,
    keyGenerator: ({ ip }) => networkOf(ip),
    ...(options.limited ? {} : { allowList: () => true }),
  });
  await app.register(underPressure, {
    maxEventLoopDelay: 5_000,
    exposeStatusRoute: false,
    pressureHandler: async (_request, _reply, _type, delay) => {
      // Infinity is the plugin's word for "no sample": a process that starts on a busy machine, and isn't under pressure.
      if (delay !== Number.POSITIVE_INFINITY) throw new Problem("service.busy", { status: 503 });
    },
  });

  if (options.calm) tellCalm(app, options.calm);
  guardRoutes(app, options);
  handleProblems(app, options);
  healthRoutes(app, options);
  return app;
}

function guardRoutes(app: App, options: HttpOptions): void {
  const cookieAuth = new Set(["public", ...options.cookieAuth]);
  app.decorateRequest("csrfFailed", false);
  app.addHook("onRoute", (route) => {
    const auth = route.config?.auth;
    if (!auth) throw new Error(`${route.method} ${route.url} doesn't declare who may call it (config.auth)`);
    const authenticate = auth === "public" ? undefined : options.authenticators[auth];
    if (auth !== "public" && !authenticate)
      throw new Error(`${route.method} ${route.url}: unknown auth "${auth}"`);
    const unsafe = ![route.method].flat().every((method) => method === "GET" || method === "HEAD");
    const hooks: preHandlerAsyncHookHandler[] = [];
    if (authenticate) hooks.push(authenticate);
    if (unsafe && cookieAuth.has(auth)) hooks.push(checkCsrf(app));
    route.preHandler = [...hooks, ...[route.preHandler ?? []].flat()];
  });
}

/** From the moment a request is whole to that of its answer: a slow line, up or down, keeps nothing waiting. */
function tellCalm(app: App, calm: Calm): void {
  const ends = new WeakMap<FastifyRequest, () => void>();
  app.addHook("preHandler", async (request) => {
    ends.set(request, calm.begin());
  });
  app.addHook("onSend", async (request) => {
    ends.get(request)?.();
  });
}

function checkCsrf(app: App): preHandlerAsyncHookHandler {
  return async (request, reply) => {
    const valid = await new Promise<boolean>((resolve) => {
      // The plugin answers through `reply.send(error)`; the proxy keeps the decision here.
      const probe = new Proxy(reply, {
        get: (target, key) => (key === "send" ? () => resolve(false) : Reflect.get(target, key, target)),
      });
      app.csrfProtection(request, probe, () => resolve(true));
    });
    if (valid) return;
    if (request.routeOptions.config.csrf !== "handled") throw new Problem("form.expired", { status: 403 });
    request.csrfFailed = true;
  };
}

function handleProblems(app: App, options: HttpOptions): void {
  const answer = async (request: FastifyRequest, reply: FastifyReply, problem: Problem) => {
    reply.code(problem.status);
    if (wantsJson(request, options.apiPrefixes ?? ["/api/"])) {
      const words = options.describeProblem?.(request, problem) ?? { title: problem.code };
      const document = problemDocument(problem, words);
      // Serialised here: a route's own schema of this status says nothing of problems.
      return reply.type("application/problem+json").serializer(String).send(JSON.stringify(document));
    }
    return reply.type("text/html; charset=utf-8").send(await options.renderProblem(request, reply, problem));
  };
  app.setErrorHandler(async (error, request, reply) => {
    const problem = toProblem(error);
    if (problem.status >= 500) request.log.error({ err: error, reqId: request.id }, "failed");
    return answer(request, reply, problem);
  });
  app.setNotFoundHandler({ config: { auth: "public" } } as never, async (request, reply) =>
    answer(request, reply, new Problem("page.unknown", { status: 404 })),
  );
}

function wantsJson(request: FastifyRequest, prefixes: readonly string[]): boolean {
  if (prefixes.some((prefix) => request.url.startsWith(prefix))) return true;
  const accept = request.headers.accept ?? "";
  return accept.includes("json") && !accept.includes("text/html");
}

function healthRoutes(app: App, options: HttpOptions): void {
  app.get("/health/live", { config: { auth: "public" } }, async () => ({ status: "ok" }));
  app.get("/health/ready", { config: { auth: "public" } }, async (_request, reply) => {
    const state = await options.ready().catch(() => ({ ok: false, details: {} as Record<string, string> }));
    return reply.code(state.ok ? 200 : 503).send({ status: state.ok ? "ok" : "unready", ...state.details });
  });
  app.get("/metrics", { config: { auth: "public" } }, async (request, reply) => {
    // To anybody else there is no such page: figures tell who is busy, and when.
    if (!mayReadMetrics(request, options.metricsToken)) throw new Problem("page.unknown", { status: 404 });
    return reply.type(options.metrics.contentType).send(await options.metrics.metrics());
  });
}

/** A process of this machine that no proxy speaks for, or whoever has the token. */
function mayReadMetrics(request: FastifyRequest, token: string | undefined): boolean {
  const given = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1];
  if (given) return token !== undefined && sameSecret(given, token);
  const { forwarded, "x-forwarded-for": forwardedFor } = request.headers;
  const peer = request.raw.socket.remoteAddress ?? "";
  return /^(?:::ffff:)?127\.|^::1$/.test(peer) && forwarded === undefined && forwardedFor === undefined;
}
