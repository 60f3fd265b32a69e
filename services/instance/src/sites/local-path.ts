/** The path to go back to, on this site only: anything else leads home (no open redirect). */
export function localPath(value: string | undefined): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
  if (!value?.startsWith("/") || value.startsWith("//") || /[\\\u0000-\u001f]/.test(value)) return "/";
  const url = new URL(value, "http://site.invalid");
  return url.host === "site.invalid" ? `${url.pathname}${url.search}` : "/";
}
