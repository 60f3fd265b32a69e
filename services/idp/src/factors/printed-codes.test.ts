import { expect, test } from "vitest";
import { newPrintedCodes, PRINTED_CODES, shownCode, typedCode } from "./printed-codes.ts";

test("ten codes, each its own, none like an authenticator program's", () => {
  const codes = newPrintedCodes();
  expect(new Set(codes).size).toBe(PRINTED_CODES);
  for (const code of codes) expect(typedCode(code)).toEqual({ printed: code });
});

test.each([
  ["123 456", { program: "123456" }],
  ["ABCDE-23456", { printed: "abcde23456" }],
  [" abcde 23456 ", { printed: "abcde23456" }],
  ["1234567", undefined],
  ["abcde", undefined],
  ["abcdeoil01", undefined],
  ["", undefined],
])("what is typed as %j", (text, expected) => {
  expect(typedCode(text)).toEqual(expected);
});

test("is shown in two groups, and typed as shown", () => {
  const [code = ""] = newPrintedCodes();
  expect(typedCode(shownCode(code).toUpperCase())).toEqual({ printed: code });
});
