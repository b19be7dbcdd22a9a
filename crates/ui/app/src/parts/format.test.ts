import { describe, expect, it } from "vitest";
import { addDays, dayIn, instantOf, offsetAt } from "./civil";
import { makeFormat } from "./format";

describe("a wall clock in a zone", () => {
  it("shows each time once on a plain day", () => {
    expect(instantOf("2026-01-15", "09:00", "America/New_York").toISOString()).toBe("2026-01-15T14:00:00.000Z");
    expect(instantOf("2026-07-15", "09:00", "Europe/Berlin").toISOString()).toBe("2026-07-15T07:00:00.000Z");
  });
  it("in a gap means the time as if the clock had not yet moved", () => {
    expect(instantOf("2026-03-08", "02:30", "America/New_York").toISOString()).toBe("2026-03-08T07:30:00.000Z");
  });
  it("that shows a time twice means the first", () => {
    expect(instantOf("2026-11-01", "01:30", "America/New_York").toISOString()).toBe("2026-11-01T05:30:00.000Z");
  });
  it("knows the day and the offset of an instant", () => {
    expect(dayIn("2026-01-01T02:00:00Z", "America/New_York")).toBe("2025-12-31");
    expect(offsetAt("2026-01-01T00:00:00Z", "America/New_York")).toBe("-05:00");
    expect(offsetAt("2026-01-01T00:00:00Z", "UTC")).toBe("+00:00");
    expect(offsetAt("2026-01-01T00:00:00Z", "Asia/Kolkata")).toBe("+05:30");
    expect(addDays("2026-02-28", 1)).toBe("2026-03-01");
  });
});

describe("a time for people", () => {
  it("begins with a capital by itself, and not inside a sentence", () => {
    const now = new Date();
    expect(makeFormat("en-US").short(now)).toMatch(/^Today /);
    expect(makeFormat("en-US").inText(now)).toMatch(/^today /);
    expect(makeFormat("de-DE").short(now)).toMatch(/^Heute /);
    expect(makeFormat("de-DE").inText(now)).toMatch(/^heute /);
  });

  it("always bears its zone", () => {
    for (const locale of ["en-US", "de-DE", "fr-FR", "es-ES", "ja-JP"]) {
      const format = makeFormat(locale);
      const at = "2026-01-15T14:00:00Z";
      for (const text of [format.time(at), format.short(at), format.full(at)]) expect(text).toMatch(/EST|GMT-5|UTC[−-]5/);
    }
  });
  it("is told by twelve or twenty-four hours as the place does", () => {
    expect(makeFormat("en-US").clock("2026-01-15T19:00:00Z")).toMatch(/2:00.PM/);
    expect(makeFormat("de-DE").clock("2026-01-15T19:00:00Z")).toBe("14:00");
  });
});

it.each([
  [0, "0 sec"],
  [59, "59 sec"],
  [60, "1 min"],
  [3_540, "59 min"],
  [3_600, "1 hr"],
  [4_800, "1 hr 20 min"],
  [-90, "-1 min"],
  [260_000, "3 days"],
])("%d seconds are %s", (seconds, text) => {
  expect(makeFormat("en-US").duration(seconds)).toBe(text);
});
