import { type Language, languages } from "@interco/ui/messages";

const COOKIE = "langue";

export interface LanguageHints {
  /** `?lang=` of the switch. */
  chosen?: unknown;
  cookieHeader?: string | undefined;
  /** OpenID's `ui_locales`, in order of preference. */
  uiLocales?: unknown;
  acceptLanguage?: string | undefined;
}

/** The language of a page: what was chosen here, then what the site asked for, then the browser's; French else. */
export function languageOf(hints: LanguageHints): Language {
  const cookie = new RegExp(`(?:^|; ?)${COOKIE}=(\\w+)`).exec(hints.cookieHeader ?? "")?.[1];
  const wanted = [
    hints.chosen,
    cookie,
    ...String(hints.uiLocales ?? "").split(" "),
    ...(hints.acceptLanguage ?? "").split(",").map((part) => part.split(";")[0]?.trim()),
  ];
  for (const value of wanted) {
    const known = languages.find(
      (language) =>
        String(value ?? "")
          .toLowerCase()
          .split("-")[0] === language,
    );
    if (known) return known;
  }
  return "fr";
}

/** The cookie that keeps a chosen language for a year; undefined where none was chosen. */
export function languageCookie(chosen: unknown, secure: boolean): string | undefined {
  if (!languages.some((language) => language === chosen)) return undefined;
  return `${COOKIE}=${chosen}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax${secure ? "; Secure" : ""}`;
}

/** The same address in the other language. */
export function inOtherLanguage(url: string, language: Language) {
  const { pathname, searchParams } = new URL(url, "http://local");
  const code = language === "fr" ? ("en" as const) : ("fr" as const);
  searchParams.set("lang", code);
  return { code, label: code === "en" ? "English" : "Français", href: `${pathname}?${searchParams}` };
}
