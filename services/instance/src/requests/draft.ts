import type { Author } from "../audit/author.ts";

/** A form as typed: strings by posted name, right or wrong. `validateAll` makes answers of it. */
export type Typed = Record<string, string | string[]>;

/** A form being filled. Its token is in the address of its pages and nowhere else. */
export interface Draft {
  hash: Buffer;
  entity: string;
  procedureSlug: string;
  procedureVersion: number;
  typed: Typed;
  /** Entity id of the commune whose site led here: shown, prefilled, and of no effect on who may see. */
  fromCommune: string | null;
  filedFor: FiledFor | null;
  lang: "fr" | "en";
  /** Set once it has been sent. */
  requestId: string | null;
  trackingSealed: Buffer | null;
  expiresAt: Date;
}

/** An agent who fills it for somebody at the counter or on the phone. */
export interface FiledFor {
  source: "counter" | "phone";
  author: Author;
}

/** A draft is kept this long after it was last written. */
export const DRAFT_HOURS = 24;
