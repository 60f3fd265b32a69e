import type { RunningApp } from "../src/app.ts";

type Answer = Awaited<ReturnType<RunningApp["http"]["inject"]>>;

/** A citizen's browser for tests: keeps cookies, follows redirects, fills in the forms it is shown. */
export class CitizenBrowser {
  readonly #http: RunningApp["http"];
  readonly #host: string;
  readonly cookies = new Map<string, string>();
  page!: Answer;
  url = "/";

  constructor(instance: RunningApp, host: string) {
    this.#http = instance.http;
    this.#host = host;
  }

  async open(url: string): Promise<Answer> {
    return this.#go({ method: "GET", url });
  }

  /** Posts the form whose action is this page's (or `action`), with its hidden fields, `fields` and files. */
  async send(
    fields: Record<string, string | string[]>,
    options: { action?: string; files?: TestFile[]; csrf?: string; origin?: string } = {},
  ): Promise<Answer> {
    const form = this.form(options.action);
    const all = { ...form.hidden, ...fields, ...(options.csrf === undefined ? {} : { _csrf: options.csrf }) };
    const url = form.action ?? this.url;
    const headers: Record<string, string> = options.origin ? { origin: options.origin } : {};
    if (form.multipart || options.files) {
      const { body, type } = multipartBody(all, options.files ?? []);
      return this.#go({ method: "POST", url, payload: body, headers: { ...headers, "content-type": type } });
    }
    const body = new URLSearchParams();
    for (const [name, value] of Object.entries(all)) for (const one of [value].flat()) body.append(name, one);
    return this.#go({
      method: "POST",
      url,
      payload: body.toString(),
      headers: { ...headers, "content-type": "application/x-www-form-urlencoded" },
    });
  }

  form(action?: string): { action: string | undefined; hidden: Record<string, string>; multipart: boolean } {
    const forms = [...this.page.body.matchAll(/<form([^>]*)>(.*?)<\/form>/gs)];
    for (const [, attributes = "", content = ""] of forms) {
      if (!/method="post"/.test(attributes)) continue;
      const target = /action="([^"]*)"/.exec(attributes)?.[1]?.replaceAll("&amp;", "&");
      // A backoffice page's forms name its entity besides: `?entite=`.
      if (
        action
          ? target !== action && target?.replace(/[?&]entite=\w+$/, "") !== action
          : target === "/deconnexion" || target === "/suivi/fermer"
      )
        continue;
      const hidden = Object.fromEntries(
        [...content.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)].map(
          ([, name, value]) => [name, value],
        ),
      );
      return { action: target, hidden, multipart: /multipart/.test(attributes) };
    }
    throw new Error(`no form ${action ?? ""} on ${this.url}: ${this.text().slice(0, 600)}`);
  }

  /** What is read on the page. */
  text(): string {
    return this.page.body
      .replace(/<(script|style|svg)[\s\S]*?<\/\1>/g, "")
      .replace(/<[^>]+>/g, " ")
      .replaceAll("&#x27;", "'")
      .replaceAll("&quot;", '"')
      .replaceAll("&amp;", "&")
      .replace(/[\s\u00a0\u202f]+/g, " ");
  }

  async #go(request: {
    method: "GET" | "POST";
    url: string;
    payload?: string | Buffer;
    headers?: Record<string, string>;
  }): Promise<Answer> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    this.page = await this.#http.inject({
      ...request,
      headers: { host: this.#host, ...(cookie ? { cookie } : {}), ...request.headers },
    });
    for (const set of [this.page.headers["set-cookie"] ?? []].flat()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
      if (value) this.cookies.set(name, value);
      else this.cookies.delete(name);
    }
    this.url = request.url;
    const location = this.page.headers.location;
    const local = typeof location === "string" && location.startsWith("/");
    if (this.page.statusCode === 303 && local) return this.open(location.split("#")[0] ?? "/");
    return this.page;
  }
}

export interface TestFile {
  field: string;
  name: string;
  bytes: Buffer;
}

function multipartBody(fields: Record<string, string | string[]>, files: readonly TestFile[]) {
  const boundary = "----test-boundary";
  const parts: Buffer[] = [];
  for (const [name, value] of Object.entries(fields))
    for (const one of [value].flat())
      parts.push(
        Buffer.from(`--${boundary}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${one}\r\n`),
      );
  for (const file of files)
    parts.push(
      Buffer.from(
        `--${boundary}\r\ncontent-disposition: form-data; name="${file.field}"; filename="${file.name}"\r\ncontent-type: application/octet-stream\r\n\r\n`,
      ),
      file.bytes,
      Buffer.from("\r\n"),
    );
  parts.push(Buffer.from(`--${boundary}--\r\n`));
  return { body: Buffer.concat(parts), type: `multipart/form-data; boundary=${boundary}` };
}
