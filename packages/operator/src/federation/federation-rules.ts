import type { Federation } from "@interco/contracts/federation";
import { findAgglomeration } from "./official-data.ts";

/** Something the schema can't see. `pointer` is a JSON pointer into the file. */
export interface Fault {
  pointer: string;
  message: string;
}

/** Every fault of a federation that has the right shape; none: it can be applied. */
export function federationFaults(federation: Federation): Fault[] {
  const agglomeration = findAgglomeration(federation.agglomeration);
  if (!agglomeration) {
    return [
      { pointer: "/agglomeration", message: `no agglomeration has the SIREN ${federation.agglomeration}` },
    ];
  }
  const territory = new Set([
    federation.agglomeration,
    ...agglomeration.communes.map((commune) => commune.code),
  ]);
  return [
    ...entityFaults(federation, territory),
    ...hostingFaults(federation),
    ...accountFaults(federation),
    ...upstreamFaults(federation),
  ];
}

function entityFaults(federation: Federation, territory: Set<string>): Fault[] {
  const faults: Fault[] = [];
  federation.entities.forEach((entity, index) => {
    const pointer = `/entities/${index}/code`;
    if (!territory.has(entity.code))
      faults.push({ pointer, message: `${entity.code} is outside the territory` });
  });
  faults.push(
    ...repeated(
      federation.entities.map((e) => e.code),
      (i) => `/entities/${i}/code`,
      "is already an entity",
    ),
    ...repeated(
      [...federation.entities.map((e) => e.slug), federation.idp.slug],
      (i) => (i < federation.entities.length ? `/entities/${i}/slug` : "/idp/slug"),
      "is already a host name",
    ),
    ...repeated(
      [...federation.entities, ...(federation.partners ?? [])].map((e) => e.shortCode),
      (i) =>
        i < federation.entities.length
          ? `/entities/${i}/shortCode`
          : `/partners/${i - federation.entities.length}/shortCode`,
      "is already a short code",
    ),
  );
  return faults;
}

function hostingFaults(federation: Federation): Fault[] {
  const faults = repeated(
    federation.instances.map((i) => i.name),
    (i) => `/instances/${i}/name`,
    "is already an instance",
  );
  const entities = new Set(federation.entities.map((entity) => entity.code));
  const hosted = new Set<string>();
  federation.instances.forEach((instance, i) => {
    instance.hosts.forEach((code, h) => {
      const pointer = `/instances/${i}/hosts/${h}`;
      if (!entities.has(code)) faults.push({ pointer, message: `${code} is not among the entities` });
      else if (hosted.has(code)) faults.push({ pointer, message: `${code} is already hosted` });
      hosted.add(code);
    });
  });
  federation.entities.forEach((entity, i) => {
    if (!hosted.has(entity.code)) {
      faults.push({ pointer: `/entities/${i}/code`, message: `no instance hosts ${entity.code}` });
    }
  });
  if (!hosted.has(federation.agglomeration)) {
    faults.push({ pointer: "/agglomeration", message: "no instance hosts the agglomeration" });
  }
  return faults;
}

function accountFaults(federation: Federation): Fault[] {
  const accounts = federation.accounts ?? [];
  const faults = repeated(
    accounts.map((account) => account.email),
    (i) => `/accounts/${i}/email`,
    "is already an account",
  );
  accounts.forEach((account, i) => {
    const pointer = `/accounts/${i}`;
    if (account.role === "citizen") {
      if (account.entity) faults.push({ pointer, message: "a citizen belongs to no entity" });
      return;
    }
    const entity = federation.entities.find((e) => e.code === account.entity);
    if (!entity) {
      faults.push({ pointer, message: `${account.email} needs an entity with a site` });
      return;
    }
    const known = new Set(entity.teams?.map((team) => team.code));
    for (const team of account.teams ?? []) {
      if (!known.has(team)) faults.push({ pointer, message: `${entity.code} has no team ${team}` });
    }
  });
  return faults;
}

/** An upstream names entities of this file, each once, and a SIREN is of one entity. */
function upstreamFaults({ upstreams = {}, entities }: Federation): Fault[] {
  const known = new Set(entities.map(({ code }) => code));
  const clients = upstreams.franceConnect?.clients ?? [];
  const employers = upstreams.proConnect?.entities ?? [];
  const others = upstreams.others ?? [];
  const at = {
    client: (i: number) => `/upstreams/franceConnect/clients/${i}/entity`,
    employer: (i: number) => `/upstreams/proConnect/entities/${i}/entity`,
    other: (i: number) => `/upstreams/others/${i}/entity`,
  };
  const unknown = (codes: (string | undefined)[], pointer: (index: number) => string) =>
    codes.flatMap((code, i) =>
      code && !known.has(code) ? [{ pointer: pointer(i), message: `${code} is not among the entities` }] : [],
    );
  const codesOf = (lines: { entity: string }[]) => lines.map(({ entity }) => entity);
  const sirens = employers.flatMap((line, i) => line.sirens.map((siren) => ({ siren, i })));
  return [
    ...unknown(codesOf(clients), at.client),
    ...unknown(codesOf(employers), at.employer),
    ...unknown(
      others.map(({ entity }) => entity),
      at.other,
    ),
    ...repeated(codesOf(clients), at.client, "has a client already"),
    ...repeated(codesOf(employers), at.employer, "has its SIRENs already"),
    ...repeated(
      sirens.map(({ siren }) => siren),
      (index) => at.employer(sirens[index]?.i ?? 0),
      "is already an entity's",
    ),
    ...repeated(
      ["franceconnect", "proconnect", ...others.map(({ id }) => id)],
      (index) => `/upstreams/others/${index - 2}/id`,
      "is already an upstream",
    ),
  ];
}

function repeated(values: string[], pointer: (index: number) => string, message: string): Fault[] {
  return values.flatMap((value, index) =>
    values.indexOf(value) < index ? [{ pointer: pointer(index), message: `${value} ${message}` }] : [],
  );
}
