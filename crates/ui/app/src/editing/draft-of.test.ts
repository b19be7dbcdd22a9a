import { act, renderHook } from "@testing-library/react";
import { beforeEach, expect, it } from "vitest";
import { useDocumentDraft } from "./draft-of";

interface Props {
  stored: { name: string };
  revision: number;
}

beforeEach(() => sessionStorage.clear());

const open = (stored: { name: string }, revision: number) =>
  renderHook(({ stored, revision }: Props) => useDocumentDraft("thing-1", stored, revision), {
    initialProps: { stored, revision },
  });

it("shows what was saved meanwhile to those who have typed nothing", () => {
  const { result, rerender } = open({ name: "a" }, 1);
  rerender({ stored: { name: "b" }, revision: 2 });
  expect(result.current.doc.name).toBe("b");
  expect(result.current.seen).toBe(2);
  expect(result.current.changed).toBe(false);
});

it("keeps what was typed, on the revision that its author saw", () => {
  const { result, rerender } = open({ name: "a" }, 1);
  act(() => result.current.change({ name: "mine" }));
  rerender({ stored: { name: "b" }, revision: 2 });
  expect(result.current.doc.name).toBe("mine");
  expect(result.current.seen).toBe(1);
  expect(result.current.changed).toBe(true);
});

it("finds what was typed again after the page was loaded anew", () => {
  const first = open({ name: "a" }, 1);
  act(() => first.result.current.change({ name: "mine" }));
  first.unmount();
  const { result } = open({ name: "b" }, 2);
  expect([result.current.doc.name, result.current.seen, result.current.restored]).toEqual(["mine", 1, true]);
});

it("follows what stands once the draft was given up", () => {
  const { result, rerender } = open({ name: "a" }, 1);
  act(() => result.current.change({ name: "mine" }));
  act(() => result.current.clear());
  rerender({ stored: { name: "mine" }, revision: 2 });
  expect([result.current.doc.name, result.current.seen, result.current.changed]).toEqual(["mine", 2, false]);
});
