import type { preHandlerAsyncHookHandler } from "fastify";
import type { Deps } from "../deps.ts";

/** Kinds of `auth` a browser's cookie carries. */
export const COOKIE_AUTH = ["citizen", "agent"] as const;

/** Who may call a route, by its declared `auth`. */
export const AUTHENTICATORS = (_deps: Deps): Record<string, preHandlerAsyncHookHandler> => ({});
