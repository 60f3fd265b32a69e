import { registerAgents } from "../agents/agents-routes.ts";
import { registerResets } from "../agents/resets-routes.ts";
import type { App, Deps } from "../deps.ts";
import { registerDispatchTables } from "../dispatch/dispatch-table-routes.ts";
import { registerJournal } from "../operations/journal-routes.ts";
import { registerCounter } from "./counter-routes.ts";
import { nameDeskAddresses } from "./desk-addresses.ts";
import { registerListApi } from "./list-api.ts";
import { registerLists } from "./list-routes.ts";
import { registerRequests } from "./request-routes.ts";
import { registerTransfers } from "./transfer-routes.ts";
import { registerTriage } from "./triage-routes.ts";

/** The agents' backoffice: the same on every instance. */
export function registerBackoffice(app: App, deps: Deps): void {
  nameDeskAddresses(app, deps);
  registerLists(app, deps);
  registerRequests(app, deps);
  registerTransfers(app, deps);
  registerTriage(app, deps);
  registerCounter(app, deps);
  registerDispatchTables(app, deps);
  registerAgents(app, deps);
  registerResets(app, deps);
  registerJournal(app, deps);
  registerListApi(app, deps);
}
