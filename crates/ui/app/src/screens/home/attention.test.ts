import { expect, it } from "vitest";
import type { QueueRow } from "@/api/types";
import { concerns } from "./attention";

const calm: QueueRow = {
  queue: "VQ_Sales",
  services: ["sales"],
  waiting: 3,
  live: 1,
  scheduled: 0,
  scheduledToday: 0,
  agents: { loggedIn: 4, ready: 1 },
  offered: { immediate: true, scheduled: true },
  open: true,
  emergency: false,
  coverage: { nominal: 0.8, measured: 0.79, observations: 500 },
  promise: { count: 40, medianSecs: 20, p90Secs: 100, withinFiveMinutes: 0.96 },
  trend: [],
  at: "2026-01-01T00:00:00.000Z",
};

it("a calm queue concerns nobody", () => {
  expect(concerns([calm], undefined)).toEqual([]);
});

it("an open queue without agents comes before a broken promise", () => {
  const rows: QueueRow[] = [
    { ...calm, queue: "late", promise: { count: 40, medianSecs: 90, p90Secs: 900, withinFiveMinutes: 0.5 } },
    { ...calm, queue: "empty", agents: { loggedIn: 0, ready: 0 } },
  ];
  expect(concerns(rows, undefined).map((one) => one.kind)).toEqual(["noAgents", "promise"]);
});

it("a closed queue needs no agents", () => {
  expect(concerns([{ ...calm, open: false, agents: { loggedIn: 0, ready: 0 } }], undefined)).toEqual([]);
});

it("coverage counts only when enough was observed", () => {
  const low = { nominal: 0.8, measured: 0.6 };
  expect(concerns([{ ...calm, coverage: { ...low, observations: 20 } }], undefined)).toEqual([]);
  expect(concerns([{ ...calm, coverage: { ...low, observations: 200 } }], undefined)).toHaveLength(1);
});
