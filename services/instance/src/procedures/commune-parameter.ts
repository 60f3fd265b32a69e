import { Problem } from "@interco/platform/problem";
import type { Entity } from "../sites/entity.ts";
import type { Territory } from "../sites/territory.ts";

/** The commune of `?commune=<INSEE>`; null when it isn't said. @throws Problem 404 for a code outside the territory. */
export function findCommune(territory: Territory, code: string | undefined): Entity | null {
  if (code === undefined) return null;
  const commune = territory.findByCode(code);
  if (commune?.kind !== "commune")
    throw new Problem("commune.unknown", { status: 404, params: { code: code.slice(0, 20) } });
  return commune;
}
