import { act, renderHook } from "@testing-library/react";
import { beforeEach, expect, it } from "vitest";
import { useDraft } from "./draft";

beforeEach(() => sessionStorage.clear());

it("what was typed is there again after the screen was left", () => {
  const first = renderHook(() => useDraft("note", { text: "" }));
  expect(first.result.current.restored).toBe(false);
  act(() => first.result.current.set({ text: "half a sen" }));
  expect(first.result.current.changed).toBe(true);
  first.unmount();
  const second = renderHook(() => useDraft("note", { text: "" }));
  expect(second.result.current).toMatchObject({ value: { text: "half a sen" }, restored: true });
});

it("what was sent is forgotten", () => {
  const first = renderHook(() => useDraft("note", { text: "" }));
  act(() => first.result.current.set({ text: "done" }));
  act(() => first.result.current.clear({ text: "" }));
  expect(first.result.current.value).toEqual({ text: "" });
  first.unmount();
  expect(renderHook(() => useDraft("note", { text: "" })).result.current.restored).toBe(false);
});

it("two things that are edited do not mix", () => {
  const { result, rerender } = renderHook(({ name }) => useDraft(name, ""), { initialProps: { name: "a" } });
  act(() => result.current.set("of a"));
  rerender({ name: "b" });
  expect(result.current.value).toBe("");
  rerender({ name: "a" });
  expect(result.current.value).toBe("of a");
});
