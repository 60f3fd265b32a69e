import type { App, Deps } from "../deps.ts";
import { registerLists } from "./list-routes.ts";
import { registerRequests } from "./request-routes.ts";

/** The agents' backoffice: the same on every instance. */
export function registerBackoffice(app: App, deps: Deps): void {
  registerLists(app, deps);
  registerRequests(app, deps);
}
