// Live changes: one stream of server-sent events for the whole page, which pauses, resumes and reconnects.
// Apart from the screens, so that a pause holds for all of them and a burst is handed over in batches.
import { useEffect, useRef, useSyncExternalStore } from "react";
import { address } from "./client";

export type Topic = "callback" | "queue" | "bulk" | "settings";
export type LiveState = "off" | "connecting" | "live" | "paused" | "down";

export interface Change {
  topic: Topic;
  data: unknown;
}

interface Listener {
  topics: ReadonlySet<Topic>;
  changes: (changes: readonly Change[]) => void;
  resync: () => void;
}

const TOPICS: readonly Topic[] = ["callback", "queue", "bulk", "settings"];
/** How long changes are gathered before screens see them: longer than a frame, shorter than a glance. */
const GATHER_MS = 250;
/** More than this held back while paused, and it is cheaper to read everything again. */
const HOLD_AT_MOST = 5_000;
const RETRY_MS = [500, 1_000, 2_000, 5_000, 10_000];

export interface LiveSnapshot {
  state: LiveState;
  /** Changes of callbacks that are held back while paused. */
  held: number;
  lastAt: number | undefined;
}

type Source = Pick<EventSource, "addEventListener" | "close" | "readyState"> & {
  onopen: ((event: Event) => unknown) | null;
  onerror: ((event: Event) => unknown) | null;
};

/** The stream itself. Exported as a class for its tests; the page uses `live`. */
export class LiveStream {
  #open: (url: string) => Source;
  #source: Source | undefined;
  #listeners = new Set<Listener>();
  #watchers = new Set<() => void>();
  #snapshot: LiveSnapshot = { state: "off", held: 0, lastAt: undefined };
  #gathered: Change[] = [];
  /** What only says that something is to be asked anew: once is enough. */
  #nudges = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
  #missed = false;
  #paused = false;
  /** Whether it was ever there: a service without a stream is not one that is cut off. */
  #known = false;

  constructor(open: (url: string) => Source = (url) => new EventSource(url)) {
    this.#open = open;
  }

  snapshot = (): LiveSnapshot => this.#snapshot;

  watch = (watcher: () => void) => {
    this.#watchers.add(watcher);
    return () => {
      this.#watchers.delete(watcher);
    };
  };

  start() {
    if (this.#source || this.#retry) return;
    this.#connect();
  }

  stop() {
    clearTimeout(this.#retry);
    clearTimeout(this.#timer);
    this.#retry = undefined;
    this.#timer = undefined;
    this.#source?.close();
    this.#source = undefined;
    this.#forget();
    this.#paused = false;
    this.#say({ state: "off", held: 0 });
  }

  pause() {
    this.#paused = true;
    this.#say({ state: "paused" });
  }

  resume() {
    this.#paused = false;
    this.#say({ state: this.#source?.readyState === 1 ? "live" : "connecting", held: 0 });
    this.#hand();
    if (!this.#source && !this.#retry) this.#connect();
  }

  /** Tries at once, instead of waiting for the next turn. */
  retryNow() {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    this.#source?.close();
    this.#connect();
  }

  /** What this page has just done itself: shown at once, also while paused. */
  tell(topic: Topic, data: unknown) {
    for (const listener of this.#listeners) if (listener.topics.has(topic)) listener.changes([{ topic, data }]);
  }

  listen(listener: Listener) {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  #connect() {
    this.#retry = undefined;
    if (!this.#paused) this.#say({ state: this.#failures === 0 ? "connecting" : this.#lost() });
    const source = this.#open(address("live"));
    this.#source = source;
    source.onopen = () => {
      this.#failures = 0;
      this.#known = true;
      if (this.#missed) this.#renew();
      if (!this.#paused) this.#say({ state: "live" });
    };
    source.onerror = () => this.#broken(source);
    for (const topic of TOPICS) {
      source.addEventListener(topic, (event) => this.#take(topic, (event as MessageEvent<string>).data));
    }
    source.addEventListener("resync", () => this.#renew());
  }

  /**
   * A browser reconnects by itself where the connection broke, with the last id; where it was refused it does not. The
   * service ends each stream after a while: once is no trouble yet, twice in a row is.
   */
  #broken(source: Source) {
    if (source !== this.#source) return;
    this.#failures += 1;
    const again = source.readyState !== 2;
    if (!this.#paused) this.#say({ state: again && this.#failures === 1 && this.#known ? "connecting" : this.#lost() });
    if (again) return;
    source.close();
    this.#source = undefined;
    this.#missed = true;
    const wait = RETRY_MS[Math.min(this.#failures, RETRY_MS.length) - 1] ?? 10_000;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#connect(), wait);
  }

  #lost(): LiveState {
    return this.#known ? "down" : "off";
  }

  #take(topic: Topic, text: string) {
    let data: unknown;
    try {
      data = JSON.parse(text);
    } catch {
      return;
    }
    if (typeof data !== "object" || data === null) return;
    if (topic !== "callback") {
      const nudge = `${topic} ${text}`;
      if (this.#nudges.has(nudge)) return;
      this.#nudges.add(nudge);
    }
    this.#gathered.push({ topic, data });
    this.#snapshot = { ...this.#snapshot, lastAt: Date.now() };
    if (this.#paused) {
      if (this.#gathered.length > HOLD_AT_MOST) {
        this.#forget();
        this.#missed = true;
      }
      // The number is for people: telling it four times a second is enough.
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        this.#say({ held: this.#gathered.filter(({ topic }) => topic === "callback").length });
      }, GATHER_MS);
      return;
    }
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      if (!this.#paused) this.#hand();
    }, GATHER_MS);
  }

  #hand() {
    if (this.#missed) {
      this.#renew();
      return;
    }
    const changes = this.#gathered;
    this.#forget();
    if (changes.length === 0) return;
    for (const listener of this.#listeners) {
      const wanted = changes.filter((change) => listener.topics.has(change.topic));
      if (wanted.length > 0) listener.changes(wanted);
    }
  }

  /** Has everything read again; while paused, once that is over. */
  #renew() {
    this.#forget();
    this.#missed = this.#paused;
    if (this.#paused) return;
    for (const listener of this.#listeners) listener.resync();
  }

  #forget() {
    this.#gathered = [];
    this.#nudges.clear();
  }

  #say(news: Partial<LiveSnapshot>) {
    this.#snapshot = { ...this.#snapshot, ...news };
    for (const watcher of this.#watchers) watcher();
  }
}

export const live = new LiveStream();

export const useLiveState = () => useSyncExternalStore(live.watch, live.snapshot);

/** Hears changes of some topics, in batches, as long as the component is there. */
export function useLive(
  topics: readonly Topic[],
  changes: (changes: readonly Change[]) => void,
  resync: () => void,
) {
  const latest = useRef({ changes, resync });
  latest.current = { changes, resync };
  const key = topics.join();
  useEffect(
    () =>
      live.listen({
        topics: new Set(key.split(",") as Topic[]),
        changes: (all) => latest.current.changes(all),
        resync: () => latest.current.resync(),
      }),
    [key],
  );
}
