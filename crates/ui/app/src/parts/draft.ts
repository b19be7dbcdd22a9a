// What somebody has typed and not yet sent: kept over an expired session, a detour to sign in, a reload.
import { useCallback, useEffect, useRef, useState } from "react";

const key = (name: string) => `ges-draft:${name}`;

function read<T>(name: string): T | undefined {
  try {
    const text = sessionStorage.getItem(key(name));
    return text === null ? undefined : (JSON.parse(text) as T);
  } catch {
    return undefined;
  }
}

function write(name: string, value: unknown) {
  try {
    if (value === undefined) sessionStorage.removeItem(key(name));
    else sessionStorage.setItem(key(name), JSON.stringify(value));
  } catch {
    // Full or forbidden: the draft then lives as long as the screen.
  }
}

export interface Draft<T> {
  value: T;
  set: (value: T | ((before: T) => T)) => void;
  /** Whether it differs from where it began. */
  changed: boolean;
  /** Whether it was found from before. */
  restored: boolean;
  /** Back to `initial`, and forgotten. Call it once the draft was sent, too. */
  clear: (next?: T) => void;
}

/** State that survives. `name` says what is being edited, with its id; never use it for secrets. */
export function useDraft<T>(name: string, initial: T): Draft<T> {
  const [start, setStart] = useState(initial);
  const [restored, setRestored] = useState(() => read<T>(name) !== undefined);
  const [value, setValue] = useState<T>(() => read<T>(name) ?? initial);
  const current = useRef(name);
  useEffect(() => {
    if (current.current === name) return;
    current.current = name;
    const found = read<T>(name);
    setStart(initial);
    setRestored(found !== undefined);
    setValue(found ?? initial);
  }, [name, initial]);

  const set = useCallback(
    (next: T | ((before: T) => T)) =>
      setValue((before) => {
        const after = typeof next === "function" ? (next as (before: T) => T)(before) : next;
        write(name, after);
        return after;
      }),
    [name],
  );
  const clear = useCallback(
    (next?: T) => {
      write(name, undefined);
      setRestored(false);
      setStart((before) => next ?? before);
      setValue((before) => next ?? (before === start ? before : start));
    },
    [name, start],
  );
  return { value, set, changed: JSON.stringify(value) !== JSON.stringify(start), restored, clear };
}
