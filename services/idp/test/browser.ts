import { behindProxy } from "./running-idp.ts";

interface Cookie {
  value: string;
  path: string;
}

export interface Page {
  status: number;
  url: string;
  headers: Headers;
  html: string;
}

/** A browser as far as the protocol goes: cookies by host and path, redirects within one host, forms. */
export class Browser {
  readonly #cookies = new Map<string, Map<string, Cookie>>();
  readonly #from: Record<string, string>;

  /** @param address the network address it comes from, as a proxy on this machine would say it */
  constructor(address?: string) {
    this.#from = address ? { "x-forwarded-for": address } : {};
  }

  cookiesOf(host: string): Map<string, Cookie> {
    let jar = this.#cookies.get(host);
    if (!jar) {
      jar = new Map();
      this.#cookies.set(host, jar);
    }
    return jar;
  }

  async request(url: string, init: RequestInit = {}): Promise<Page> {
    const target = new URL(url);
    const jar = this.cookiesOf(target.host);
    const cookie = [...jar]
      .filter(([, c]) => target.pathname.startsWith(c.path))
      .map(([name, c]) => `${name}=${c.value}`)
      .join("; ");
    const response = await behindProxy(url, {
      ...init,
      redirect: "manual",
      headers: { accept: "text/html", ...this.#from, ...(cookie ? { cookie } : {}), ...init.headers },
    });
    for (const line of response.headers.getSetCookie()) this.#keep(jar, line);
    return { status: response.status, url, headers: response.headers, html: await response.text() };
  }

  /** Follows redirects until a page, or until an address of another origin (which isn't asked for). */
  async open(url: string, init: RequestInit = {}): Promise<Page> {
    let page = await this.request(url, init);
    for (let hops = 0; page.status >= 300 && page.status < 400; hops++) {
      if (hops > 10) throw new Error("too many redirects");
      const next = new URL(page.headers.get("location") ?? "", page.url);
      if (next.origin !== new URL(url).origin) return { ...page, url: next.href };
      page = await this.request(next.href);
    }
    return page;
  }

  /** Sends the first form of a page with its hidden values. `values` replace or add; `null` leaves one out. */
  async submit(page: Page, values: Record<string, string | null> = {}): Promise<Page> {
    const form = /<form[^>]*method="post"[^>]*>[\s\S]*?<\/form>/.exec(page.html)?.[0];
    if (!form) throw new Error(`no form on ${page.url}: ${page.html.slice(0, 300)}`);
    const action = decode(/action="([^"]*)"/.exec(form)?.[1] ?? page.url);
    const body = new URLSearchParams();
    for (const [input] of form.matchAll(/<input[^>]*type="hidden"[^>]*>/g))
      body.set(
        decode(/name="([^"]*)"/.exec(input)?.[1] ?? ""),
        decode(/value="([^"]*)"/.exec(input)?.[1] ?? ""),
      );
    for (const [name, value] of Object.entries(values))
      value === null ? body.delete(name) : body.set(name, value);
    return this.open(new URL(action, page.url).href, {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: body.toString(),
    });
  }

  #keep(jar: Map<string, Cookie>, line: string): void {
    const [pair = "", ...attributes] = line.split("; ");
    const [name = "", ...value] = pair.split("=");
    const path = attributes.find((a) => a.toLowerCase().startsWith("path="))?.slice(5) ?? "/";
    const gone = attributes.some((a) => /^expires=Thu, 01 Jan 1970/i.test(a));
    if (gone) jar.delete(name);
    else jar.set(name, { value: value.join("="), path });
  }
}

function decode(text: string): string {
  return text
    .replaceAll("&amp;", "&")
    .replaceAll("&quot;", '"')
    .replaceAll("&#x3D;", "=")
    .replaceAll("&lt;", "<")
    .replaceAll("&#x27;", "'");
}
