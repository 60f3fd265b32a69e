// Development only. `node packages/ui/test/gallery/gallery.ts` serves the gallery until Ctrl-C;
// `… FOLDER [screen…]` photographs it there: each screen, three themes, phone and desk, light and dark.
import { join } from "node:path";
import { chromium } from "playwright-core";
import { screens } from "./render.ts";
import { sites } from "./sample.ts";
import { serveGallery } from "./serve.ts";

const [folder, ...wanted] = process.argv.slice(2);
const gallery = await serveGallery();
if (!folder) {
  for (const site of Object.keys(sites))
    for (const screen of screens) console.log(`${gallery.origin}/${site}/${screen}`);
} else {
  const browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
    ],
  });
  for (const [width, scheme] of [
    [1280, "light"],
    [360, "light"],
    [1280, "dark"],
    [360, "dark"],
  ] as const) {
    const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme: scheme });
    for (const site of Object.keys(sites)) {
      for (const screen of wanted.length ? wanted : screens) {
        await page.goto(`${gallery.origin}/${site}/${screen}`);
        await page.screenshot({
          path: join(folder, `${screen}-${site}-${width}-${scheme}.png`),
          fullPage: true,
        });
      }
    }
    await page.close();
  }
  await browser.close();
  await gallery.close();
}
