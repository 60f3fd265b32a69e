/**
 * An expected refusal with a stable code: what a person or a program did can't be done, and why.
 * Thrown by rules and use cases, which know no HTTP; turned into a page or an RFC 9457 document at the edge.
 * `params` fill the message of the person's language (`problem.<code>` in the catalogues) and never hold secrets.
 */
export class Problem extends Error {
  readonly code: string;
  readonly status: number;
  readonly params: Record<string, string | number>;

  constructor(
    code: string,
    options: { status?: number; params?: Record<string, string | number>; cause?: unknown } = {},
  ) {
    super(code, { cause: options.cause });
    this.name = "Problem";
    this.code = code;
    this.status = options.status ?? 400;
    this.params = options.params ?? {};
  }
}

/** What was wrong with one part of what a program sent: a JSON Pointer (RFC 6901) to it, and why. */
export interface WrongPart {
  pointer: string;
  detail: string;
}

/**
 * The RFC 9457 (application/problem+json) document of a problem. `type` and `code` are stable and listed in
 * `docs/generated/problems.md`; `title` and `detail` are for people and change.
 */
export interface ProblemDocument {
  type: string;
  title: string;
  status: number;
  code: string;
  detail?: string;
  params?: Record<string, string | number>;
  errors?: WrongPart[];
}

/** The document that says a problem to a program. */
export function problemDocument(
  { code, status, params, cause }: Problem,
  words: { title: string; detail?: string },
): ProblemDocument {
  const errors = wrongParts(cause);
  return {
    type: `urn:interco:problem:${code}`,
    status,
    code,
    ...words,
    ...(Object.keys(params).length > 0 ? { params } : {}),
    ...(errors.length > 0 ? { errors } : {}),
  };
}

/** What Fastify's validation found, with where: in the body, the query, the address or the headers. */
function wrongParts(cause: unknown): WrongPart[] {
  const { validation, validationContext } = (cause ?? {}) as {
    validation?: { instancePath?: string; message?: string }[];
    validationContext?: string;
  };
  return (validation ?? []).slice(0, 20).map(({ instancePath = "", message = "" }) => ({
    pointer: `/${validationContext ?? "body"}${instancePath}`,
    detail: message,
  }));
}
