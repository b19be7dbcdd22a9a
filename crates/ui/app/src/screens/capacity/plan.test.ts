import { describe, expect, it } from "vitest";
import {
  type Plan,
  busy,
  cut,
  emptyPlan,
  exceptionsShorthand,
  paint,
  paste,
  planOf,
  readText,
  sizeOf,
  weekShorthand,
  weekTotal,
  writeText,
} from "./plan";

const plan = (text: string, slotMinutes = 30): Plan => {
  const found = readText(text, slotMinutes);
  if ("trouble" in found) throw new Error(`${found.trouble.kind} ${found.trouble.word}`);
  return found;
};
const trouble = (text: string, slotMinutes = 30) => {
  const found = readText(text, slotMinutes);
  return "trouble" in found ? found.trouble : undefined;
};
const NINE = 18;

describe("the short-hand", () => {
  it("means the same in all spellings of a day", () => {
    const steps = '{"0900": 3, "1200": 0}';
    const spelled = plan(`{"mon-fri": ${steps}}`);
    for (const text of [
      `{"1-5": ${steps}}`,
      `{"MON-Wed": ${steps}, "4,5": ${steps}}`,
      `{"_capacity_1": ${steps}, "_capacity_2": ${steps}, "3": ${steps}, "thu , fri": ${steps}}`,
    ]) {
      expect(plan(text)).toEqual(spelled);
    }
    const overTheWeekend = plan(`{"fri-mon": ${steps}}`);
    expect(overTheWeekend.week[6]?.[NINE]).toBe(3);
    expect(overTheWeekend.week[1]?.[NINE]).toBe(0);
  });

  it("holds a value until the next time of the day", () => {
    const monday = plan('{"mon": {"0900": 3, "1200": 1}}').week[0] ?? [];
    expect([monday[NINE - 1], monday[NINE], monday[23], monday[24], monday[47]]).toEqual([0, 3, 3, 1, 1]);
  });

  it("is written as short as it gets and reads back", () => {
    const wordy = plan(`{
      "mon": {"0000": 0, "0900": 3, "1000": 3, "1200": 0}, "wed": {"0900": 3, "1200": 0},
      "tue": {"0900": 3, "1200": 0}, "fri": {"0900": 3, "1200": 0}, "thu": {"0900": 1}, "sun": {"0000": 0},
      "2026-12-24": {}, "2026-12-31,2027-12-31": {"0930": 1}
    }`);
    expect(weekShorthand(wordy)).toEqual({ "mon-wed,fri": { "0900": 3, "1200": 0 }, thu: { "0900": 1 } });
    expect(exceptionsShorthand(wordy)).toEqual({
      "2026-12-24": { "0000": 0 },
      "2026-12-31": { "0930": 1 },
      "2027-12-31": { "0930": 1 },
    });
    expect(plan(writeText(wordy))).toEqual(wordy);
  });

  it("keeps times in order, also those that look like numbers", () => {
    expect(writeText(plan('{"mon": {"1000": 2, "0900": 3}}'))).toBe('{\n  "mon": { "0900": 3, "1000": 2 }\n}');
  });

  it("says what is wrong, and where", () => {
    expect(trouble('{\n  "mon": {"0900": 3},\n  "moon": {}\n}')).toEqual({ kind: "day", word: "moon", line: 3, column: 3 });
    expect(trouble('{"mon": {"9:00": 1}}')).toMatchObject({ kind: "time", word: "9:00" });
    expect(trouble('{"mon": {"2400": 1}}')).toMatchObject({ kind: "time" });
    expect(trouble('{"mon": {"0915": 1}}')).toMatchObject({ kind: "mark", word: "0915" });
    expect(trouble('{"mon": {"0900": -1}}')).toMatchObject({ kind: "places" });
    expect(trouble('{"mon": {"0900": 1.5}}')).toMatchObject({ kind: "places" });
    expect(trouble('{"mon-wed,tue": {}}')).toMatchObject({ kind: "twice", word: "mon-wed,tue" });
    expect(trouble('{"2026-02-30": {}}')).toMatchObject({ kind: "day" });
    expect(trouble('{"mon": 3}')).toMatchObject({ kind: "shape", word: "mon" });
    expect(trouble('{"mon": {"0900": 3}')).toMatchObject({ kind: "json", line: 1 });
    expect(trouble("[]")).toMatchObject({ kind: "shape" });
  });

  it("takes nothing for a week without places", () => {
    expect(plan("")).toEqual(emptyPlan(30));
    expect(writeText(emptyPlan(30))).toBe("{}");
  });

  it("fits the slot length", () => {
    expect(plan('{"mon": {"0915": 1}}', 15).week[0]?.[37]).toBe(1);
    expect(planOf({ slotMinutes: 60, week: { "mon-fri": { "0900": 4, "1700": 0 } } }).week[4]?.[16]).toBe(4);
  });
});

describe("painting", () => {
  const block = { columns: [1, 0], slots: [3, 2] } as const;

  it("covers the whole block, whichever corner it began in, and nothing else", () => {
    const painted = paint(emptyPlan(60).week, block, 5);
    const inside = painted.flatMap((column, at) => column.flatMap((value, slot) => (value === 5 ? [`${at}/${slot}`] : [])));
    expect(inside).toEqual(["0/2", "0/3", "1/2", "1/3"]);
    expect(sizeOf(block)).toBe(4);
    expect(painted.flat().reduce((a, b) => a + b)).toBe(20);
  });

  it("counts up and down and never below nothing", () => {
    const up = paint(emptyPlan(60).week, block, (before) => before + 1);
    const down = paint(up, block, (before) => before - 5);
    expect(up[0]?.[2]).toBe(1);
    expect(down[0]?.[2]).toBe(0);
  });

  it("leaves untouched columns the same objects, so that they are not drawn again", () => {
    const week = emptyPlan(60).week;
    expect(paint(week, block, 5)[4]).toBe(week[4]);
  });

  it("copies a piece and cuts off what hangs over", () => {
    const week = paint(emptyPlan(60).week, block, 7);
    const piece = cut(week, block);
    expect(piece).toEqual([
      [7, 7],
      [7, 7],
    ]);
    const laid = paste(week, piece, 6, 23);
    expect(laid[6]?.[23]).toBe(7);
    expect(laid[6]).toHaveLength(24);
    expect(weekTotal({ slotMinutes: 60, week: laid, exceptions: {} })).toBe(4 * 7 + 7);
  });
});

it("shows the hours in which something happens, and some around them", () => {
  expect(busy(emptyPlan(60).week, 60)).toEqual([7, 19]);
  expect(busy(plan('{"mon": {"0500": 1, "0600": 0}}', 60).week, 60)).toEqual([4, 19]);
  expect(busy(plan('{"mon": {"2200": 1}}', 60).week, 60)).toEqual([7, 24]);
});
