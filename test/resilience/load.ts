import { setTimeout as delay } from "node:timers/promises";
import { type Desk, METZ, WOIPPY } from "./desk.ts";
import type { SmallFederation } from "./small-federation.ts";

/** Types whose entity in charge differs: the commune, the agglomeration, a person who decides. */
const KINDS = [
  { type: "corbeille-pleine", inCharge: "commune" },
  { type: "fuite-eau", inCharge: "hub" },
  { type: "autre", inCharge: "triage" },
] as const;

/**
 * Citizens file and agents process, some forty events a second until `stop`, which gives the ids of every request
 * acknowledged. Each change is made once the one before it is committed, as agents do.
 */
export function startLoad(f: SmallFederation, desk: Desk, pauseMs = 100) {
  const filed: string[] = [];
  let stopped = false;
  const citizen = async () => {
    for (let turn = 0; !stopped; turn += 1) {
      const kind = KINDS[turn % KINDS.length] ?? KINDS[0];
      const request = await desk.file(kind.type, turn % 7 === 3 ? [WOIPPY, METZ] : [WOIPPY], turn % 5 === 0);
      filed.push(request.id);
      const entity = kind.inCharge === "hub" ? f.hub.entity : request.inCharge;
      if (entity && kind.inCharge !== "triage") {
        await desk.take(entity, request.number);
        await desk.take(entity, request.number, "agent-second");
        await desk.act(entity, request.number, "resolve", "C’est réparé.");
      }
      await delay(pauseMs);
    }
  };
  const running = Promise.all([citizen(), citizen()]);
  return {
    filed,
    async stop(): Promise<string[]> {
      stopped = true;
      await running;
      return filed;
    },
    async [Symbol.asyncDispose]() {
      stopped = true;
      await running.catch(() => {});
    },
  };
}
