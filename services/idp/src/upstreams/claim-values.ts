import { UpstreamRefusal } from "./upstream.ts";

const LONGEST = 254;

/**
 * A claim that must be there, as one line of text.
 *
 * @throws UpstreamRefusal where it is missing or isn't text.
 */
export function textClaim(claims: Readonly<Record<string, unknown>>, name: string): string {
  const value = optionalText(claims, name);
  if (!value) throw new UpstreamRefusal("incomplete", `the claim ${name} is missing`);
  return value;
}

/** The same where it may be missing: empty then. */
export function optionalText(claims: Readonly<Record<string, unknown>>, name: string): string {
  const value = claims[name];
  if (typeof value !== "string") return "";
  const line = value.normalize("NFC").replace(/\s+/g, " ").trim();
  if (line.length > LONGEST) throw new UpstreamRefusal("incomplete", `the claim ${name} is too long`);
  return line;
}
