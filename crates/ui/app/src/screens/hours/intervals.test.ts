import { expect, it } from "vitest";
import { barOf, readDay, writeDay } from "./intervals";

it("reads what it writes", () => {
  for (const text of ["", "24h", "09:00-12:00, 13:00-17:00", "18:00-", "22:00-24:00"]) {
    const read = readDay(text);
    expect(Array.isArray(read) && writeDay(read)).toBe(text);
  }
});

it("is kind to the way people write hours", () => {
  expect(readDay("9-12; 13:30 – 17")).toEqual([
    { start: "09:00", end: "12:00" },
    { start: "13:30", end: "17:00" },
  ]);
});

it("names the piece that is wrong", () => {
  expect(readDay("09:00-12:00, 11:00-13:00")).toEqual({ odd: "11:00-13:00" });
  expect(readDay("12:00-09:00")).toEqual({ odd: "12:00-09:00" });
  expect(readDay("9")).toEqual({ odd: "9" });
  expect(readDay("9-25")).toEqual({ odd: "9-25" });
  expect(readDay("24:00-")).toEqual({ odd: "24:00-" });
  expect(readDay("24h, 9-12")).toEqual({ odd: "24h" });
  expect(readDay("18:00-, 19-20")).toEqual({ odd: "19-20" });
});

it("draws an opening within its day", () => {
  expect(barOf("2026-03-08T06:00:00.000-05:00", "2026-03-08T18:00:00.000-04:00")).toEqual({ from: 0.25, to: 0.75 });
  expect(barOf("2026-03-08T12:00:00.000-05:00", "2026-03-09T00:00:00.000-04:00")).toEqual({ from: 0.5, to: 1 });
});
