import { describe, expect, it } from "vitest";
import type { CallbackPage, CallbackRow } from "@/api/types";
import { compare } from "./filter";
import { type News, patched } from "./patch";

const row = (id: string, minute: number, more: Partial<News> = {}): News => ({
  id,
  revision: 2,
  serviceName: "sales",
  virtualQueue: "VQ",
  state: "SCHEDULED",
  kind: "scheduled",
  phoneNumber: "+12025550100",
  desiredTime: new Date(Date.UTC(2026, 0, 1, 9, minute)).toISOString(),
  createdTime: "2026-01-01T00:00:00.000Z",
  updatedTime: "2026-01-01T00:00:00.000Z",
  expirationTime: "2026-01-02T00:00:00.000Z",
  attempt: 0,
  actions: [],
  ...more,
});

const open = (one: CallbackRow) => one.state !== "COMPLETED";
const pages = (): CallbackPage[] => [
  { callbacks: [row("a", 0), row("b", 10)], next: "2" },
  { callbacks: [row("c", 20), row("d", 30)], next: "4" },
];
const ids = (all: readonly CallbackPage[]) => all.map((page) => page.callbacks.map((one) => one.id).join("")).join("|");
const apply = (news: News[], from = pages()) => patched(from, news, open, compare("desired"));

describe("a change", () => {
  it("of a loaded row is shown in its place, and no other page is touched", () => {
    const before = pages();
    const after = apply([row("a", 0, { revision: 3, state: "QUEUED" })], before);
    expect(ids(after.pages)).toBe("ab|cd");
    expect(after.pages[0]?.callbacks[0]?.state).toBe("QUEUED");
    expect(after.pages[1]).toBe(before[1]);
    expect(after.more).toBe(0);
  });
  it("that is older than what is shown changes nothing", () => {
    const after = apply([row("a", 0, { revision: 1, state: "QUEUED" })]);
    expect(after.pages[0]?.callbacks[0]?.state).toBe("SCHEDULED");
  });
  it("that no longer belongs takes the row away", () => {
    const after = apply([row("c", 20, { revision: 3, state: "COMPLETED" })]);
    expect(ids(after.pages)).toBe("ab|d");
    expect(after.more).toBe(-1);
  });
  it("of the time moves the row, also to another page", () => {
    expect(ids(apply([row("a", 25, { revision: 3 })]).pages)).toBe("b|cad");
  });
  it("of the time beyond what is loaded takes the row out of sight, but not out of the count", () => {
    const after = apply([row("a", 59, { revision: 3 })]);
    expect(ids(after.pages)).toBe("b|cd");
    expect(after.more).toBe(0);
  });
  it("that says gone takes the row away", () => {
    expect(ids(apply([row("b", 10, { gone: true, revision: 0 })]).pages)).toBe("a|cd");
  });
  it("that came twice counts once, the newest", () => {
    const after = apply([row("a", 0, { revision: 4, state: "ROUTING" }), row("a", 0, { revision: 3, state: "QUEUED" })]);
    expect(after.pages[0]?.callbacks[0]?.state).toBe("ROUTING");
  });
});

describe("a new row", () => {
  it("comes in where it belongs", () => {
    const after = apply([row("x", 15, { revision: 1 })]);
    expect(ids(after.pages)).toBe("ab|xcd");
    expect(after.more).toBe(1);
  });
  it("beyond what is loaded only counts", () => {
    const after = apply([row("x", 45, { revision: 1 })]);
    expect(ids(after.pages)).toBe("ab|cd");
    expect(after.more).toBe(1);
  });
  it("goes to the end when everything is loaded", () => {
    const all: CallbackPage[] = [{ callbacks: [row("a", 0)] }];
    expect(ids(apply([row("x", 45, { revision: 1 })], all).pages)).toBe("ax");
    expect(ids(apply([row("x", 45, { revision: 1 })], [{ callbacks: [] }]).pages)).toBe("x");
  });
  it("that does not belong stays out", () => {
    expect(apply([row("x", 15, { state: "COMPLETED" })])).toEqual({ pages: pages(), more: 0 });
  });
});
