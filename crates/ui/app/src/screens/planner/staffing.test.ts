import { expect, it } from "vitest";
import { emptyPlan } from "../capacity/plan";
import { bodyOf, oddStretch, withDay } from "./staffing";

it("asks in the words of the service", () => {
  const asked = bodyOf({
    queue: "VQ",
    date: "2026-12-24",
    slotMinutes: 30,
    staffing: [{ from: "09:00", to: "12:00", value: 5 }],
    calls: [{ from: "09:00", to: "12:00", value: 40 }],
    handlingSeconds: 300,
    patienceSeconds: 180,
    wantedP90Seconds: 300,
  });
  expect(asked.staffing).toEqual([{ from: "09:00", to: "12:00", agents: 5 }]);
  expect(asked.callsPerHour).toEqual([{ from: "09:00", to: "12:00", calls: 40 }]);
  expect("calls" in asked).toBe(false);
});

it("finds stretches that end early or run into each other", () => {
  const good = { from: "09:00", to: "12:00", value: 1 };
  expect(oddStretch([good, { from: "12:00", to: "24:00", value: 0 }])).toBeUndefined();
  expect(oddStretch([good, { from: "11:00", to: "13:00", value: 1 }])).toEqual({ at: 1, kind: "overlap" });
  expect(oddStretch([{ from: "12:00", to: "12:00", value: 1 }])).toEqual({ at: 0, kind: "order" });
  expect(oddStretch([{ ...good, value: -1 }])).toEqual({ at: 0, kind: "value" });
});

it("lays a day into a plan: on every such weekday, or on that date alone", () => {
  const week = { thu: { "0900": 4, "1000": 0 } };
  const weekday = withDay(emptyPlan(60), week, "2026-12-24", "weekday");
  expect(weekday?.week[3]?.[9]).toBe(4);
  expect(weekday?.exceptions).toEqual({});
  const date = withDay(emptyPlan(60), week, "2026-12-24", "date");
  expect(date?.week[3]?.[9]).toBe(0);
  expect(date?.exceptions["2026-12-24"]?.[9]).toBe(4);
  expect(withDay(emptyPlan(60), { thu: { "0930": 4 } }, "2026-12-24", "date")).toBeUndefined();
});
