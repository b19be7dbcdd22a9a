// Instants and wall clocks: which day it is where, and when a clock shows what. No words, no page: also for tests.

export const HERE = Intl.DateTimeFormat().resolvedOptions().timeZone;

const cache = new Map<string, Intl.DateTimeFormat>();

export function formatter(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = locale + JSON.stringify(options);
  let found = cache.get(key);
  if (!found) {
    found = new Intl.DateTimeFormat(locale, options);
    cache.set(key, found);
  }
  return found;
}

/** The calendar day of an instant in a zone, as YYYY-MM-DD. */
export function dayIn(instant: Date | string, zone = HERE): string {
  const parts = formatter("en-CA", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" });
  return parts.format(new Date(instant));
}

/** The offset of a zone at an instant, as ±HH:MM. */
export function offsetAt(instant: Date | string, zone = HERE): string {
  const parts = formatter("en", { timeZone: zone, timeZoneName: "longOffset" }).formatToParts(new Date(instant));
  const name = parts.find((part) => part.type === "timeZoneName")?.value ?? "GMT";
  return name === "GMT" ? "+00:00" : name.replace("GMT", "");
}

/** Days by a calendar day's name, without a zone in the way. */
export function addDays(day: string, days: number): string {
  const date = new Date(`${day}T12:00:00Z`);
  date.setUTCDate(date.getUTCDate() + days);
  return date.toISOString().slice(0, 10);
}

/** The instant at which a wall clock in a zone shows this; in a gap the first after it, of two the first. */
export function instantOf(day: string, time: string, zone = HERE): Date {
  const wall = Date.parse(`${day}T${time.length === 5 ? `${time}:00` : time}Z`);
  const shown = (instant: number) => {
    const sign = offsetAt(new Date(instant), zone);
    const [hours = 0, minutes = 0] = sign.slice(1).split(":").map(Number);
    return (sign.startsWith("-") ? -1 : 1) * (hours * 60 + minutes) * 60_000;
  };
  const before = wall - shown(wall - 86_400_000);
  const after = wall - shown(wall + 86_400_000);
  for (const candidate of [Math.min(before, after), Math.max(before, after)]) {
    if (candidate + shown(candidate) === wall) return new Date(candidate);
  }
  return new Date(Math.max(before, after));
}
