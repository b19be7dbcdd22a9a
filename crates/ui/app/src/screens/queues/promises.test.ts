import { expect, it } from "vitest";
import type { PromiseDay } from "@/api/schema";
import { summed } from "./promises";

const day = (histogram: PromiseDay["histogram"]): PromiseDay => ({ date: "2026-01-01", count: 1, medianSecs: 0, p10Secs: 0, p90Secs: 0, withinFiveMinutes: 1, histogram });

it("days add up bin by bin, the earliest first", () => {
  const bins = summed([
    day([{ fromSecs: 0, toSecs: 60, count: 2 }]),
    day([
      { fromSecs: 0, toSecs: 60, count: 3 },
      { fromSecs: -60, toSecs: 0, count: 1 },
    ]),
  ]);
  expect(bins.map((bin) => [bin.label, bin.count])).toEqual([
    ["−1 … 0", 1],
    ["0 … +1", 5],
  ]);
});
