import { serviceFetch } from "@interco/platform/http-client";

export interface Page {
  status: number;
  url: string;
  headers: Headers;
  html: string;
}

/** A browser as far as the protocol goes: a cookie jar by host, redirects from site to site, the first form of a page. */
export class TestBrowser {
  readonly jars = new Map<string, Map<string, string>>();

  jarOf(url: string): Map<string, string> {
    const { host } = new URL(url);
    const jar = this.jars.get(host) ?? new Map<string, string>();
    this.jars.set(host, jar);
    return jar;
  }

  async request(url: string, init: RequestInit = {}): Promise<Page> {
    const jar = this.jarOf(url);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await serviceFetch(url, {
      ...init,
      redirect: "manual",
      headers: { accept: "text/html", ...(cookie ? { cookie } : {}), ...init.headers },
    });
    for (const line of response.headers.getSetCookie()) {
      const [pair = "", ...attributes] = line.split("; ");
      const at = pair.indexOf("=");
      const gone = attributes.some((one) => /^(expires=Thu, 01 Jan 1970|max-age=0)/i.test(one));
      if (gone) jar.delete(pair.slice(0, at));
      else jar.set(pair.slice(0, at), pair.slice(at + 1));
    }
    return { status: response.status, url, headers: response.headers, html: await response.text() };
  }

  /** Follows redirects to the page they lead to. `until` stops before asking for an address it accepts. */
  async open(
    url: string,
    init: RequestInit = {},
    until: (url: string) => boolean = () => false,
  ): Promise<Page> {
    let page = await this.request(url, init);
    for (let hops = 0; page.status >= 300 && page.status < 400; hops++) {
      if (hops > 15) throw new Error(`too many redirects, the last one from ${page.url}`);
      const next = new URL(page.headers.get("location") ?? "", page.url).href;
      if (until(next)) return { ...page, url: next };
      page = await this.request(next);
    }
    return page;
  }

  /** Sends the first form that posts, with its hidden values, those given, and its first named button. */
  async submit(
    page: Page,
    values: Record<string, string> = {},
    until?: (url: string) => boolean,
  ): Promise<Page> {
    const form = /<form[^>]*method="post"[\s\S]*?<\/form>/.exec(page.html)?.[0];
    if (!form) throw new Error(`no form on ${page.url} (${page.status}): ${page.html.slice(0, 400)}`);
    const body = new URLSearchParams();
    for (const [input] of form.matchAll(/<(?:input[^>]*type="hidden"|button)[^>]*>/g)) {
      const name = attribute(input, "name");
      if (name && !body.has(name)) body.set(name, attribute(input, "value") ?? "");
    }
    for (const [name, value] of Object.entries(values)) body.set(name, value);
    return this.open(
      new URL(attribute(form, "action") ?? page.url, page.url).href,
      {
        method: "POST",
        headers: { "content-type": "application/x-www-form-urlencoded" },
        body: body.toString(),
      },
      until,
    );
  }
}

function attribute(tag: string, name: string): string | undefined {
  const value = new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1];
  return value
    ?.replaceAll("&quot;", '"')
    .replaceAll("&#x3D;", "=")
    .replaceAll("&#x27;", "'")
    .replaceAll("&lt;", "<")
    .replaceAll("&amp;", "&");
}
