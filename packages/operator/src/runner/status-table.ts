import type { FederationStatus } from "./status.ts";
import { columns } from "./table.ts";

/** The status for people. */
export function statusTable({ processes, entities }: FederationStatus): string {
  return [
    ...columns([
      ["PROCESS", "PID", "STATE", "RESTARTS", "SINCE"],
      ...processes.map((p) => [p.name, String(p.pid), p.health, String(p.restarts), p.since.slice(0, 19)]),
    ]),
    "",
    ...columns([
      ["ENTITY", "INSTANCE", "TO RECEIVE", "REFUSED", "COMPARED", "ADDRESS"],
      ...entities.map((e) => [
        e.name,
        e.instance,
        e.waiting === null ? "NATS is down" : String(e.waiting),
        e.dead === null ? "?" : String(e.dead),
        e.compared?.slice(0, 19) ?? "not yet",
        e.portal,
      ]),
    ]),
  ].join("\n");
}
