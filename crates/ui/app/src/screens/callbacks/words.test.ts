import { expect, it } from "vitest";
import { EVERYTHING, INITIAL } from "./filter";
import { type Vocabulary, said, suggestions } from "./words";

const words: Vocabulary = {
  services: ["sales_callback", "support_callback"],
  queues: ["VQ_Sales"],
  reasons: ["CANCELLED"],
  state: (state) => ({ SCHEDULED: "Scheduled", QUEUED: "Waiting", ROUTING: "Being called", PROCESSING: "With an agent", COMPLETED: "Completed" })[state],
  open: "Open",
  reason: () => "Cancelled",
  kind: (kind) => `${kind} ones`,
  desired: (span) => `Desired ${span}`,
  created: (span) => `Booked ${span}`,
  number: (number) => number,
};

const first = (text: string) => suggestions(text, words)[0];

it("a few letters mean what starts with them", () => {
  expect(first("wait")?.apply(EVERYTHING).state).toEqual(["QUEUED"]);
  expect(first("sales")?.apply(EVERYTHING).service).toEqual(["sales_callback"]);
});

it("a whole number means itself", () => {
  expect(first("(202) 555-0100")?.apply(EVERYTHING).phone).toBe("+12025550100");
});

it("several words say several things at once", () => {
  const filter = first("cancelled today sales")?.apply(INITIAL);
  expect(filter).toMatchObject({ state: ["COMPLETED"], reason: ["CANCELLED"], desired: "today", service: ["sales_callback"] });
});

it("a state after `open` narrows, and a second one adds", () => {
  const one = first("waiting")?.apply(INITIAL);
  expect(one?.state).toEqual(["QUEUED"]);
  expect(first("being called")?.apply(one ?? INITIAL).state).toEqual(["QUEUED", "ROUTING"]);
});

it("words that mean nothing suggest nothing", () => {
  expect(suggestions("zebra crossing", words)).toEqual([]);
});

it("what is said can be taken back, piece by piece", () => {
  const filter = { ...INITIAL, service: ["sales_callback"], desired: "today" as const };
  const pieces = said(filter, words, (list) => list.join(" or "));
  expect(pieces.map((piece) => piece.text)).toEqual(["Open", "sales_callback", "Desired today"]);
  expect(pieces.reduce((before, piece) => piece.without(before), filter as typeof INITIAL)).toEqual(EVERYTHING);
});
