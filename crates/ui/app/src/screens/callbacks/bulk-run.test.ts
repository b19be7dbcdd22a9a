import { expect, it } from "vitest";
import { Refused } from "@/api/errors";
import type { CallbackRow } from "@/api/types";
import { type Progress, changeEach } from "./bulk-run";

const rows = Array.from({ length: 10 }, (_, index) => ({ id: String(index) }) as CallbackRow);

it("every row is asked once, and a refusal is told with its reason", async () => {
  const asked: string[] = [];
  const told: Progress[] = [];
  const change = async (row: CallbackRow) => {
    asked.push(row.id);
    if (row.id === "3") throw new Refused(400, 40016, "not now");
  };
  const result = await changeEach(rows, change, (progress) => told.push(progress), () => false);
  expect([...asked].sort()).toEqual(rows.map((row) => row.id));
  expect(result).toMatchObject({ total: 10, done: 10, succeeded: 9, refused: 1, state: "done" });
  expect(result.refusedRows).toEqual([{ callbackId: "3", ok: false, code: 40016, message: "not now" }]);
  expect(told.map((progress) => progress.done).slice(0, 10)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
});

it("stopping leaves the rest alone", async () => {
  let asked = 0;
  const change = async () => {
    asked += 1;
  };
  const result = await changeEach(rows, change, () => undefined, () => asked >= 4);
  expect(result.state).toBe("stopped");
  expect(asked).toBeLessThan(10);
});
