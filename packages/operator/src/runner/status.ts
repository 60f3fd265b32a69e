import { serviceFetch } from "@interco/platform/http-client";
import { consumerLags, HUB_CONSUMER, streamManager } from "@interco/platform/streams";
import { asHub } from "../apply/nats-step.ts";
import type { World } from "../apply/world.ts";
import { issuerOf, originOf } from "../state/addresses.ts";
import { federationSharing } from "./sharing-status.ts";

export interface FederationStatus {
  processes: { name: string; pid: number; restarts: number; since: string; health: string }[];
  entities: {
    code: string;
    name: string;
    instance: string;
    portal: string;
    /** Events it has still to read; null when NATS is down. */
    waiting: number | null;
    /** Events it has said and that haven't left, and the age of the oldest in seconds; null when its database doesn't answer. */
    unsent: { count: number; oldestSeconds: number } | null;
    /** Events it refused and that wait for a replay; null when its database doesn't answer. */
    dead: number | null;
    compared: string | null;
  }[];
}

/** What runs, whether it is well, and what each entity has still to receive. */
export async function federationStatus(world: World): Promise<FederationStatus> {
  const origins = new Map([
    ["idp", issuerOf(world.state, world.federation.idp.slug)],
    ...world.federation.instances.map(
      (line) => [line.name, originOf(world.state, line.hosts[0] ?? "") ?? ""] as const,
    ),
  ]);
  const [processes, waiting, sharing] = await Promise.all([
    Promise.all(
      world.processes
        .list()
        .map(async (child) => ({ ...child, health: await health(origins.get(child.name)) })),
    ),
    asHub(world, async (connection) => consumerLags(await streamManager(connection))).catch(() => undefined),
    federationSharing(world),
  ]);
  const entities = world.federation.instances.flatMap((line) =>
    line.hosts.map((code) => {
      const id = world.state.entities[code]?.id ?? "";
      const found = sharing.get(id) ?? null;
      return {
        code,
        name: world.official.communes.find((commune) => commune.code === code)?.name ?? world.federation.name,
        instance: line.name,
        portal: `${originOf(world.state, code)}/`,
        // The agglomeration is the source of what the others read; it reads what they say.
        waiting: sum(waiting, code === world.federation.agglomeration ? HUB_CONSUMER : id),
        unsent: found && { count: found.outbox.waiting, oldestSeconds: found.outbox.oldestSeconds },
        dead: found?.refused ?? null,
        compared: found?.comparedAt?.toISOString() ?? null,
      };
    }),
  );
  return { processes, entities };
}

function sum(lags: { durable: string; waiting: number }[] | undefined, durable: string): number | null {
  if (!lags) return null;
  return lags.filter((lag) => lag.durable === durable).reduce((total, lag) => total + lag.waiting, 0);
}

async function health(origin: string | undefined): Promise<string> {
  if (!origin) return "up";
  try {
    const response = await serviceFetch(`${origin}/health/ready`, { signal: AbortSignal.timeout(2_000) });
    return response.ok ? "ready" : `not ready (${response.status})`;
  } catch {
    return "doesn't answer";
  }
}
