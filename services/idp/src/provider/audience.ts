const AUDIENCE = /^urn:interco:entity:([a-z0-9]{12})$/;

/** The entity an audience names (`urn:interco:entity:<id>`), undefined for anything else. */
export function entityOfAudience(audience: string): string | undefined {
  return AUDIENCE.exec(audience)?.[1];
}
