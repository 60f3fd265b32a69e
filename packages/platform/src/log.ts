import { type DestinationStream, type Logger, type LoggerOptions, pino, stdSerializers } from "pino";

export type { Logger };

/**
 * JSON lines, on standard output unless told elsewhere. Headers that carry credentials and personal form fields are never written:
 * logs outlive the data they would copy.
 */
export function createLog(
  name: string,
  level = process.env.INTERCO_LOG ?? "info",
  destination?: DestinationStream,
): Logger {
  const options: LoggerOptions = {
    name,
    level,
    base: { name },
    serializers: { err: withoutSecrets, error: withoutSecrets },
    redact: {
      paths: [
        "req.headers.cookie",
        "req.headers.authorization",
        ...["password", "email", "token", "access_token"].flatMap((name) => [name, `*.${name}`]),
      ],
      censor: "[hidden]",
    },
  };
  return destination ? pino(options, destination) : pino(options);
}

// PostgreSQL quotes the row it refuses ("Failing row contains (…)"); an address that can't be read is in `input` and `base`.
const TELLING = new Set(["detail", "where", "internalQuery", "input", "base"]);

/** An error as it may be logged, with those inside it: what somebody typed and passwords of addresses would be in the log. */
function withoutSecrets(error: unknown): unknown {
  return error instanceof Error ? cleaned(stdSerializers.err(error)) : error;
}

function cleaned(value: unknown, above: readonly object[] = []): unknown {
  if (typeof value === "string") return value.replaceAll(PASSWORD, "$1[hidden]@");
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  // Errors of libraries hold their sockets, and these hold each other.
  if (above.includes(value) || above.length > DEEPEST) return "[…]";
  const within = [...above, value];
  if (Array.isArray(value)) return value.map((each) => cleaned(each, within));
  const said = Object.entries(value).filter(([name]) => !TELLING.has(name));
  return Object.fromEntries(
    said.map(([name, each]) => [name, each instanceof Error ? each.name : cleaned(each, within)]),
  );
}

const DEEPEST = 5;

/** What stands before the host of an address: `postgres://service:secret@…`, where a password may hold what an address may not. */
const PASSWORD = /(\b(?!file:)[a-z][a-z0-9+.-]*:\/\/)\S*@/gi;
