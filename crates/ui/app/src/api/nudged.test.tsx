import { renderHook } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { live } from "./live";
import { useNudged } from "./nudged";

let asked: number;
const nudged = (about?: (data: unknown) => boolean) => renderHook(() => useNudged(["queue"], 2_000, () => (asked += 1), about));

beforeEach(() => {
  vi.useFakeTimers();
  asked = 0;
});
afterEach(() => {
  live.stop();
  vi.useRealTimers();
});

it("a burst is asked about at its beginning, at most every so often in it, and once at its end", () => {
  nudged();
  for (let ms = 0; ms < 5_000; ms += 100) {
    live.tell("queue", {});
    vi.advanceTimersByTime(100);
  }
  expect(asked).toBe(3);
  vi.advanceTimersByTime(60_000);
  expect(asked).toBe(4);
});

it("a pause in the middle of a burst holds the last question, too", () => {
  nudged();
  live.tell("queue", {});
  live.tell("queue", {});
  live.pause();
  vi.advanceTimersByTime(60_000);
  expect(asked).toBe(1);
});

it("other topics, and what is about something else, ask nothing", () => {
  nudged((data) => (data as { id?: string }).id === "mine");
  live.tell("bulk", { id: "mine" });
  live.tell("queue", { id: "theirs" });
  expect(asked).toBe(0);
  live.tell("queue", { id: "mine" });
  expect(asked).toBe(1);
});
