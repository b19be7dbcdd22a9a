// How far from their desired time callbacks were reached, over several days.
import type { PromiseDay } from "@/api/schema";

export interface Bin {
  fromSecs: number;
  toSecs: number;
  count: number;
  label: string;
}

const minutes = (seconds: number) => {
  const value = Math.round((seconds / 60) * 10) / 10;
  return value > 0 ? `+${value}` : String(value).replace("-", "−");
};

/** The days' histograms as one, in order; negative is early. */
export function summed(days: readonly PromiseDay[]): Bin[] {
  const bins = new Map<string, Bin>();
  for (const { histogram } of days) {
    for (const { fromSecs, toSecs, count } of histogram) {
      const key = `${fromSecs} ${toSecs}`;
      const bin = bins.get(key) ?? { fromSecs, toSecs, count: 0, label: `${minutes(fromSecs)} … ${minutes(toSecs)}` };
      bins.set(key, { ...bin, count: bin.count + count });
    }
  }
  return [...bins.values()].sort((a, b) => a.fromSecs - b.fromSecs);
}
