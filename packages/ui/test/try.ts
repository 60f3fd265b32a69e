import { chromium } from "playwright-core";
import { serveGallery } from "./gallery/serve.ts";

const g = await serveGallery();
const b = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});
const p = await b.newPage({ viewport: { width: 1400, height: 900 } });
await p.goto(`${g.origin}/woippy/icons`);
await p
  .addStyleTag({
    content:
      ".tiles{grid-template-columns:repeat(9,1fr)!important;gap:8px} main.narrow>*{max-width:none!important} .card{padding:10px} .entity{display:grid!important;justify-items:center;font-size:12px} .icon{width:72px!important;height:72px!important} .logo{width:60px;height:68px}",
  })
  .catch((e) => console.log(String(e)));
await p.screenshot({ path: "/tmp/ui/icons.png", fullPage: true });
await b.close();
await g.close();
