import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Change, LiveStream } from "./live";

class Source {
  readyState = 0;
  onopen: ((event: Event) => unknown) | null = null;
  onerror: ((event: Event) => unknown) | null = null;
  closed = false;
  #heard = new Map<string, (event: MessageEvent<string>) => void>();
  addEventListener(name: string, heard: unknown) {
    this.#heard.set(name, heard as (event: MessageEvent<string>) => void);
  }
  close() {
    this.closed = true;
    this.readyState = 2;
  }
  opened() {
    this.readyState = 1;
    this.onopen?.(new Event("open"));
  }
  says(name: string, data: unknown) {
    this.#heard.get(name)?.(new MessageEvent(name, { data: JSON.stringify(data) }));
  }
  breaks(forGood: boolean) {
    this.readyState = forGood ? 2 : 0;
    this.onerror?.(new Event("error"));
  }
}

let sources: Source[];
let stream: LiveStream;
let heard: Change[][];
let resyncs: number;
const last = () => sources.at(-1) as Source;

beforeEach(() => {
  vi.useFakeTimers();
  sources = [];
  heard = [];
  resyncs = 0;
  stream = new LiveStream(() => {
    sources.push(new Source());
    return last() as unknown as EventSource;
  });
  stream.listen({ topics: new Set(["callback"]), changes: (all) => heard.push([...all]), resync: () => (resyncs += 1) });
  stream.start();
  last().opened();
});
afterEach(() => vi.useRealTimers());

describe("the stream of changes", () => {
  it("hands a burst over at once, and only what was asked for", () => {
    for (let id = 0; id < 20; id += 1) last().says("callback", { id });
    last().says("queue", { queue: "x" });
    expect(heard).toEqual([]);
    vi.advanceTimersByTime(300);
    expect(heard).toHaveLength(1);
    expect(heard[0]).toHaveLength(20);
  });

  it("holds back while paused, says how much, and hands it over when resumed", () => {
    stream.pause();
    last().says("callback", { id: 1 });
    last().says("callback", { id: 2 });
    vi.advanceTimersByTime(1_000);
    expect(heard).toEqual([]);
    expect(stream.snapshot()).toMatchObject({ state: "paused", held: 2 });
    stream.resume();
    expect(heard[0]).toHaveLength(2);
    expect(stream.snapshot()).toMatchObject({ state: "live", held: 0 });
  });

  it("that was paused too long has everything read again", () => {
    stream.pause();
    for (let id = 0; id < 5_100; id += 1) last().says("callback", { id });
    stream.resume();
    expect(resyncs).toBe(1);
    expect(heard).toEqual([]);
  });

  it("that misses something while paused has everything read again after the pause, not in it", () => {
    stream.pause();
    last().says("resync", {});
    vi.advanceTimersByTime(1_000);
    expect(resyncs).toBe(0);
    stream.resume();
    expect(resyncs).toBe(1);
  });

  it("hands over what only asks for a look once, and counts callbacks alone as held", () => {
    stream.listen({ topics: new Set(["queue", "bulk"]), changes: (all) => heard.push([...all]), resync: () => undefined });
    stream.pause();
    for (let n = 0; n < 10; n += 1) last().says("queue", {});
    last().says("bulk", { id: "a" });
    last().says("bulk", { id: "b" });
    last().says("bulk", { id: "a" });
    last().says("callback", { id: 1 });
    vi.advanceTimersByTime(1_000);
    expect(stream.snapshot().held).toBe(1);
    stream.resume();
    const topics = heard.flat().map(({ topic }) => topic);
    expect(topics.toSorted()).toEqual(["bulk", "bulk", "callback", "queue"]);
  });

  it("leaves what it does not know to newer pages", () => {
    last().says("weather", { sun: true });
    last().says("callback", { id: 1 });
    vi.advanceTimersByTime(300);
    expect(heard).toEqual([[{ topic: "callback", data: { id: 1 } }]]);
  });

  it("that the browser takes up again by itself is said to be down when that fails", () => {
    last().breaks(false);
    expect(stream.snapshot().state).toBe("connecting");
    last().breaks(false);
    expect(stream.snapshot().state).toBe("down");
    last().opened();
    expect(stream.snapshot().state).toBe("live");
    expect(sources).toHaveLength(1);
    expect(resyncs).toBe(0);
  });

  it("that was refused is asked for again, later and later, and then everything is read again", () => {
    last().breaks(true);
    vi.advanceTimersByTime(600);
    expect(sources).toHaveLength(2);
    last().breaks(true);
    vi.advanceTimersByTime(600);
    expect(sources).toHaveLength(2);
    vi.advanceTimersByTime(600);
    expect(sources).toHaveLength(3);
    last().opened();
    expect(resyncs).toBe(1);
    expect(stream.snapshot().state).toBe("live");
  });

  it("tells at once what this page has done itself, also while paused", () => {
    stream.pause();
    stream.tell("callback", { id: 7 });
    expect(heard).toEqual([[{ topic: "callback", data: { id: 7 } }]]);
  });

  it("is silent after its end", () => {
    last().says("callback", { id: 1 });
    stream.stop();
    vi.advanceTimersByTime(60_000);
    expect(heard).toEqual([]);
    expect(sources).toHaveLength(1);
    expect(last().closed).toBe(true);
  });

  it("takes nonsense for nothing", () => {
    (last() as unknown as { says: (name: string, data: unknown) => void }).says("callback", undefined);
    vi.advanceTimersByTime(300);
    expect(heard).toEqual([]);
  });
});
