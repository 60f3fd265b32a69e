import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { axeViolations } from "@interco/testing/axe";
import type { Browser, BrowserContext, Page } from "@interco/testing/browser";
import { htmlFaults } from "../../packages/ui/test/validate-html.ts";

const WIDE = { width: 1280, height: 900 };
const NARROW = { width: 360, height: 740 };

export interface LookOptions {
  /** Status the page was answered with; 200 by default. */
  status?: number;
  /** Whether its address alone gives it again, so that its English can be asked for; true by default. */
  again?: boolean;
}

/**
 * One person's page, looked at by machine: axe on a wide screen in light colours and on a narrow one in dark colours, HTML as
 * the server wrote it, words in both languages, nothing to scroll sideways. Faults add up, so that one run tells them all.
 */
export class Inspector {
  readonly page: Page;
  #faults: string[] = [];
  #answer = { status: 0, html: Promise.resolve("") };

  readonly #lang: "fr" | "en";

  constructor(page: Page, lang: "fr" | "en") {
    this.page = page;
    this.#lang = lang;
    page.on("response", (response) => {
      const navigation = response.request().isNavigationRequest() && response.frame() === page.mainFrame();
      if (!navigation || (response.status() >= 300 && response.status() < 400)) return;
      const html = response.text();
      // Only read when looked at: a page left at once has no text any more.
      html.catch(() => undefined);
      this.#answer = { status: response.status(), html };
    });
  }

  async visit(url: string, options: LookOptions = {}): Promise<void> {
    await this.page.goto(url);
    await this.look(url, options);
  }

  async look(name: string, { status = 200, again = true }: LookOptions = {}): Promise<void> {
    const fault = (text: string) => this.#faults.push(`${name}: ${text}`);
    const { page } = this;
    const answer = this.#answer;
    if (answer.status !== status) fault(`status ${answer.status}`);
    const html = await answer.html;
    for (const each of await htmlFaults(html)) fault(`HTML ${each}`);
    for (const each of wordFaults(html, this.#lang)) fault(each);
    if (!(await page.title()).trim()) fault("no title");
    for (const [width, size, colorScheme] of [
      ["wide", WIDE, "light"],
      ["narrow", NARROW, "dark"],
    ] as const) {
      await page.setViewportSize(size);
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      for (const each of await axeViolations(page)) fault(`${width} ${colorScheme} ${each}`);
    }
    const scroll = await page.evaluate<number>("document.documentElement.scrollWidth");
    if (scroll > NARROW.width) fault(`${scroll} pixels wide at ${NARROW.width}`);
    await page.setViewportSize(WIDE);
    if (again && this.#lang === "fr") await this.#inEnglish(status, fault);
  }

  /** What was found since the last time it was asked. */
  takeFaults(): string[] {
    return this.#faults.splice(0);
  }

  /** The same address, asked for in English with the person's cookies. */
  async #inEnglish(status: number, fault: (text: string) => void): Promise<void> {
    const url = new URL(this.page.url());
    const cookies = await this.page.context().cookies(url.href);
    const answer = await getInEnglish(url, cookies.map(({ name, value }) => `${name}=${value}`).join("; "));
    if (answer.status !== status) fault(`in English, status ${answer.status}`);
    const { html } = answer;
    for (const each of wordFaults(html, "en")) fault(`in English ${each}`);
    for (const each of await htmlFaults(html)) fault(`in English HTML ${each}`);
  }
}

/** Sites' names are loopback for Chromium only: Node asks the address and names the site. */
async function getInEnglish(url: URL, cookie: string): Promise<{ status: number; html: string }> {
  const request = get({
    host: "127.0.0.1",
    port: url.port,
    path: url.pathname + url.search,
    headers: { host: url.host, cookie, "accept-language": "en", accept: "text/html" },
  });
  const [response] = (await once(request, "response")) as [IncomingMessage];
  return { status: response.statusCode ?? 0, html: await text(response) };
}

/** A browser of one person, with JavaScript (axe needs it). */
export async function newInspector(browser: Browser, lang: "fr" | "en" = "fr"): Promise<Inspector> {
  const context: BrowserContext = await browser.newContext({ viewport: WIDE, locale: lang });
  return new Inspector(await context.newPage(), lang);
}

/** What the text of a page lacks: its language, its one heading, its words. */
function wordFaults(html: string, lang: string): string[] {
  const faults = html.match(/⟦[^⟧]*⟧/g)?.map((key) => `no words for ${key}`) ?? [];
  if (!html.includes(`<html lang="${lang}"`)) faults.push(`not in "${lang}"`);
  if (html.match(/<h1[\s>]/g)?.length !== 1) faults.push(`${html.match(/<h1[\s>]/g)?.length ?? 0} h1`);
  return faults;
}
