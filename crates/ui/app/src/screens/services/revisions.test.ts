import { expect, it } from "vitest";
import words from "./locales/en.json";
import { grouped, nameOf } from "./revisions";

it("what changed of a service bears the name that the settings have", () => {
  const said = (path: string) => words.fields[nameOf(path).replace("fields.", "") as keyof typeof words.fields];
  expect(said("settings.ringTimeoutSeconds")).toBe(words.fields.ringTimeoutSeconds);
  expect(said("settings.priority.limit")).toBe(words.fields["priority-limit"]);
  expect(said("settings.slotLength")).toBe(words.fields.slotMinutes);
  expect(said("emergency")).toBe(words.fields.emergency);
  expect(said("plan.week")).toBeUndefined();
});

it("differences stand together by what they are about", () => {
  const diff = [
    { service: "a", path: "x" },
    { hours: "b", path: "" },
    { service: "a", path: "y" },
  ];
  expect(grouped(diff).map(([of, rows]) => [of, rows.length])).toEqual([
    ["a", 2],
    ["b", 1],
  ]);
});
