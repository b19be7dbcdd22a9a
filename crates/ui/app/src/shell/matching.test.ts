import { expect, it } from "vitest";
import { matching } from "./matching";

const entries = ["Go to Callbacks", "Go to Queues", "Book a callback", "Rückrufe öffnen"].map((label) => ({ label }));
const found = (query: string) => matching(entries, query).map((entry) => entry.label);

it("every word must occur, in any order, without regard to accents", () => {
  expect(found("call go")).toEqual(["Go to Callbacks"]);
  expect(found("ruckrufe")).toEqual(["Rückrufe öffnen"]);
  expect(found("nothing")).toEqual([]);
});

it("the start of a label comes before the start of a word", () => {
  expect(found("book")[0]).toBe("Book a callback");
  expect(found("")).toHaveLength(4);
});
