// A filter that lives in the address, so that it can be sent to somebody; days become instants of the viewer's zone.
import { useSearchParams } from "react-router";
import { HERE, addDays, instantOf } from "@/parts/format";

export interface Filter<K extends string> {
  values: Record<K, string>;
  put: (change: Partial<Record<K, string | null>>) => void;
  /** Whether anything is filtered at all. */
  used: boolean;
  clear: () => void;
}

export function useFilter<K extends string>(names: readonly K[]): Filter<K> {
  const [search, setSearch] = useSearchParams();
  const values = Object.fromEntries(names.map((name) => [name, search.get(name) ?? ""])) as Record<K, string>;
  const put = (change: Partial<Record<K, string | null>>) =>
    setSearch(
      (before) => {
        const next = new URLSearchParams(before);
        for (const [name, value] of Object.entries(change) as [string, string | null | undefined][]) {
          if (value) next.set(name, value);
          else next.delete(name);
        }
        return next;
      },
      { replace: true },
    );
  const used = names.some((name) => values[name] !== "");
  const clear = () => put(Object.fromEntries(names.map((name) => [name, null])) as Partial<Record<K, null>>);
  return { values, put, used, clear };
}

/** The beginning of a day here. */
export const sinceDay = (day: string) => (day ? instantOf(day, "00:00", HERE).toISOString() : undefined);
/** The end of a day here. */
export const untilDay = (day: string) => (day ? instantOf(addDays(day, 1), "00:00", HERE).toISOString() : undefined);
