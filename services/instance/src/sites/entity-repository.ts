import type { EventOf } from "@interco/contracts/cloud-event";
import type { profileChanged } from "@interco/contracts/events/profile-changed";
import type { territoryChanged } from "@interco/contracts/events/territory-changed";
import type { EntityContact, TerritoryEntity } from "@interco/contracts/instance-seed";
import { sql } from "kysely";
import type { Database, Transaction } from "../database.ts";
import type { Entity } from "./entity.ts";

const COLUMNS = [
  "id",
  "code",
  "kind",
  "name",
  "full_name",
  "short_name",
  "liaison",
  "short_code",
  "site_url",
  "postal_codes",
  "brand",
  "logo_svg",
  "contact",
  "mail_sender",
  "hosted",
] as const;

/** Changes whenever an entity is added or edited. */
export async function lastEntityChange(db: Database): Promise<string> {
  const row = await db.open
    .selectFrom("entity")
    .select((eb) => [eb.fn.max("updated_at").as("at"), eb.fn.countAll<number>().as("count")])
    .executeTakeFirstOrThrow();
  return `${row.at?.getTime()} ${row.count}`;
}

/** Every entity of the territory, the agglomeration first, then communes and partners by name. */
export async function listEntities(open: Database["open"]): Promise<Entity[]> {
  const rows = await open
    .selectFrom("entity")
    .select(COLUMNS)
    .orderBy(sql`array_position(array['agglomeration', 'commune', 'partner'], kind)`)
    .orderBy("name")
    .execute();
  return rows.map((row) => ({
    id: row.id,
    code: row.code,
    kind: row.kind as Entity["kind"],
    name: row.name,
    fullName: row.full_name,
    shortName: row.short_name,
    liaison: row.liaison,
    shortCode: row.short_code,
    siteUrl: row.site_url,
    postalCodes: row.postal_codes,
    brand: row.brand,
    logoSvg: row.logo_svg,
    contact: row.contact as EntityContact,
    mailSender: row.mail_sender,
    hosted: row.hosted,
  }));
}

/** What an entity says of itself: where it has, the territory's description no longer does. */
const PROFILE = ["name", "full_name", "short_name", "liaison", "brand", "logo_svg", "contact"] as const;
/** What only the territory's description says, the address its mails come from included (see `applyProfile`). */
const DESCRIBED = [
  "code",
  "kind",
  "short_code",
  "site_url",
  "postal_codes",
  "mail_sender",
  "hosted",
] as const;

/**
 * Writes what the territory's description says of an entity; `hosted` says whether this instance answers for it.
 * An entity that said of itself how it looks and is reached keeps it. Returns whether anything changed.
 */
export async function upsertEntity(
  trx: Transaction,
  entity: TerritoryEntity,
  hosted: boolean,
): Promise<boolean> {
  const values = {
    code: entity.code,
    kind: entity.kind,
    name: entity.name,
    full_name: entity.fullName,
    short_name: entity.shortName ?? null,
    liaison: entity.liaison,
    short_code: entity.shortCode,
    site_url: entity.siteUrl,
    postal_codes: entity.postalCodes,
    brand: entity.theme.brand,
    logo_svg: entity.theme.logoSvg,
    contact: JSON.stringify(entity.contact),
    mail_sender: entity.mailSender ?? null,
    hosted,
  };
  const own = sql`(entity.profile_version > 0)`;
  const next = [
    ...DESCRIBED.map((column) => ({ column, value: sql`excluded.${sql.ref(column)}` })),
    ...PROFILE.map((column) => ({
      column,
      value: sql`case when ${own} then ${sql.ref(`entity.${column}`)} else excluded.${sql.ref(column)} end`,
    })),
  ];
  const result = await trx
    .insertInto("entity")
    .values({ id: entity.id, ...values })
    .onConflict((conflict) =>
      conflict
        .column("id")
        .doUpdateSet({
          ...Object.fromEntries(next.map(({ column, value }) => [column, value])),
          updated_at: sql`now()`,
        })
        .where(
          sql<boolean>`(${sql.join(next.map(({ column }) => sql.ref(`entity.${column}`)))})
            is distinct from (${sql.join(next.map(({ value }) => value))})`,
        ),
    )
    .executeTakeFirst();
  return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
}

const UNKNOWN_CONTACT: EntityContact = {
  phone: null,
  email: null,
  address: null,
  postalCode: null,
  city: null,
  hours: [],
};

/** What the agglomeration says of the territory; entities hosted here know better about themselves. */
export async function learnEntities(
  trx: Transaction,
  entities: EventOf<typeof territoryChanged>["data"]["entities"],
): Promise<void> {
  for (const entity of entities) {
    const values = {
      code: entity.code,
      kind: entity.kind,
      name: entity.name,
      full_name: entity.fullName,
      short_name: entity.shortName,
      liaison: entity.liaison,
      short_code: entity.shortCode,
      site_url: entity.siteUrl,
      postal_codes: entity.postalCodes,
      brand: entity.brand,
    };
    await trx
      .insertInto("entity")
      .values({ id: entity.id, ...values, contact: JSON.stringify(UNKNOWN_CONTACT) })
      .onConflict((conflict) =>
        conflict
          .column("id")
          .doUpdateSet({ ...values, updated_at: sql`now()` })
          .where("entity.hosted", "=", false),
      )
      .execute();
  }
}

/**
 * How an entity hosted elsewhere says it looks and is reached; an older word changes nothing. Not where its mails come from: the
 * agglomeration sends them, in the name of any address it would be told, so only `federation.yaml` names one.
 */
export async function applyProfile(
  trx: Transaction,
  id: string,
  profile: EventOf<typeof profileChanged>["data"],
): Promise<void> {
  await trx
    .updateTable("entity")
    .set({
      name: profile.name,
      full_name: profile.fullName,
      short_name: profile.shortName,
      liaison: profile.liaison,
      brand: profile.theme.brand,
      logo_svg: profile.theme.logoSvg,
      contact: JSON.stringify(profile.contact),
      profile_version: profile.version,
      updated_at: sql`now()`,
    })
    .where("id", "=", id)
    .where("hosted", "=", false)
    // Versions are seconds; of two words of one second the later comes last.
    .where("profile_version", "<=", profile.version)
    .execute();
}
