import { createServer, type Server } from "node:http";
import { assetCacheControl, findAsset } from "../../src/assets.ts";
import { sampleScreen, screens } from "./render.ts";
import { type SiteName, sites, themeOf } from "./sample.ts";

const isSite = (name: string | undefined): name is SiteName => name !== undefined && name in sites;

/** Serves `/<site>/<screen>` under the policy services have, on a random port of the loopback. */
export async function serveGallery(): Promise<{ origin: string; close: () => Promise<void> }> {
  const server: Server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://gallery");
    response.setHeader("content-security-policy", "default-src 'self'; object-src 'none'; base-uri 'none'");
    const asset = findAsset(pathname);
    if (asset) {
      response.setHeader("cache-control", assetCacheControl);
      return response.setHeader("content-type", asset.type).end(asset.body);
    }
    const theme = /^\/theme-(\w+)\.css$/.exec(pathname)?.[1];
    if (isSite(theme)) return response.setHeader("content-type", "text/css").end(themeOf(theme));
    const [, site, screen] = pathname.split("/");
    if (!isSite(site) || !screen || !screens.includes(screen)) {
      return response.writeHead(404, { "content-type": "text/plain" }).end("no such screen");
    }
    // A mail is styled where it stands: that is what mail readers take.
    if (screen === "mail") response.removeHeader("content-security-policy");
    response.setHeader("content-type", "text/html; charset=utf-8").end(sampleScreen(screen, site));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (!address || typeof address === "string") throw new Error("the gallery has no port");
  return {
    origin: `http://127.0.0.1:${address.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
