import { existsSync } from "node:fs";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";

export type { Browser, BrowserContext, Page };

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Debian's Chromium without a screen. `*.localhost` is loopback for it, and no traffic of its own leaves. */
export async function startBrowser(): Promise<Browser> {
  const executablePath = process.env.INTERCO_CHROMIUM ?? PLACES.find(existsSync);
  if (!executablePath) throw new Error("Chromium is missing: on Debian, apt-get install chromium");
  return chromium.launch({
    executablePath,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--disable-dev-shm-usage",
    ],
  });
}

/** A person's own browser: cookies of nobody else. Without JavaScript unless asked for. */
export function newPerson(
  browser: Browser,
  options: { width?: number; javaScript?: boolean; locale?: string } = {},
): Promise<BrowserContext> {
  return browser.newContext({
    viewport: { width: options.width ?? 1280, height: 900 },
    locale: options.locale ?? "fr-FR",
    javaScriptEnabled: options.javaScript ?? false,
  });
}

/** Goes somewhere without the pages' scripts; then they may run, as axe must. */
export async function withoutScripts(page: Page, way: () => Promise<unknown>): Promise<void> {
  const chromium = await page.context().newCDPSession(page);
  await chromium.send("Emulation.setScriptExecutionDisabled", { value: true });
  await way();
  await chromium.send("Emulation.setScriptExecutionDisabled", { value: false });
}
