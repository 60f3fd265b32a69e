import { expect } from "vitest";
import { eventually, type Member, type SmallFederation } from "./small-federation.ts";

/** A row of a list: all its columns but its search text, in which the source also has who asked, for who processes. */
export type Row = Record<string, unknown> & { request_id: string; version: number; relation: string };

/** What an entity hosted elsewhere must have: the source's own word, on the agglomeration's database. */
export async function sourceOf({ hub }: SmallFederation, member: Member): Promise<Row[]> {
  return rows(hub, "entity = $1 and shared and not projected", member.entity);
}

/** What it has. */
export async function heldBy(member: Member): Promise<Row[]> {
  return rows(member, "entity = $1 and projected", member.entity);
}

/** The entity's list becomes the source's, every column of every row. Returns its size. */
export async function becomesEqual(f: SmallFederation, member: Member, timeout = 60_000): Promise<number> {
  return eventually(async () => {
    const [source, held] = await Promise.all([sourceOf(f, member), heldBy(member)]);
    expect(held).toEqual(source);
    return held.length;
  }, timeout);
}

async function rows(member: Member, where: string, entity: string): Promise<Row[]> {
  const { rows: found } = await member.admin.query<{ row: Row }>(
    `select to_jsonb(re) - 'projected' - 'search' as row from request_entity re where ${where} order by request_id`,
    [entity],
  );
  return found.map(({ row }) => row);
}

/** From now on the member's database remembers each version of each row as it is written. */
export async function watchVersions(member: Member): Promise<void> {
  await member.admin.query(`
    create table seen_version (seq bigint generated always as identity, request_id uuid, version int);
    create function note_version() returns trigger language plpgsql security definer as $$
      begin
        insert into seen_version (request_id, version) values (new.request_id, new.version);
        return null;
      end $$;
    create trigger note_version after insert or update on request_entity
      for each row execute function note_version();`);
}

/** Versions written in an order that isn't strictly growing: an event applied twice, or an older one after a newer one. */
export async function disorder(member: Member): Promise<{ request: string; versions: number[] }[]> {
  const { rows: found } = await member.admin.query<{ request: string; versions: number[] }>(`
    select request_id as request, array_agg(version order by seq) as versions from seen_version group by 1`);
  return found.filter(({ versions }) =>
    versions.some((version, index) => index > 0 && version <= (versions[index - 1] ?? 0)),
  );
}

export async function seenCount(member: Member): Promise<number> {
  const { rows: found } = await member.admin.query("select count(*)::int as n from seen_version");
  return found[0].n;
}
