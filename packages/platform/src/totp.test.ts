import { expect, test } from "vitest";
import { isTotpSecret, newTotpSecret, totpAddress, totpCode, totpStep, totpStepOf } from "./totp.ts";

/** "12345678901234567890", the secret of RFC 6238's appendix B. */
const RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

test.each([
  [59, "287082"],
  [1111111109, "081804"],
  [1111111111, "050471"],
  [1234567890, "005924"],
  [2000000000, "279037"],
  [20000000000, "353130"],
])("RFC 6238's code at %i seconds, its last six digits", (seconds, code) => {
  expect(totpCode(RFC_SECRET, totpStep(seconds * 1000))).toBe(code);
});

test("a code holds one step before and after its own, no longer", () => {
  const now = 1_111_111_111_000;
  const step = totpStep(now);
  for (const near of [-1, 0, 1])
    expect(totpStepOf(RFC_SECRET, totpCode(RFC_SECRET, step + near), now)).toBe(step + near);
  for (const far of [-2, 2])
    expect(totpStepOf(RFC_SECRET, totpCode(RFC_SECRET, step + far), now)).toBeUndefined();
});

test("secrets are long and each its own", () => {
  const secrets = Array.from({ length: 50 }, newTotpSecret);
  expect(new Set(secrets).size).toBe(50);
  expect(secrets.every(isTotpSecret)).toBe(true);
  expect(isTotpSecret("JBSWY3DPEHPK3PXP")).toBe(false);
});

test("the QR code's address names service and account", () => {
  const address = totpAddress("ABC", "Connexion – Metz", "a@b.fr");
  const named = "Connexion%20%E2%80%93%20Metz";
  expect(address).toBe(`otpauth://totp/${named}:a%40b.fr?secret=ABC&issuer=${named}`);
});
