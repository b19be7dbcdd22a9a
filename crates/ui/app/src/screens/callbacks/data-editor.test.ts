import { expect, it } from "vitest";
import { fromPairs, toPairs } from "./data-editor";

it("data survives being edited", () => {
  const data = { name: "Ann", vip: true, visits: 3, tags: ["a", "b"], code: "007", big: "12345678901234567890" };
  expect(fromPairs(toPairs(data))).toEqual(data);
});

it("a row without a name is nothing", () => {
  expect(fromPairs([["  ", "x"], ["a ", "1"]])).toEqual({ a: 1 });
});
