import { spawn } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * `npm test`: types, style, then every test. All of them run even when one failed; the last line is the count
 * (`N passed, N failed`) and the exit code says whether all is well. Words after `npm test --` go to vitest.
 */
const report = join(tmpdir(), `interco-test-${process.pid}.json`);

const checks: { name: string; ok: boolean }[] = [
  { name: "types", ok: await succeeds("tsc", ["--noEmit"]) },
  { name: "style", ok: await succeeds("biome", ["check", "."]) },
];
const tests = await succeeds("vitest", [
  "run",
  "--reporter=default",
  "--reporter=json",
  `--outputFile.json=${report}`,
  ...process.argv.slice(2),
]);

const counted = count();
const failedChecks = checks.filter((check) => !check.ok);
for (const { name } of failedChecks) console.log(`failed: ${name}`);
// A set-up that broke fails no test: it must count all the same.
const broken = !tests && counted.failed === 0 ? 1 : 0;
const failed = counted.failed + failedChecks.length + broken;
const passed = counted.passed + checks.length - failedChecks.length;
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && tests ? 0 : 1;

/** Of vitest's JSON report. A file that couldn't be read, or whose set-up broke, counts as one failure. */
function count(): { passed: number; failed: number } {
  try {
    const { testResults } = JSON.parse(readFileSync(report, "utf8")) as {
      testResults: { status: string; assertionResults: { status: string }[] }[];
    };
    const counted = { passed: 0, failed: 0 };
    for (const file of testResults) {
      const of = (status: string) => file.assertionResults.filter((test) => test.status === status).length;
      counted.passed += of("passed");
      counted.failed += of("failed") || (file.status === "failed" ? 1 : 0);
    }
    return counted;
  } catch {
    return { passed: 0, failed: 0 };
  } finally {
    rmSync(report, { force: true });
  }
}

async function succeeds(command: string, args: string[]): Promise<boolean> {
  console.log(`\n${command} ${args[0] ?? ""}`);
  return await new Promise((resolve) => {
    const child = spawn(command, args, { stdio: "inherit" });
    child.once("error", (error) => {
      console.error(error.message);
      resolve(false);
    });
    child.once("exit", (code) => resolve(code === 0));
  });
}
