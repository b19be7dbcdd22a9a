import { expect, it } from "vitest";
import { complaints, linesOf } from "./patterns";

it("takes simple patterns and expressions, and leaves empty lines out", () => {
  const text = "+1900*\n\n +4419???? \n/^\\+1(900|976)/\n";
  expect(complaints(text)).toEqual([]);
  expect(linesOf(text)).toEqual(["+1900*", "+4419????", "/^\\+1(900|976)/"]);
});

it("says which line is wrong and why", () => {
  expect(complaints("+1900*\nabc\n/(/\n/\n+")).toEqual([
    { line: 2, text: "abc", kind: "characters" },
    { line: 3, text: "/(/", kind: "expression" },
    { line: 4, text: "/", kind: "expression" },
    { line: 5, text: "+", kind: "characters" },
  ]);
});
