// The rows of a day's plan, and what becomes of an answer: pure, so that it can be tested.
import type { DayToPlan } from "@/api/schema";
import { type Plan, type Shorthand, readShorthand } from "../capacity/plan";

export interface Stretch {
  from: string;
  to: string;
  value: number;
}

export interface Asked {
  queue: string;
  date: string;
  slotMinutes: number;
  staffing: Stretch[];
  calls: Stretch[];
  handlingSeconds: number;
  patienceSeconds: number;
  wantedP90Seconds: number;
}

export const bodyOf = ({ staffing, calls, ...rest }: Asked): DayToPlan => ({
  ...rest,
  staffing: staffing.map(({ from, to, value }) => ({ from, to, agents: value })),
  callsPerHour: calls.map(({ from, to, value }) => ({ from, to, calls: value })),
});

/** What is wrong with stretches of a day: the first that ends before it begins, or that runs into the one before. */
export function oddStretch(rows: readonly Stretch[]): { at: number; kind: "order" | "overlap" | "value" } | undefined {
  let before = "";
  for (const [at, { from, to, value }] of rows.entries()) {
    if (!/^\d\d:\d\d$/.test(from) || !/^\d\d:\d\d$/.test(to) || to <= from) return { at, kind: "order" };
    if (from < before) return { at, kind: "overlap" };
    if (!Number.isFinite(value) || value < 0) return { at, kind: "value" };
    before = to;
  }
  return undefined;
}

const weekdayOf = (date: string) => (new Date(`${date}T12:00:00Z`).getUTCDay() + 6) % 7;

/** A plan with the day of an answer in it: every such weekday, or that date alone. */
export function withDay(plan: Plan, week: Shorthand, date: string, where: "weekday" | "date"): Plan | undefined {
  const read = readShorthand(week, plan.slotMinutes);
  if ("trouble" in read) return undefined;
  const column = read.week[weekdayOf(date)];
  if (!column) return undefined;
  return where === "date"
    ? { ...plan, exceptions: { ...plan.exceptions, [date]: column } }
    : { ...plan, week: plan.week.map((before, at) => (at === weekdayOf(date) ? column : before)) };
}
