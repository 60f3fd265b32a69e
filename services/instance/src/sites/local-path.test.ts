import { expect, it } from "vitest";
import { localPath } from "./local-path.ts";

it("leads back to this site and nowhere else, however the address is written", () => {
  expect(localPath("/demandes?x=1")).toBe("/demandes?x=1");
  expect(localPath("/a/../demandes")).toBe("/demandes");
  for (const away of [
    undefined,
    "",
    "demandes",
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example/",
    "/\t/evil.example/",
    // The dots go, and what is left begins with two slashes.
    "/.//evil.example/",
    "/a/..//evil.example/",
    "/%2e//evil.example/",
  ])
    expect(localPath(away)).toBe("/");
});
