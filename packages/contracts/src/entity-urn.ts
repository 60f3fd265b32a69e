const PREFIX = "urn:interco:entity:";

/** The shape of an entity's URN, as a JSON Schema pattern. */
export const ENTITY_URN = `^${PREFIX}[a-z0-9]{12}$`;
const shape = new RegExp(ENTITY_URN);

/** How an entity is named in an event's `source` and in the audience of tokens made for it (RFC 8707 `resource`). */
export function entityUrn(id: string): string {
  return PREFIX + id;
}

/** The id of the entity a URN names; undefined for anything else. */
export function entityOfUrn(urn: string): string | undefined {
  return shape.test(urn) ? urn.slice(PREFIX.length) : undefined;
}
