import { type Logger, pino, stdSerializers } from "pino";

export type { Logger };

/**
 * JSON lines on standard output. Headers that carry credentials and personal form fields are never written:
 * logs outlive the data they would copy.
 */
export function createLog(name: string, level = process.env.INTERCO_LOG ?? "info"): Logger {
  return pino({
    name,
    level,
    base: { name },
    serializers: { err: withoutRows, error: withoutRows },
    redact: {
      paths: [
        "req.headers.cookie",
        "req.headers.authorization",
        ...["password", "email", "token", "access_token"].flatMap((name) => [name, `*.${name}`]),
      ],
      censor: "[hidden]",
    },
  });
}

/** PostgreSQL quotes the row it refuses ("Failing row contains (…)"): what somebody typed would be in the log. */
function withoutRows(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { detail: _detail, where: _where, internalQuery: _query, ...said } = stdSerializers.err(error);
  return said;
}
