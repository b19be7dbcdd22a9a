// Live changes applied to the pages that are loaded: rows change in place, leave, come in where they belong.
// Apart from the screen, because this decides whether a list can be trusted, and can be tested as a value.
import type { CallbackPage, CallbackRow } from "@/api/types";


export type News = CallbackRow & { gone?: boolean };

export interface Patched {
  pages: CallbackPage[];
  /** By how much the number of all rows that match has changed, as far as the loaded ones tell. */
  more: number;
}

export function patched(
  pages: readonly CallbackPage[],
  news: readonly News[],
  belongs: (row: CallbackRow) => boolean,
  compare: (a: CallbackRow, b: CallbackRow) => number,
): Patched {
  const latest = new Map<string, News>();
  for (const one of news) {
    const known = latest.get(one.id);
    if (!known || known.revision <= one.revision || one.gone) latest.set(one.id, one);
  }
  let more = 0;
  const homeless: CallbackRow[] = [];
  const seen = new Set<string>();
  const result = pages.map((page): CallbackPage => {
    let touched = false;
    const callbacks: CallbackRow[] = [];
    for (const row of page.callbacks) {
      const change = latest.get(row.id);
      if (!change) {
        callbacks.push(row);
        continue;
      }
      seen.add(row.id);
      if (!change.gone && change.revision < row.revision) {
        callbacks.push(row);
        continue;
      }
      touched = true;
      if (change.gone || !belongs(change)) more -= 1;
      else if (compare(row, { ...change, id: row.id }) !== 0) homeless.push(change);
      else callbacks.push(change);
    }
    return touched ? { ...page, callbacks } : page;
  });
  for (const change of latest.values()) {
    if (seen.has(change.id) || change.gone || !belongs(change)) continue;
    // A row that is new here may lie beyond what is loaded; it counts only when it is surely not counted yet.
    if (change.revision <= 1) more += 1;
    homeless.push(change);
  }
  for (const row of homeless) place(result, row, compare);
  return { pages: result, more };
}

/** Puts a row where it belongs, unless that is beyond what is loaded. */
function place(pages: CallbackPage[], row: CallbackRow, compare: (a: CallbackRow, b: CallbackRow) => number) {
  for (let index = 0; index < pages.length; index += 1) {
    const page = pages[index] as CallbackPage;
    const last = page.callbacks.at(-1);
    const final = index === pages.length - 1;
    const fits = last !== undefined && compare(row, last) < 0;
    if (!fits && !(final && page.next === undefined)) continue;
    const callbacks = [...page.callbacks];
    let low = 0;
    let high = callbacks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compare(callbacks[middle] as CallbackRow, row) < 0) low = middle + 1;
      else high = middle;
    }
    callbacks.splice(low, 0, row);
    pages[index] = { ...page, callbacks };
    return;
  }
}
