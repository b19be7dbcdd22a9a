import { expect, it } from "vitest";
import { GROUPS, NEW, faults, settingOf, withSetting } from "./fields";

it("has each setting once", () => {
  const keys = GROUPS.flatMap((group) => group.fields.map((field) => field.key));
  expect(new Set(keys).size).toBe(keys.length);
  const known = Object.keys(NEW).flatMap((key) =>
    key === "priority" ? Object.keys(NEW[key] as object).map((inner) => `priority.${inner}`) : [key],
  );
  expect(known.filter((key) => key !== "upcoming" && !keys.includes(key))).toEqual([]);
});

it("finds what is missing, out of bounds, or no address", () => {
  expect(faults(NEW)).toEqual(["virtualQueue"]);
  const odd = { ...NEW, virtualQueue: "VQ", scxmlUrl: "file:///x", ringTimeoutSeconds: 601, maxQueued: 1.5 };
  expect(faults(odd)).toEqual(["scxmlUrl", "ringTimeoutSeconds", "maxQueued"]);
  expect(faults({ ...NEW, virtualQueue: "VQ", upcoming: [{ language: "en", title: "", body: "x" }] })).toEqual(["upcoming.0"]);
});

it("reads and changes settings inside of settings, and takes them away", () => {
  const changed = withSetting(NEW, "priority.limit", 7);
  expect(settingOf(changed, "priority.limit")).toBe(7);
  expect(settingOf(changed, "priority.initial")).toBe(100);
  expect(settingOf(NEW, "priority.limit")).toBe(1_000);
  expect("maxReleasePerMinute" in withSetting({ maxReleasePerMinute: 3 }, "maxReleasePerMinute", undefined)).toBe(false);
});
