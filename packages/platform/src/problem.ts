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

/** The RFC 9457 (application/problem+json) document of a problem. */
export interface ProblemDocument {
  type: string;
  title: string;
  status: number;
  code: string;
  detail?: string;
  errors?: { field: string; message: string }[];
}
