import { iconNames } from "@interco/ui/icons";

/** A drawing the kit has: definitions are data, and may name one it lacks. */
export function knownIcon(name: string | null | undefined, otherwise = "file"): string {
  return name && iconNames.includes(name) ? name : otherwise;
}
