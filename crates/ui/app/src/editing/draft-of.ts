// A draft of a stored document: with the revision that its author saw, so that a late save is found out.
import { useEffect, useMemo, useRef } from "react";
import { type Draft, useDraft } from "@/parts/draft";

export interface Seen<T> {
  seen: number;
  doc: T;
}

export interface DocumentDraft<T> extends Draft<Seen<T>> {
  doc: T;
  seen: number;
  change: (next: T | ((before: T) => T)) => void;
}

/** `stored` must be the same object as long as it is the same document: take it from the query's answer. */
export function useDocumentDraft<T>(name: string, stored: T, revision: number): DocumentDraft<T> {
  const initial = useMemo(() => ({ seen: revision, doc: stored }), [revision, stored]);
  const draft = useDraft<Seen<T>>(name, initial);
  const { set, clear, value } = draft;
  // What stands was renewed: who has typed nothing sees it, who has keeps the draft and its revision.
  const key = JSON.stringify(stored);
  const known = useRef({ key, revision });
  useEffect(() => {
    if (known.current.key === key && known.current.revision === revision) return;
    const untouched = JSON.stringify(value.doc) === known.current.key;
    known.current = { key, revision };
    if (untouched) clear({ seen: revision, doc: stored });
  }, [key, revision, stored, value, clear]);
  return {
    ...draft,
    changed: JSON.stringify(draft.value.doc) !== key,
    doc: draft.value.doc,
    seen: draft.value.seen,
    change: (next) =>
      set((before) => ({
        ...before,
        doc: typeof next === "function" ? (next as (before: T) => T)(before.doc) : next,
      })),
  };
}
