import type { App, Deps } from "./deps.ts";
import { registerPortal } from "./sites/portal-routes.ts";
import { registerSites } from "./sites/sites-routes.ts";

/** What an instance offers over HTTP, feature by feature. */
export const FEATURES: readonly ((app: App, deps: Deps) => void | Promise<void>)[] = [
  registerSites,
  registerPortal,
];
