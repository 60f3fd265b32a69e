import type { IncomingMessage } from "node:http";
import { expect, test } from "vitest";
import { visitorAddress } from "./visitor-address.ts";

function request(peer: string, forwarded?: string): IncomingMessage {
  return {
    socket: { remoteAddress: peer },
    headers: forwarded ? { "x-forwarded-for": forwarded } : {},
  } as never;
}

test.each([
  ["a connection speaks for itself", "203.0.113.7", undefined, "203.0.113.7"],
  ["and isn't believed about anybody else", "203.0.113.7", "198.51.100.4", "203.0.113.7"],
  ["a proxy on this machine is", "127.0.0.1", "198.51.100.4", "198.51.100.4"],
  ["in IPv6 too", "::ffff:127.0.0.1", "2001:db8::1", "2001:db8::1"],
  ["the one named in the configuration is", "10.0.3.2", "198.51.100.4", "198.51.100.4"],
  ["what a visitor sent along isn't", "10.0.3.2", "192.0.2.1, 198.51.100.4", "198.51.100.4"],
  ["two proxies in a row are", "127.0.0.1", "198.51.100.4, 10.0.3.2", "198.51.100.4"],
  ["nonsense stays nonsense", "127.0.0.1", "198.51.100.4, unknown", "unknown"],
])("%s", (_name, peer, forwarded, expected) => {
  expect(visitorAddress(["10.0.0.0/16"])(request(peer, forwarded))).toBe(expected);
});
