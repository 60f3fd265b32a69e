import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { parseFederation } from "./federation/federation-file.ts";
import { generatedFiles } from "./generate.ts";
import { repositoryRoot } from "./state/data-folder.ts";

it.each([...generatedFiles()])("%s is what the code makes (npm run generate)", (path, content) => {
  expect(readFileSync(join(repositoryRoot, path), "utf8")).toBe(content);
});

it("gives each of the 47 entities its own instance, host name and short code", () => {
  const text = generatedFiles().get("deploy/demo/federation-47.yaml") ?? "";
  const federation = parseFederation(text, "federation-47.yaml");
  expect(federation.instances).toHaveLength(47);
  expect(federation.instances.every((instance) => instance.hosts.length === 1)).toBe(true);
  expect(new Set(federation.entities.map((entity) => entity.slug)).size).toBe(47);
  expect(new Set(federation.entities.map((entity) => entity.shortCode)).size).toBe(47);
  expect(parse(text).accounts.length).toBeGreaterThan(10);
});
