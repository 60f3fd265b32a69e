import { type Logger, pino } from "pino";

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
    redact: {
      paths: [
        "req.headers.cookie",
        "req.headers.authorization",
        "*.password",
        "*.email",
        "*.token",
        "*.access_token",
      ],
      censor: "[hidden]",
    },
  });
}
