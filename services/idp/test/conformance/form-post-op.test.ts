import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Browser, type Page } from "../browser.ts";
import { type RunningIdp, startIdp } from "../running-idp.ts";
import { CertifiedClient } from "./certified-client.ts";

/** What a Form Post OP answers, from OAuth 2.0 Form Post Response Mode 1.0 §2 and §4. */
let idp: RunningIdp;
let client: CertifiedClient;

beforeAll(async () => {
  idp = await startIdp();
  await idp.createAccount("camille@exemple.test");
  client = await CertifiedClient.register(idp, "Essai");
});
afterAll(() => idp?.close());

const POSTED = { response_mode: "form_post" };
/** The form of an answer: where it goes and what it carries. */
function formOf(page: Page) {
  const form = /<form[^>]*data-send[^>]*>[\s\S]*?<\/form>/.exec(page.html)?.[0] ?? "";
  const text = (value = "") =>
    value
      .replaceAll("&lt;", "<")
      .replaceAll("&gt;", ">")
      .replaceAll("&quot;", '"')
      .replaceAll("&#x27;", "'")
      .replaceAll("&#39;", "'")
      .replaceAll("&#x3D;", "=")
      .replaceAll("&amp;", "&");
  const values = [...form.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)];
  return {
    html: form,
    method: /method="(\w+)"/.exec(form)?.[1],
    action: text(/action="([^"]*)"/.exec(form)?.[1]),
    values: Object.fromEntries(values.map(([, name = "", value]) => [name, text(value)])),
  };
}

describe("Form Post §2, an answer", () => {
  test("is a page whose form posts it to the redirect address, and that nobody keeps (§4)", async () => {
    const page = await client.authorize(new Browser(), POSTED);
    expect(page.status).toBe(200);
    expect(page.headers.get("content-type")).toMatch(/^text\/html/);
    expect(page.headers.get("cache-control")).toContain("no-store");
    const form = formOf(page);
    expect(form).toMatchObject({ method: "post", action: client.redirectUri });
    expect(form.values).toMatchObject({ state: "a-state", iss: idp.issuer, code: expect.any(String) });
    expect((await client.exchange(form.values.code)).body.id_token).toEqual(expect.any(String));
  });

  test("isn't in an address", async () => {
    const page = await client.authorize(new Browser(), POSTED);
    expect(page.url).not.toContain("code=");
    expect(page.headers.get("location")).toBeNull();
  });

  test("goes there in a browser that keeps to the page's policy, by itself or by a button", async () => {
    const page = await client.authorize(new Browser(), POSTED);
    expect(page.headers.get("content-security-policy")).toContain(`form-action 'self' ${client.site.origin}`);
    expect(page.html).toMatch(/<script src="\/assets\/page\.[^"]*" defer><\/script>/);
    expect(formOf(page).html).toContain('<button type="submit"');
  });

  test("carries what was sent as it was, and nothing of it as HTML", async () => {
    const state = `"><script>alert('x')</script>&amp;=é`;
    const page = await client.authorize(new Browser(), { ...POSTED, state });
    expect(formOf(page).values.state).toBe(state);
    expect(page.html).not.toContain("<script>alert");
  });

  test.each([
    ["that nobody is signed in", { prompt: "none" }, "login_required"],
    ["that a parameter is missing", { response_type: null }, "invalid_request"],
    ["that a parameter is wrong", { max_age: "-1" }, "invalid_request"],
  ])("says %s in the same way", async (_name, parameters, error) => {
    const form = formOf(await new Browser().open(client.request({ ...POSTED, ...parameters })));
    expect(form).toMatchObject({ method: "post", action: client.redirectUri });
    expect(form.values).toMatchObject({ error, state: "a-state", iss: idp.issuer });
    expect(form.values).not.toHaveProperty("code");
  });

  test("to an address that isn't registered is none", async () => {
    const page = await new Browser().open(
      client.request({ ...POSTED, redirect_uri: "https://evil.example/" }),
    );
    expect(page.status).toBe(400);
    expect(page.html).not.toContain("evil");
  });
});

test("a response mode that isn't offered is refused (Multiple Response Types §2.1)", async () => {
  const page = await new Browser().open(client.request({ response_mode: "web_message" }));
  expect(client.answerOf(page)).toMatchObject({ error: "unsupported_response_mode" });
});
