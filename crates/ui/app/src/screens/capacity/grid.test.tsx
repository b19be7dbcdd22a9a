import { fireEvent, render, screen } from "@testing-library/react";
import { useState } from "react";
import { expect, it, vi } from "vitest";
import { Grid } from "./grid";
import { type Column, DAYS, emptyPlan } from "./plan";

vi.mock("react-i18next", () => ({
  useTranslation: () => ({ t: (key: string) => key, i18n: { language: "en" } }),
  initReactI18next: { type: "3rdParty", init: () => undefined },
}));

const columns = DAYS.map((day) => ({ key: day, label: day, name: day }));
let values: readonly Column[] = [];

function Held({ brush }: { brush?: number }) {
  const [held, setHeld] = useState<readonly Column[]>(emptyPlan(60).week);
  values = held;
  return (
    <Grid label="week" columns={columns} values={held} slotMinutes={60} shown={[8, 18]} brush={brush} onChange={setHeld} />
  );
}
const cell = (name: string) => {
  const found = document.querySelector<HTMLElement>(`[data-cell="${name}"]`);
  if (!found) throw new Error(name);
  return found;
};
const total = () => values.flat().reduce((a, b) => a + b, 0);
const pressed = (key: string, more: object = {}) =>
  fireEvent.keyDown(document.activeElement ?? document.body, { key, ...more });

it("takes figures where the keyboard stands, and selects with shift", () => {
  render(<Held />);
  cell("0/8").focus();
  pressed("ArrowDown");
  pressed("ArrowRight");
  expect(document.activeElement).toBe(cell("1/9"));
  pressed("ArrowRight", { shiftKey: true });
  pressed("ArrowDown", { shiftKey: true });
  pressed("1");
  pressed("2");
  expect(cell("1/9").textContent).toBe("12");
  expect(cell("2/10").textContent).toBe("12");
  expect(total()).toBe(48);
  pressed("-");
  expect(total()).toBe(44);
  pressed("Delete");
  expect(total()).toBe(0);
});

it("has one tab stop, and stays inside of what is shown", () => {
  render(<Held />);
  expect(document.querySelectorAll('[role="gridcell"][tabindex="0"]')).toHaveLength(1);
  cell("0/8").focus();
  pressed("ArrowUp");
  pressed("ArrowLeft");
  expect(document.activeElement).toBe(cell("0/8"));
  pressed("End", { ctrlKey: true });
  expect(document.activeElement).toBe(cell("6/17"));
});

it("copies a block to another place", () => {
  render(<Held />);
  cell("0/8").focus();
  pressed("ArrowDown", { shiftKey: true });
  pressed("4");
  pressed("c", { ctrlKey: true });
  pressed("ArrowRight");
  pressed("ArrowUp");
  pressed("v", { ctrlKey: true });
  expect([values[1]?.[8], values[1]?.[9], values[1]?.[10]]).toEqual([4, 4, 0]);
});

it("paints what is dragged over with the brush, once, when the pointer is let go", () => {
  render(<Held brush={5} />);
  const at = (name: string) => {
    document.elementFromPoint = () => cell(name);
  };
  at("0/9");
  fireEvent.pointerDown(cell("0/9"), { button: 0 });
  at("4/11");
  fireEvent.pointerMove(cell("4/11"));
  expect(total()).toBe(0);
  fireEvent.pointerUp(window);
  expect(total()).toBe(5 * 3 * 5);
  expect(screen.getByRole("grid").getAttribute("aria-label")).toBe("week");
});
