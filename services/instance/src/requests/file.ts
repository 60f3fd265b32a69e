/** A photo kept with a draft or a request. */
export interface StoredFile {
  id: string;
  entity: string;
  /** The question it answers. */
  field: string;
  name: string;
  mediaType: string;
  /** Bytes. */
  size: number;
}

/** What a photo may weigh as it is sent, in bytes. */
export const MAX_FILE_BYTES = 10 * 1024 * 1024;

/** Why a file isn't taken; `requests.file.<refusal>` says it in words. */
export type FileRefusal = "too-large" | "not-an-image" | "unreadable" | "too-many" | "heic";
