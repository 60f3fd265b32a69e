import { afterAll, beforeAll, expect, it } from "vitest";
import { createTestInstance, IDS, type TestInstance } from "../../test/test-instance.ts";

let instance: TestInstance;
beforeAll(async () => {
  instance = await createTestInstance({ hosts: ["woippy"] });
});
afterAll(() => instance?.[Symbol.asyncDispose]());

const ask = (url: string, headers: Record<string, string> = {}) => {
  const hosted = instance.config.entities.find(({ id }) => id === IDS.woippy);
  return instance.http.inject({ url, headers: { host: new URL(hosted?.origin ?? "").host, ...headers } });
};

it("answers a program with a problem document: a stable code, and words in its language (RFC 9457)", async () => {
  const unknown = await ask("/api/rien");
  expect(unknown.statusCode).toBe(404);
  expect(unknown.headers["content-type"]).toContain("application/problem+json");
  expect(unknown.json()).toMatchObject({
    type: "urn:interco:problem:page.unknown",
    code: "page.unknown",
    status: 404,
    title: "Cette page n'existe pas",
  });
  const english = await ask("/api/rien", { "accept-language": "en" });
  expect(english.json().title).toBe("This page does not exist");
});

it("answers 401 without a token, and says how to come with one", async () => {
  const answer = await ask("/api/demandes/miennes");
  expect(answer.statusCode).toBe(401);
  expect(answer.headers["www-authenticate"]).toContain("Bearer");
  expect(answer.json()).toMatchObject({ code: "token.invalid", status: 401 });
});

it("answers 401, and no page, where a script asks for a list and nobody is signed in any more", async () => {
  const answer = await ask("/api/backoffice/demandes");
  expect(answer.statusCode).toBe(401);
  expect(answer.json()).toMatchObject({ code: "access.signed-out", status: 401 });
});
