import { fileTypeFromBuffer } from "file-type";
import type { FileRefusal } from "./file.ts";

export interface CleanImage {
  bytes: Buffer;
  mediaType: "image/jpeg";
}

const MAX_SIDE = 2048;
/** A small file can unfold into gigabytes: no phone takes more than this. */
const MAX_PIXELS = 60_000_000;
const READABLE = new Set(["image/jpeg", "image/png", "image/webp", "image/heic", "image/heif", "image/avif"]);

/**
 * Draws a photo again: what leaves is a JPEG of at most 2048 pixels a side, upright, with nothing of what the
 * camera wrote beside it (EXIF, GPS, thumbnails, comments), nor of what somebody hid behind the picture. The type
 * is read in the file itself; its name and what the browser says count for nothing.
 */
export async function cleanImage(bytes: Buffer): Promise<CleanImage | FileRefusal> {
  const type = await fileTypeFromBuffer(bytes);
  if (!type || !READABLE.has(type.mime)) return "not-an-image";
  return oneAtATime(async () => {
    const sharp = await loadSharp();
    try {
      const redrawn = await sharp(bytes, { limitInputPixels: MAX_PIXELS, failOn: "error", pages: 1 })
        .rotate()
        .resize({ width: MAX_SIDE, height: MAX_SIDE, fit: "inside", withoutEnlargement: true })
        .flatten({ background: "#ffffff" })
        .jpeg({ quality: 82, progressive: true })
        .toBuffer();
      return { bytes: redrawn, mediaType: "image/jpeg" };
    } catch {
      return /hei[cf]/.test(type.mime) ? "heic" : "unreadable";
    }
  });
}

// Some 30 MB that most instances never need: loaded with the first photo.
let loading: Promise<typeof import("sharp")["default"]> | undefined;
function loadSharp() {
  loading ??= import("sharp").then(({ default: sharp }) => {
    sharp.concurrency(1);
    sharp.cache(false);
    return sharp;
  });
  return loading;
}

// A decoded photo holds some 150 MB for a moment: never two of them.
let last: Promise<unknown> = Promise.resolve();
function oneAtATime<T>(work: () => Promise<T>): Promise<T> {
  const next = last.then(work, work);
  last = next.catch(() => {});
  return next;
}
