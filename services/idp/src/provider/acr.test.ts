import { describe, expect, test } from "vitest";
import { ACR, acrOf, needsSecondFactor, wantedAcr, withSecond } from "./acr.ts";

test("two methods are two factors, a password alone is one", () => {
  expect(acrOf(["pwd"])).toBe(ACR.single);
  expect(withSecond(["pwd"], "otp")).toEqual(["pwd", "otp", "mfa"]);
  expect(acrOf(withSecond([], "hwk"))).toBe(ACR.multi);
});

describe("what a request asks", () => {
  const claims = (acr: object) => ({ claims: JSON.stringify({ id_token: { acr } }) });

  test("the first value known here counts", () => {
    expect(wantedAcr({ acr_values: `urn:x ${ACR.multi} ${ACR.single}` }).multi).toBe(true);
    expect(wantedAcr({ acr_values: `${ACR.single} ${ACR.multi}` }).multi).toBe(false);
    expect(wantedAcr({})).toEqual({ multi: false, essential: false, unknown: false });
  });

  test("by claims too, essential or not; nonsense asks nothing", () => {
    expect(wantedAcr(claims({ value: ACR.multi, essential: true }))).toEqual({
      multi: true,
      essential: true,
      unknown: false,
    });
    expect(wantedAcr(claims({ values: ["eidas3"], essential: true })).unknown).toBe(true);
    for (const nonsense of ["{", "null", "[]", '{"id_token":null}', '{"id_token":{"acr":null}}', 7])
      expect(wantedAcr({ claims: nonsense })).toEqual({ multi: false, essential: false, unknown: false });
  });

  test("a backoffice needs two factors of professional accounts only, unless it says that it can't do without", () => {
    const agent = { scope: "openid agent", acr_values: ACR.multi };
    expect(needsSecondFactor(agent, "professional")).toBe(true);
    expect(needsSecondFactor({ scope: "openid agent" }, "professional")).toBe(true);
    expect(needsSecondFactor(agent, "personal")).toBe(false);
    const essential = { scope: "openid agent", ...claims({ value: ACR.multi, essential: true }) };
    expect(needsSecondFactor(essential, "personal")).toBe(true);
    expect(needsSecondFactor({ scope: "openid" }, "professional")).toBe(false);
    expect(needsSecondFactor({ scope: "openid", acr_values: ACR.multi }, "personal")).toBe(true);
  });
});
