import { chmodSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { closeDataFolder, dataFolder } from "./data-folder.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "interco-data-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const mode = () => statSync(root).mode & 0o7777;

it.each([0o755, 0o777, 0o700])("closes a folder of mode %o to others", (before) => {
  chmodSync(root, before);
  closeDataFolder(dataFolder(root));
  expect(mode()).toBe(0o700);
});

it("doesn't take from everybody a folder that is everybody's", () => {
  chmodSync(root, 0o1777);
  expect(() => closeDataFolder(dataFolder(root))).toThrow(/everybody's/);
  expect(mode()).toBe(0o1777);
});
