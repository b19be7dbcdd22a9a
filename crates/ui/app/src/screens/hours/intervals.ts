// The hours of a day as people type them: `09:00-12:00, 13:00-17:00`, `24h` for all day, `18:00-` for open end, nothing for closed.
import type * as Api from "@/api/schema";

export type Interval = Api.IntervalDocument;

export const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
export type Day = (typeof DAYS)[number];

export type SpecialDay = Api.SpecialDayDocument;

export type HoursDocument = Api.HoursDocument;

export const ALL_DAY = "24h";

export const writeDay = (intervals: readonly Interval[] = []): string =>
  intervals.map(({ start, end, openAllDay }) => (openAllDay ? ALL_DAY : `${start ?? ""}-${end ?? ""}`)).join(", ");

const minuteOf = (text: string): number | undefined => {
  const parts = /^(\d{1,2}):?(\d{2})?$/.exec(text);
  if (!parts) return undefined;
  const [hour, minute] = [Number(parts[1]), Number(parts[2] ?? 0)];
  return hour > 24 || minute > 59 || (hour === 24 && minute > 0) ? undefined : hour * 60 + minute;
};
const clock = (minute: number) =>
  `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;

/** Reads a day, or names the piece that cannot be read. */
export function readDay(text: string): Interval[] | { odd: string } {
  const pieces = text
    .split(/[,;]/)
    .map((piece) => piece.trim())
    .filter(Boolean);
  const intervals: Interval[] = [];
  let before = -1;
  for (const piece of pieces) {
    if (piece.toLowerCase() === ALL_DAY) {
      if (pieces.length > 1) return { odd: piece };
      return [{ openAllDay: true }];
    }
    const [from = "", to = "", more] = piece.split(/\s*[-–]\s*/);
    const start = minuteOf(from);
    const end = to === "" ? undefined : minuteOf(to);
    if (more !== undefined || !/[-–]/.test(piece) || start === undefined || start === 1_440 || (to !== "" && end === undefined)) {
      return { odd: piece };
    }
    if (end !== undefined && end <= start) return { odd: piece };
    if (start < before) return { odd: piece };
    before = end ?? 1_440;
    intervals.push(end === undefined ? { start: clock(start) } : { start: clock(start), end: clock(end) });
  }
  return intervals;
}

/** An opening on the wall clock, as shares of a day of 24 hours. */
export function barOf(localStart: string, localEnd: string): { from: number; to: number } {
  const minute = (text: string) => Number(text.slice(11, 13)) * 60 + Number(text.slice(14, 16));
  const from = minute(localStart);
  const sameDay = localStart.slice(0, 10) === localEnd.slice(0, 10);
  const to = sameDay ? minute(localEnd) : 1_440;
  return { from: from / 1_440, to: Math.max(to, from) / 1_440 };
}
