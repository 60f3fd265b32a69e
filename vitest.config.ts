import { defineConfig } from "vitest/config";

const postgres = ["packages/testing/src/global-postgres.ts"];
const federation = [...postgres, "packages/testing/src/global-federation.ts"];

/**
 * Projects, fast ones first: `fast` has rules only and starts nothing; `parts` has a PostgreSQL (ask
 * `@interco/testing/postgres`); `federation` has the whole demonstration running once for all its files;
 * `resilience` kills things and starts what it needs itself.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "fast",
          include: ["packages/{contracts,kernel,ui}/src/**/*.test.ts", "test/architecture/**/*.test.ts"],
          // Thousands of generated cases, on machines that others use too.
          testTimeout: 60_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: "parts",
          include: [
            "packages/{platform,operator,testing}/src/**/*.test.ts",
            "services/*/src/**/*.test.ts",
            "services/*/test/**/*.test.ts",
            "test/isolation/**/*.test.ts",
          ],
          globalSetup: postgres,
          // Real processes and databases, on machines that others use too.
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: "federation",
          include: ["test/{e2e,conformance,accessibility}/**/*.test.ts"],
          globalSetup: federation,
          testTimeout: 60_000,
          hookTimeout: 120_000,
          // They share one federation and two cores: one file at a time.
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: "resilience",
          include: ["test/resilience/**/*.test.ts"],
          globalSetup: postgres,
          testTimeout: 300_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
