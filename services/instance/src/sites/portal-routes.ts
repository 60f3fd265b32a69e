import type { App, Deps } from "../deps.ts";
import { page } from "../page.ts";

/** The portal of each entity. */
export function registerPortal(app: App, deps: Deps): void {
  app.get("/", { config: { auth: "public" } }, (request, reply) =>
    page(deps, request, reply, "sites/home", {}),
  );
}
