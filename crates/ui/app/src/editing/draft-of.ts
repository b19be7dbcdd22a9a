// A draft of a stored document: with the revision that its author saw, so that a late save is found out.
import { useMemo } from "react";
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
  const { set } = draft;
  return {
    ...draft,
    changed: JSON.stringify(draft.value.doc) !== JSON.stringify(stored),
    doc: draft.value.doc,
    seen: draft.value.seen,
    change: (next) =>
      set((before) => ({
        ...before,
        doc: typeof next === "function" ? (next as (before: T) => T)(before.doc) : next,
      })),
  };
}
