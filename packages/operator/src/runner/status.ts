import { serviceFetch } from "@interco/platform/http-client";
import { consumerLags, streamManager } from "@interco/platform/streams";
import { issuerOf, originOf } from "../apply/addresses.ts";
import { asHub } from "../apply/nats-step.ts";
import type { World } from "../apply/world.ts";

export interface FederationStatus {
  processes: { name: string; pid: number; restarts: number; since: string; health: string }[];
  /** Events each entity has still to read; null when NATS is down. */
  entities: { code: string; name: string; instance: string; portal: string; waiting: number | null }[];
}

/** What runs, whether it is well, and what each entity has still to receive. */
export async function federationStatus(world: World): Promise<FederationStatus> {
  const origins = new Map([
    ["idp", issuerOf(world.state, world.federation.idp.slug)],
    ...world.federation.instances.map(
      (line) => [line.name, originOf(world.state, line.hosts[0] ?? "") ?? ""] as const,
    ),
  ]);
  const [processes, waiting] = await Promise.all([
    Promise.all(
      world.processes
        .list()
        .map(async (child) => ({ ...child, health: await health(origins.get(child.name)) })),
    ),
    asHub(world, async (connection) => consumerLags(await streamManager(connection))).catch(() => undefined),
  ]);
  const entities = world.federation.instances.flatMap((line) =>
    line.hosts.map((code) => ({
      code,
      name: world.official.communes.find((commune) => commune.code === code)?.name ?? world.federation.name,
      instance: line.name,
      portal: `${originOf(world.state, code)}/`,
      waiting: sum(waiting, world.state.entities[code]?.id ?? ""),
    })),
  );
  return { processes, entities };
}

function sum(lags: { durable: string; waiting: number }[] | undefined, id: string): number | null {
  if (!lags) return null;
  return lags.filter((lag) => lag.durable === id).reduce((total, lag) => total + lag.waiting, 0);
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
