import { Problem } from "./problem.ts";

// What Fastify and its plugins throw, in our own stable codes.
const KNOWN: Record<string, { code: string; status: number }> = {
  FST_CSRF_INVALID_TOKEN: { code: "form.expired", status: 403 },
  FST_CSRF_MISSING_SECRET: { code: "form.expired", status: 403 },
  FST_ERR_CTP_BODY_TOO_LARGE: { code: "input.too-large", status: 413 },
  FST_REQ_FILE_TOO_LARGE: { code: "file.too-large", status: 413 },
  FST_FILES_LIMIT: { code: "file.too-many", status: 413 },
  FST_PARTS_LIMIT: { code: "input.too-large", status: 413 },
  FST_FIELDS_LIMIT: { code: "input.too-large", status: 413 },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: { code: "input.media-type", status: 415 },
  FST_ERR_CTP_INVALID_JSON_BODY: { code: "input.invalid", status: 400 },
  FST_ERR_CTP_EMPTY_JSON_BODY: { code: "input.invalid", status: 400 },
  FST_ERR_VALIDATION: { code: "input.invalid", status: 422 },
  // PostgreSQL on text that is none: a NUL in an address, half an emoji in a JSON body.
  "22021": { code: "input.invalid", status: 422 },
  "22P05": { code: "input.invalid", status: 422 },
  FST_UNDER_PRESSURE: { code: "service.busy", status: 503 },
};

/** The problem to show for anything thrown: what isn't expected says nothing but "service.failed". */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const { code, statusCode } = error as { code?: string; statusCode?: number };
  const known = code ? KNOWN[code] : undefined;
  if (known) return new Problem(known.code, { status: known.status, cause: error });
  if (statusCode === 429) return new Problem("service.too-many", { status: 429, cause: error });
  if (statusCode && statusCode >= 400 && statusCode < 500)
    return new Problem("input.invalid", { status: statusCode, cause: error });
  return new Problem("service.failed", { status: 500, cause: error });
}
