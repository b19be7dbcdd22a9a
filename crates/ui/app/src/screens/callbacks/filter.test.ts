import { describe, expect, it } from "vitest";
import type { CallbackRow } from "@/api/types";
import { EVERYTHING, type Filter, INITIAL, asNumber, compare, fromAddress, matches, resolve, toAddress, toDocument } from "./filter";

const NOW = new Date("2026-03-07T15:00:00Z");

const row = (more: Partial<CallbackRow> = {}): CallbackRow => ({
  id: "a",
  revision: 1,
  serviceName: "sales",
  virtualQueue: "VQ_Sales",
  state: "SCHEDULED",
  kind: "scheduled",
  phoneNumber: "+12025550100",
  desiredTime: "2026-03-07T16:00:00.000Z",
  createdTime: "2026-03-06T16:00:00.000Z",
  updatedTime: "2026-03-06T16:00:00.000Z",
  expirationTime: "2026-03-08T16:00:00.000Z",
  attempt: 0,
  actions: ["cancel"],
  ...more,
});

describe("an address", () => {
  const filters: Filter[] = [
    INITIAL,
    EVERYTHING,
    { ...EVERYTHING, phone: "+12025550100" },
    { ...EVERYTHING, service: ["a&b", "c d"], reason: ["CANCELLED"], kind: "immediate", order: "-created" },
    { ...INITIAL, desired: "today", created: "2026-01-01..2026-01-31" },
    { ...EVERYTHING, state: ["COMPLETED"], queue: ["VQ"] },
  ];
  it.each(filters)("brings the same filter back: %j", (filter) => {
    expect(fromAddress(new URLSearchParams(toAddress(filter).toString()))).toEqual(filter);
  });
  it("that says nothing shows what is open", () => {
    expect(fromAddress(new URLSearchParams("wall=1"))).toEqual(INITIAL);
  });
  it("with nonsense in it leaves the nonsense out", () => {
    const filter = fromAddress(new URLSearchParams("state=NOPE&desired=soon&order=phone&kind=odd"));
    expect(filter).toEqual(EVERYTHING);
  });
});

describe("a span", () => {
  it("of today has 23 hours on the day that the clocks go forward", () => {
    const { from, to } = resolve("today", new Date("2026-03-08T15:00:00Z"), "America/New_York");
    expect((Date.parse(to ?? "") - Date.parse(from ?? "")) / 3_600_000).toBe(23);
  });
  it("of days includes the last one", () => {
    expect(resolve("2026-03-01..2026-03-02", NOW, "UTC")).toEqual({
      from: "2026-03-01T00:00:00.000Z",
      to: "2026-03-03T00:00:00.000Z",
    });
  });
});

describe("a changed row", () => {
  it("stays while it is what was asked for, and goes when it is not", () => {
    const filter: Filter = { ...INITIAL, service: ["sales"], desired: "today" };
    expect(matches(row(), filter, NOW)).toBe(true);
    expect(matches(row({ state: "COMPLETED" }), filter, NOW)).toBe(false);
    expect(matches(row({ desiredTime: "2026-03-09T16:00:00.000Z" }), filter, NOW)).toBe(false);
    expect(matches(row({ serviceName: "other" }), filter, NOW)).toBe(false);
  });
  it("finds its place by time, then by id, in both directions", () => {
    const early = row({ id: "b", desiredTime: "2026-03-07T15:00:00.000Z" });
    expect(compare("desired")(early, row())).toBe(-1);
    expect(compare("-desired")(early, row())).toBe(1);
    expect(compare("desired")(row({ id: "a" }), row({ id: "b" }))).toBe(-1);
  });
});

it("a document for many says only what narrows", () => {
  expect(toDocument({ ...EVERYTHING, service: ["sales"] }, NOW)).toEqual({ service: ["sales"] });
});

it.each([
  ["(202) 555-0100", "+12025550100"],
  ["+49 30 123456", "+4930123456"],
  ["0049 30 123456", "+4930123456"],
  ["555 01", undefined],
  ["sales 2025550100", undefined],
])("the number %s is %s", (text, number) => {
  expect(asNumber(text)).toBe(number);
});
