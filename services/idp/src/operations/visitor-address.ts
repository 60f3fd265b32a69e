import type { IncomingMessage } from "node:http";
import { BlockList, isIP } from "node:net";

/**
 * Who asks, for requests that don't pass through Fastify, by its rule: the connection's address, or what the nearest
 * proxies say where the connection is one of theirs. oidc-provider's own (Koa's) believes whoever sends the header.
 *
 * @param proxies addresses or networks (CIDR) beside this machine's own
 */
export function visitorAddress(proxies: readonly string[] = []): (request: IncomingMessage) => string {
  const trusted = new BlockList();
  for (const proxy of ["127.0.0.0/8", "::1", ...proxies]) {
    const [address = "", prefix] = proxy.split("/");
    const family = familyOf(address);
    if (prefix === undefined) trusted.addAddress(address, family);
    else trusted.addSubnet(address, Number(prefix), family);
  }
  return (request) => {
    const said = String(request.headers["x-forwarded-for"] ?? "").split(",");
    let address = request.socket.remoteAddress ?? "";
    while (isIP(address) && trusted.check(address, familyOf(address))) {
      const before = said.pop()?.trim();
      if (!before) break;
      address = before;
    }
    return address;
  };
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIP(address) === 6 ? "ipv6" : "ipv4";
}
