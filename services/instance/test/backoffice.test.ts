import { afterAll, beforeAll, expect, it } from "vitest";
import { agentBrowser, createBackoffice, file } from "./backoffice-fixture.ts";
import type { TestInstance } from "./test-instance.ts";

let instance: TestInstance;
beforeAll(async () => {
  instance = await createBackoffice();
});
afterAll(() => instance?.[Symbol.asyncDispose]());

it("the commune in charge finds a shared report in its list, and opens it", async () => {
  const request = await file(instance, { type: "depot-sauvage" });
  const agent = await agentBrowser(instance, "woippy");
  const list = await agent.open("/backoffice/");
  expect(list.statusCode, agent.text()).toBe(200);
  expect(agent.text()).toContain(request.number);
  expect(agent.text()).toContain("ici parce que : la propreté relève de la commune");
  const page = await agent.open(`/backoffice/demandes/${request.number}`);
  expect(page.statusCode, agent.text()).toBe(200);
  expect(agent.text()).toContain("Des sacs sont posés");
});
