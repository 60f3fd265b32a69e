import { serviceFetch } from "@interco/platform/http-client";
import { passSecondStep } from "@interco/testing/second-step";

/** A browser without screens: cookies, redirects and forms, over real HTTP. */
export class Client {
  readonly #cookies = new Map<string, Map<string, string>>();

  async get(url: string): Promise<{ url: string; status: number; body: string }> {
    return this.#follow(url, { method: "GET" });
  }

  async post(
    url: string,
    fields: Record<string, string>,
  ): Promise<{ url: string; status: number; body: string }> {
    return this.#follow(url, {
      method: "POST",
      body: new URLSearchParams(fields).toString(),
      headers: { "content-type": "application/x-www-form-urlencoded" },
    });
  }

  /** The Cookie header this client would send to a host. */
  cookies(url: string): string {
    return [...(this.#cookies.get(new URL(url).hostname) ?? [])]
      .map(([name, value]) => `${name}=${value}`)
      .join("; ");
  }

  async #follow(start: string, init: { method: string; body?: string; headers?: Record<string, string> }) {
    let url = start;
    let next = init;
    for (let hop = 0; hop < 15; hop += 1) {
      const cookie = this.cookies(url);
      const response = await serviceFetch(url, {
        ...next,
        headers: { accept: "text/html", ...next.headers, ...(cookie ? { cookie } : {}) },
        redirect: "manual",
      });
      this.#keep(url, response.headers.getSetCookie());
      const location = response.headers.get("location");
      const body = await response.text();
      if (!location || response.status < 300 || response.status > 399)
        return { url, status: response.status, body };
      url = new URL(location, url).href;
      next = { method: "GET" };
    }
    throw new Error(`too many redirects from ${start}`);
  }

  #keep(url: string, lines: readonly string[]): void {
    const host = new URL(url).hostname;
    const jar = this.#cookies.get(host) ?? new Map<string, string>();
    for (const line of lines) {
      const [pair = "", ...attributes] = line.split(";");
      const at = pair.indexOf("=");
      const gone = attributes.some(
        (attribute) => /^\s*max-age=0\s*$/i.test(attribute) || /expires=Thu, 01 Jan 1970/i.test(attribute),
      );
      if (gone) jar.delete(pair.slice(0, at).trim());
      else jar.set(pair.slice(0, at).trim(), pair.slice(at + 1).trim());
    }
    this.#cookies.set(host, jar);
  }
}

/** Hidden fields of the page's form that posts (tokens, interaction ids). */
export function hiddenFields(html: string): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const [tag] of html.matchAll(/<input[^>]*type="hidden"[^>]*>/g)) {
    const name = /name="([^"]*)"/.exec(tag)?.[1];
    if (name) fields[name] = /value="([^"]*)"/.exec(tag)?.[1] ?? "";
  }
  return fields;
}

/** Signs in on a page that leads to the identity provider, with the code of who has a program; ends on the site asked for. */
export async function signIn(
  client: Client,
  url: string,
  account: { email: string; password: string; totp?: string | null },
) {
  const { email, password, totp } = account;
  let done = await sendForm(client, await client.get(url), { email, password });
  if (totp && new URL(done.url).pathname.endsWith("/verification"))
    await passSecondStep(totp, async (code) => {
      done = await sendForm(client, done, { code });
      return done.status === 200;
    });
  if (done.status !== 200) throw new Error(`signing in ended with ${done.status} at ${done.url}`);
  return done;
}

async function sendForm(
  client: Client,
  page: { url: string; body: string },
  fields: Record<string, string>,
): Promise<{ url: string; status: number; body: string }> {
  const action =
    /<form[^>]*method="post"[^>]*action="([^"]*)"|<form[^>]*action="([^"]*)"[^>]*method="post"/.exec(
      page.body,
    );
  const target = new URL((action?.[1] ?? action?.[2] ?? page.url).replaceAll("&amp;", "&"), page.url).href;
  return client.post(target, { ...hiddenFields(page.body), ...fields });
}
