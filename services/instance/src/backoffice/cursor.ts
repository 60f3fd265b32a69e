/** Where a page of a list ends: what the list is sorted by, and the request's id for rows of the same instant. */
export interface Cursor {
  /** A timestamp as PostgreSQL writes it, to the microsecond: a JavaScript date would lose some and show rows twice. */
  at: string;
  id: string;
}

const SHAPE =
  /^(\d{4,6}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,6})?\+\d\d(?::\d\d)?)_([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

export function writeCursor(cursor: Cursor): string {
  return Buffer.from(`${cursor.at}_${cursor.id}`).toString("base64url");
}

/** Undefined for what isn't one of ours: the list then starts at its beginning. */
export function readCursor(text: string | undefined): Cursor | undefined {
  const match = text ? SHAPE.exec(Buffer.from(text, "base64url").toString("latin1")) : null;
  const [, at, id] = match ?? [];
  return at && id ? { at, id } : undefined;
}
