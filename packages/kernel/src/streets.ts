import type { Manager, StreetTable } from "@interco/contracts/dispatch";

/** Streets whose manager is known, ready to be looked up by a typed address. */
export interface CompiledStreets {
  /**
   * Who keeps up the street of an address typed in words. `border`: the street is shared by two communes. Null:
   * not in the reference.
   */
  managerOf(communes: readonly string[], address: string): Manager | "border" | null;
}

const SHORT: Record<string, string> = {
  av: "avenue",
  ave: "avenue",
  bd: "boulevard",
  bld: "boulevard",
  boul: "boulevard",
  ch: "chemin",
  che: "chemin",
  imp: "impasse",
  pl: "place",
  rte: "route",
  r: "rue",
  all: "allee",
  sq: "square",
  st: "saint",
  ste: "sainte",
  rd: "route departementale",
  d: "route departementale",
  rn: "route nationale",
};

/** A street's words without case, accents, punctuation and the usual abbreviations. */
export function streetWords(text: string): string {
  return text
    .normalize("NFD")
    .replace(/\p{Mn}/gu, "")
    .toLowerCase()
    .replace(/([a-z])([0-9])/g, "$1 $2")
    .replace(/[^a-z0-9]+/g, " ")
    .trim()
    .split(" ")
    .map((word) => (Object.hasOwn(SHORT, word) ? SHORT[word] : word))
    .join(" ");
}

interface Known {
  words: string;
  manager: Manager | "border";
}

/** Compiles reference tables of streets; the longest name found in an address wins. */
export function compileStreets(tables: readonly StreetTable[]): CompiledStreets {
  const byCommune = new Map<string, Known[]>();
  for (const { communes, street, aliases = [], manager } of tables.flatMap((table) => table.streets)) {
    const known = [street, ...aliases].map((name) => ({
      words: ` ${streetWords(name)} `,
      manager: communes.length > 1 ? ("border" as const) : manager,
    }));
    for (const commune of communes) byCommune.set(commune, [...(byCommune.get(commune) ?? []), ...known]);
  }
  for (const streets of byCommune.values())
    streets.sort((one, other) => other.words.length - one.words.length);
  return {
    managerOf(communes, address) {
      const typed = ` ${streetWords(address.slice(0, 200))} `;
      const found = communes.map(
        (commune) => byCommune.get(commune)?.find(({ words }) => typed.includes(words))?.manager ?? null,
      );
      const [first = null] = found;
      return found.every((manager) => manager === first) ? first : "border";
    },
  };
}
