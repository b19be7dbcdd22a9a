// Saving a document that others may have changed meanwhile: both sides are shown, and one chooses.
import { useMutation } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { CHANGED_MEANWHILE, Refused, isRefused } from "@/api/errors";
import { Conflict, nowOf } from "@/parts/conflict";
import { useErrorText } from "@/parts/errors";

interface SavingOptions<T extends object, R> {
  /** Sends it; `seen` is the revision that it is built on. */
  send: (mine: T, seen: number) => Promise<R>;
  onSaved: (answer: R) => void;
  /** Takes what stands now in place of one's own. */
  onTheirs: () => void;
  /** The part of a stored document that is edited here. */
  edited?: (now: Record<string, unknown>) => object;
  label?: (path: string) => string;
  /** One's own version as people read it, where it is sent in other words. */
  shown?: (mine: T) => object;
}

export interface Saving<T> {
  save: (mine: T, seen: number) => void;
  pending: boolean;
  /** What went wrong, for people; conflicts show themselves. */
  trouble: string | undefined;
  error: unknown;
  reset: () => void;
  conflict: ReactNode;
}

type Stored = Record<string, unknown> & { revision?: number };

export function useSaving<T extends object, R>({ send, onSaved, onTheirs, edited, label, shown }: SavingOptions<T, R>): Saving<T> {
  const errorText = useErrorText();
  const [tried, setTried] = useState<T>();
  const { mutate, isPending, error, reset } = useMutation({
    mutationFn: ({ mine, seen }: { mine: T; seen: number }) => send(mine, seen),
    onSuccess: onSaved,
  });
  const save = (mine: T, seen: number) => {
    setTried(mine);
    mutate({ mine, seen });
  };
  const now = nowOf<Stored>(error);
  const comparable =
    now && error instanceof Refused
      ? new Refused(error.status, error.code, error.message, error.corrId, { now: edited ? edited(now) : now })
      : undefined;
  const conflict =
    comparable && tried ? (
      <Conflict
        error={comparable}
        mine={shown ? shown(tried) : tried}
        onMine={() => save(tried, now?.revision ?? 0)}
        onTheirs={() => {
          reset();
          onTheirs();
        }}
        onClose={reset}
        {...(label ? { label } : {})}
      />
    ) : null;
  const conflicting = isRefused(error, CHANGED_MEANWHILE) && now !== undefined;
  return {
    save,
    pending: isPending,
    trouble: error && !conflicting ? errorText(error) : undefined,
    error,
    reset,
    conflict,
  };
}
