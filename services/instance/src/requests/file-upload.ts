import multipart from "@fastify/multipart";
import type { App } from "../deps.ts";
import { MAX_FILE_BYTES } from "./file.ts";

/** A file as it was sent; `bytes` is null when it was over the limit. */
export interface Upload {
  field: string;
  name: string;
  bytes: Buffer | null;
}

declare module "fastify" {
  interface FastifyRequest {
    uploads: Upload[];
  }
}

/** No form asks for more; what is beyond is read past and dropped, so that the fields after it still arrive. */
const MAX_KEPT = 5;

/**
 * Lets the routes of a scope take files: fields go to `request.body` as from any form, files to `request.uploads`.
 * Nothing is refused here, so that the page can say what is wrong beside the question and lose nothing typed.
 */
export async function takeUploads(scope: App): Promise<void> {
  await scope.register(multipart, {
    throwFileSizeLimit: false,
    limits: { fileSize: MAX_FILE_BYTES, files: 30, fields: 200, fieldSize: 64 * 1024, parts: 230 },
  });
  scope.decorateRequest("uploads");
  scope.addHook("onRequest", async (request) => {
    request.uploads = [];
  });
  scope.addHook("preValidation", async (request) => {
    if (!request.isMultipart()) return;
    const fields: Record<string, string | string[]> = {};
    for await (const part of request.parts()) {
      if (part.type === "field") {
        if (typeof part.value === "string") add(fields, part.fieldname, part.value);
      } else if (request.uploads.length >= MAX_KEPT) {
        part.file.resume();
      } else {
        const bytes = await part.toBuffer();
        // A question left without a file posts an empty one without a name.
        if (!part.filename && bytes.length === 0) continue;
        request.uploads.push({
          field: part.fieldname,
          name: part.filename,
          bytes: part.file.truncated ? null : bytes,
        });
      }
    }
    request.body = fields;
  });
}

function add(fields: Record<string, string | string[]>, name: string, value: string): void {
  if (!/^[\w.-]{1,80}$/.test(name) || name === "__proto__") return;
  const known = fields[name];
  fields[name] = known === undefined ? value : [known, value].flat();
}
