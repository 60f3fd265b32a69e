import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { dataFolder } from "../state/data-folder.ts";
import { currentCode } from "./current-code.ts";

test("prints an agent's code, and says in one line why there is none", () => {
  const root = mkdtempSync(join(tmpdir(), "interco-code-"));
  const folder = dataFolder(root);
  try {
    expect(() => currentCode(folder, "alix@exemple.test")).toThrow(/npm start/);
    const accounts = [
      { email: "alix@exemple.test", totp: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" },
      { email: "camille@exemple.test", totp: null },
    ];
    writeFileSync(folder.announcement, JSON.stringify({ accounts }));
    expect(currentCode(folder, "Alix@exemple.test", 59_000)).toBe("287082 (for 1 s, once)");
    expect(() => currentCode(folder, "camille@exemple.test")).toThrow(/password alone/);
    expect(() => currentCode(folder, "nobody@exemple.test")).toThrow(/no account/);
  } finally {
    rmSync(root, { recursive: true });
  }
});
