import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { newState } from "./identities.ts";
import { upstreamConfig } from "./upstream-configs.ts";

const folder = mkdtempSync(join(tmpdir(), "interco-upstreams-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
writeFileSync(join(folder, "secret"), "un secret de FranceConnect\n");
writeFileSync(join(folder, "short"), "court\n");

const state = newState(4400, ".");
state.entities["57751"] = { id: "abcdefghjkm2" } as never;
const franceConnect = (secretFile: string) => ({
  franceConnect: {
    issuer: "https://fc.example/api/v2",
    clients: [{ entity: "57751", clientId: "fc", secretFile }],
  },
});

it("names entities by their ids and reads secrets from their files", () => {
  expect(upstreamConfig(franceConnect("secret"), state, folder)).toEqual({
    franceConnect: {
      issuer: "https://fc.example/api/v2",
      clients: [{ entity: "abcdefghjkm2", clientId: "fc", clientSecret: "un secret de FranceConnect" }],
    },
  });
  expect(upstreamConfig(undefined, state, folder)).toBeUndefined();
});

it("says which secret is missing, or is none", () => {
  expect(() => upstreamConfig(franceConnect("absent"), state, folder)).toThrow(/can't be read: .*absent/);
  expect(() => upstreamConfig(franceConnect("short"), state, folder)).toThrow(/short holds no secret/);
});
