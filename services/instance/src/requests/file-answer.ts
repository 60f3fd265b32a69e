import type { FastifyReply } from "fastify";
import type { StoredFile } from "./file.ts";

/** Sends a photo to who may see it. It was drawn here, yet it is served as if it weren't: no script, no guess of its type. */
export function sendFile(reply: FastifyReply, file: StoredFile & { bytes: Buffer }): FastifyReply {
  return reply
    .header("cache-control", "private, max-age=3600")
    .header("content-disposition", `inline; filename="photo-${file.id.slice(-6)}.jpg"`)
    .header("content-security-policy", "default-src 'none'; sandbox")
    .header("x-content-type-options", "nosniff")
    .header("cross-origin-resource-policy", "same-origin")
    .type(file.mediaType)
    .send(file.bytes);
}
