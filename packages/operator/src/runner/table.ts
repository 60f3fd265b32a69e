import type { announcement } from "./announcement.ts";

/** The table printed when all is ready: sites, then accounts, then where mails are. */
export function readyTable(said: ReturnType<typeof announcement>): string {
  const sites = said.entities.map((entity) => [entity.name ?? entity.code, entity.instance, entity.portal]);
  const names = new Map(said.entities.map((entity) => [entity.code, entity.name ?? entity.code]));
  const accounts = said.accounts.map((account) => [
    account.email,
    account.password ?? "",
    account.entity ? `${account.role}, ${names.get(account.entity) ?? account.entity}` : account.role,
  ]);
  return [
    "",
    ...columns([["SITE", "INSTANCE", "ADDRESS"], ...sites, ["Sign-in", "idp", `${said.idp.issuer}/`]]),
    ...(said.mail.web ? [`Mails: ${said.mail.web}`] : []),
    "Backoffices are at /backoffice/ on each site.",
    "",
    ...columns([["ACCOUNT", "PASSWORD", "ROLE"], ...accounts]),
    ...(said.accounts.some(({ totp }) => totp)
      ? [
          "",
          "Whoever works in a backoffice types a code after the password: npm run interco -- code EMAIL prints it.",
        ]
      : []),
    "",
  ].join("\n");
}

export function columns(rows: string[][]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? "").length)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
