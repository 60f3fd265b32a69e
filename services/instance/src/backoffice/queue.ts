/** A list an agent works through, as its address says it. */
export const QUEUES = ["a-traiter", "a-orienter", "en-retard", "miennes", "metropole", "toutes"] as const;
export type Queue = (typeof QUEUES)[number];

export type Sort = "recent" | "oldest" | "deadline";

/** How each queue is sorted at first, and otherwise: an index must hold each of these orders. */
export const SORTS: Record<Queue, readonly [Sort, ...Sort[]]> = {
  "a-traiter": ["recent", "oldest", "deadline"],
  "a-orienter": ["oldest", "recent"],
  "en-retard": ["deadline"],
  miennes: ["recent", "oldest"],
  metropole: ["recent", "oldest"],
  toutes: ["recent", "oldest"],
};

/** Second letter of the shortcut `g` + letter. */
export const QUEUE_KEYS: Record<Queue, string> = {
  "a-traiter": "a",
  "a-orienter": "o",
  "en-retard": "r",
  miennes: "m",
  metropole: "d",
  toutes: "t",
};

export function queueHref(queue: Queue): string {
  if (queue === "a-traiter") return "/backoffice/";
  if (queue === "a-orienter") return "/backoffice/a-orienter";
  return queue === "toutes" ? "/backoffice/demandes" : `/backoffice/demandes?file=${queue}`;
}
