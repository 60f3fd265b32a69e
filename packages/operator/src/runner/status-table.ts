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
      ["ENTITY", "INSTANCE", "TO SEND", "TO RECEIVE", "REFUSED", "COMPARED", "ADDRESS"],
      ...entities.map((e) => [
        e.name,
        e.instance,
        unsent(e.unsent),
        e.waiting === null ? "NATS is down" : String(e.waiting),
        e.dead === null ? "?" : String(e.dead),
        e.compared?.slice(0, 19) ?? "not yet",
        e.portal,
      ]),
    ]),
  ].join("\n");
}

function unsent(waiting: FederationStatus["entities"][number]["unsent"]): string {
  if (!waiting) return "?";
  return waiting.count === 0 ? "0" : `${waiting.count} (${waiting.oldestSeconds} s)`;
}
