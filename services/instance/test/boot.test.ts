import { expect, it } from "vitest";
import { createTestInstance } from "./test-instance.ts";

it("answers on each entity's own host and refuses hosts that are nobody's", async () => {
  await using instance = await createTestInstance();
  const home = await instance.get("/");
  expect(home.statusCode).toBe(200);
  expect(home.body).toContain("Woippy");
  expect((await instance.http.inject({ url: "/", headers: { host: "evil.example" } })).statusCode).toBe(421);
});
