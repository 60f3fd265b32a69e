import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

/** A commune as official data (INSEE, DGCL; Licence Ouverte 2.0) knows it. */
export interface OfficialCommune {
  code: string;
  name: string;
  /** The name with its preposition: de Woippy, d'Augny, du Ban-Saint-Martin. */
  liaison: string;
  siren: string | null;
  postalCodes: string[];
}

export interface OfficialAgglomeration {
  siren: string;
  name: string;
  communes: OfficialCommune[];
}

interface CommuneRecord {
  code: string;
  nom: string;
  type: string;
  typeLiaison?: number;
  siren?: string;
  codesPostaux?: string[];
}

interface EpciRecord {
  code: string;
  nom: string;
  membres: { code: string }[];
}

// The package's index.js looks for ./data in the working directory: its JSON files are read directly.
const require = createRequire(import.meta.url);
function records<T>(file: string): T[] {
  return JSON.parse(
    readFileSync(require.resolve(`@etalab/decoupage-administratif/data/${file}`), "utf8"),
  ) as T[];
}

const agglomerations = new Map<string, OfficialAgglomeration | undefined>();

/** The agglomeration of this SIREN with its communes, or undefined. Reads 12 MB of JSON the first time. */
export function findAgglomeration(siren: string): OfficialAgglomeration | undefined {
  if (!agglomerations.has(siren)) agglomerations.set(siren, readAgglomeration(siren));
  return agglomerations.get(siren);
}

/** The commune of this INSEE code anywhere in France, or undefined. */
export function findCommune(code: string): OfficialCommune | undefined {
  const record = records<CommuneRecord>("communes.json").find(
    (commune) => isCurrent(commune) && commune.code === code,
  );
  return record && official(record);
}

function readAgglomeration(siren: string): OfficialAgglomeration | undefined {
  const epci = records<EpciRecord>("epci.json").find((record) => record.code === siren);
  if (!epci) return undefined;
  const members = new Set(epci.membres.map((member) => member.code));
  const communes = records<CommuneRecord>("communes.json").filter((c) => isCurrent(c) && members.has(c.code));
  return { siren, name: epci.nom, communes: communes.map(official) };
}

// The same file also holds delegated and associated communes, some under their old commune's code.
function isCurrent(commune: CommuneRecord): boolean {
  return commune.type === "commune-actuelle";
}

function official(record: CommuneRecord): OfficialCommune {
  return {
    code: record.code,
    name: record.nom,
    liaison: liaison(record.nom, record.typeLiaison ?? 0),
    siren: record.siren ?? null,
    postalCodes: record.codesPostaux ?? [],
  };
}

/** INSEE's "type de nom en clair" (TNCC): the article, which `name` already begins with, and how "de" meets it. */
export function liaison(name: string, type: number): string {
  const bare = name.replace(/^(Le|Les|Aux) /, "");
  if (type === 1) return `d’${name}`;
  if (type === 2) return `du ${bare}`;
  if (type === 4 || type === 6) return `des ${bare}`;
  return `de ${name}`;
}
