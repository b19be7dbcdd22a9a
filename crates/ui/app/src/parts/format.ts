// Numbers and times as the person's language and place write them. Times always bear their zone.
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { localeOf } from "@/i18n";
import { HERE, dayIn, formatter } from "./civil";

export { HERE, addDays, dayIn, instantOf, offsetAt } from "./civil";

export interface Format {
  locale: string;
  number: (value: number, options?: Intl.NumberFormatOptions) => string;
  percent: (share: number, digits?: number) => string;
  /** 14:35 CET */
  time: (instant: Date | string, zone?: string) => string;
  /** 14:35, for where the zone stands beside it. */
  clock: (instant: Date | string, zone?: string) => string;
  /** 24 Dec, or Today. */
  day: (instant: Date | string, zone?: string) => string;
  /** A calendar day by its name, YYYY-MM-DD: Thu 24 Dec. */
  dayName: (day: string) => string;
  /** The two lines of a calendar day, YYYY-MM-DD: Thu, and 24 Dec. */
  weekdayOf: (day: string) => string;
  dateOf: (day: string) => string;
  /** Today 14:35 CET */
  short: (instant: Date | string, zone?: string) => string;
  /** The same inside a sentence: today 14:35 CET */
  inText: (instant: Date | string, zone?: string) => string;
  /** Thursday, 24 December 2026, 14:35:07 CET */
  full: (instant: Date | string, zone?: string) => string;
  zoneName: (zone: string, at?: Date | string) => string;
  /** 7 min, 1 h 20 min, 45 s */
  duration: (seconds: number) => string;
  /** 3:07, for where it changes every second. */
  minutes: (seconds: number) => string;
  /** in 5 minutes, 2 hours ago */
  ago: (instant: Date | string, now?: Date) => string;
  weekday: (index: number, width?: "short" | "long") => string;
  list: (items: readonly string[]) => string;
}

export function makeFormat(locale: string): Format {
  const language = locale.slice(0, 2);
  const unit = (value: number, name: string) =>
    new Intl.NumberFormat(locale, { style: "unit", unit: name, unitDisplay: "short" }).format(value);
  const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
  const day = (instant: Date | string, zone: string) => {
    const today = dayIn(new Date(), zone);
    const that = dayIn(instant, zone);
    const apart = Math.round((Date.parse(that) - Date.parse(today)) / 86_400_000);
    if (Math.abs(apart) <= 1) return relative.format(apart, "day");
    const year = that.slice(0, 4) === today.slice(0, 4) ? {} : ({ year: "numeric" } as const);
    return formatter(locale, { timeZone: zone, weekday: "short", day: "numeric", month: "short", ...year }).format(new Date(instant));
  };
  const format: Format = {
    locale,
    number: (value, options) => new Intl.NumberFormat(locale, options).format(value),
    percent: (share, digits = 0) =>
      new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: digits }).format(share),
    clock: (instant, zone = HERE) =>
      formatter(locale, { timeZone: zone, hour: "numeric", minute: "2-digit" }).format(new Date(instant)),
    time: (instant, zone = HERE) =>
      formatter(locale, { timeZone: zone, hour: "numeric", minute: "2-digit", timeZoneName: "short" }).format(
        new Date(instant),
      ),
    day: (instant, zone = HERE) => {
      const text = day(instant, zone);
      return text.charAt(0).toLocaleUpperCase(language) + text.slice(1);
    },
    dayName: (day) =>
      formatter(locale, { timeZone: "UTC", weekday: "short", day: "numeric", month: "short" }).format(
        new Date(`${day}T12:00:00Z`),
      ),
    weekdayOf: (day) => formatter(locale, { timeZone: "UTC", weekday: "short" }).format(new Date(`${day}T12:00:00Z`)),
    dateOf: (day) =>
      formatter(locale, { timeZone: "UTC", day: "numeric", month: "short" }).format(new Date(`${day}T12:00:00Z`)),
    short: (instant, zone = HERE) => `${format.day(instant, zone)} ${format.time(instant, zone)}`,
    inText: (instant, zone = HERE) => `${day(instant, zone)} ${format.time(instant, zone)}`,
    full: (instant, zone = HERE) =>
      formatter(locale, {
        timeZone: zone,
        weekday: "long",
        day: "numeric",
        month: "long",
        year: "numeric",
        hour: "numeric",
        minute: "2-digit",
        second: "2-digit",
        timeZoneName: "short",
      }).format(new Date(instant)),
    zoneName: (zone, at = new Date()) => {
      const parts = formatter(locale, { timeZone: zone, timeZoneName: "short" }).formatToParts(new Date(at));
      const name = parts.find((part) => part.type === "timeZoneName")?.value ?? zone;
      return `${name} (${zone.replaceAll("_", " ")})`;
    },
    duration: (seconds) => {
      const whole = Math.round(seconds);
      if (Math.abs(whole) < 60) return unit(whole, "second");
      const minutes = Math.round(whole / 60);
      if (Math.abs(minutes) < 60) return unit(minutes, "minute");
      const hours = Math.trunc(minutes / 60);
      const rest = Math.abs(minutes % 60);
      if (Math.abs(hours) >= 48) return unit(Math.round(hours / 24), "day");
      return rest === 0 ? unit(hours, "hour") : `${unit(hours, "hour")} ${unit(rest, "minute")}`;
    },
    minutes: (seconds) => {
      const whole = Math.max(0, Math.round(seconds));
      return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
    },
    ago: (instant, now = new Date()) => {
      const seconds = Math.round((new Date(instant).getTime() - now.getTime()) / 1_000);
      const steps: [number, Intl.RelativeTimeFormatUnit][] = [
        [86_400, "day"],
        [3_600, "hour"],
        [60, "minute"],
      ];
      for (const [size, name] of steps) {
        if (Math.abs(seconds) >= size) return relative.format(Math.trunc(seconds / size), name);
      }
      return relative.format(seconds, "second");
    },
    weekday: (index, width = "short") =>
      formatter(locale, { timeZone: "UTC", weekday: width }).format(new Date(Date.UTC(2024, 0, 1 + index, 12))),
    list: (items) => new Intl.ListFormat(language, { type: "conjunction", style: "short" }).format(items),
  };
  return format;
}

export function useFormat(): Format {
  const { i18n } = useTranslation();
  const locale = localeOf(i18n.language);
  return useMemo(() => makeFormat(locale), [locale]);
}
