// How slots become a table: one row per wall-clock time, and a second one for an hour that an autumn night repeats.
import type { SlotAhead } from "@/api/schema";

export type MapSlot = Omit<SlotAhead, "end">;

export type Level = "none" | "free" | "some" | "most" | "full" | "over";

export function levelOf({ booked, total }: { booked: number; total: number }): Level {
  if (booked > total) return "over";
  if (total === 0) return "none";
  const share = booked / total;
  return share >= 1 ? "full" : share >= 0.67 ? "most" : share > 0 ? "some" : "free";
}

const offsetOf = (local: string) => /([+-]\d\d:?\d\d|Z)$/.exec(local)?.[0] ?? "";

export function arrange(slots: readonly MapSlot[]) {
  const cells = new Map<string, MapSlot>();
  const offsets = new Map<string, Set<string>>();
  const days = new Set<string>();
  const times = new Set<string>();
  for (const slot of [...slots].sort((a, b) => a.start.localeCompare(b.start))) {
    const day = slot.localStart.slice(0, 10);
    let time = slot.localStart.slice(11, 16);
    if (cells.has(`${day} ${time}`)) time += "+";
    cells.set(`${day} ${time}`, slot);
    days.add(day);
    times.add(time);
    offsets.set(day, (offsets.get(day) ?? new Set()).add(offsetOf(slot.localStart)));
  }
  const sorted = [...days].sort();
  // A night shift of the clocks shows between two days as well as inside of one.
  const changes = new Set<string>();
  let before: string | undefined;
  for (const day of sorted) {
    const seen = [...(offsets.get(day) ?? [])];
    if (seen.length > 1 || (before !== undefined && seen[0] !== before)) changes.add(day);
    before = seen.at(-1);
  }
  return { days: sorted, times: [...times].sort(), cells, changes };
}
