/** The cookie that keeps a person's choice of language. */
export const LANGUAGE_COOKIE = "interco_lang";

/** The person's choice, else what their browser prefers, else French. */
export function languageOf(cookie: string | undefined, acceptLanguage: string | undefined): "fr" | "en" {
  if (cookie === "fr" || cookie === "en") return cookie;
  const preferred = (acceptLanguage ?? "")
    .split(",")
    .map((part) => {
      const [tag = "", ...parameters] = part.trim().split(";");
      const weight = parameters.map((parameter) => /^\s*q=([\d.]+)/.exec(parameter)?.[1]).find(Boolean);
      return { lang: tag.slice(0, 2).toLowerCase(), weight: weight ? Number(weight) : 1 };
    })
    .filter(({ lang, weight }) => (lang === "fr" || lang === "en") && weight > 0)
    .sort((a, b) => b.weight - a.weight)[0];
  return preferred?.lang === "en" ? "en" : "fr";
}
