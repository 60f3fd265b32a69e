import type { World } from "../apply/world.ts";

/** Placeholder replaced below. */
export async function rebuildEntity(_world: World, _entity: string): Promise<string> {
  throw new Error("not yet");
}
