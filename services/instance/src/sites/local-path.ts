/** The path to go back to, on this site only: anything else leads home (no open redirect). */
export function localPath(value: string | undefined): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
  if (!value?.startsWith("/") || value.startsWith("//") || /[\\\u0000-\u001f]/.test(value)) return "/";
  const url = URL.parse(value, "http://site.invalid");
  // Looked at again once the dots are resolved: "/.//elsewhere" has become "//elsewhere".
  return url?.host === "site.invalid" && !url.pathname.startsWith("//")
    ? `${url.pathname}${url.search}`
    : "/";
}
