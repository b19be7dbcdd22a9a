// The calendar that is painted: by drag with a brush, or by keyboard with figures. One tab stop; arrows move inside.
import { type KeyboardEvent, type PointerEvent, memo, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useFormat } from "@/parts/format";
import classes from "./grid.module.css";
import { type Block, type Column, clockOf, cut, most, paint, paste, sizeOf, slotsPerDay, within } from "./plan";

export interface GridColumn {
  key: string;
  /** Mon */
  label: string;
  /** Monday */
  name: string;
}

interface GridProps {
  label: string;
  columns: readonly GridColumn[];
  values: readonly Column[];
  slotMinutes: number;
  /** Slots that are shown: from, and up to but without. */
  shown: readonly [number, number];
  /** What a drag leaves behind; nothing: it selects. */
  brush: number | undefined;
  onChange?: ((values: Column[]) => void) | undefined;
  onUndo?: () => void;
  onRedo?: () => void;
}

export function Grid({ label, columns, values, slotMinutes, shown, brush, onChange, onUndo, onRedo }: GridProps) {
  const { t } = useTranslation("capacity");
  const { number } = useFormat();
  const [from, until] = shown;
  const [block, setBlock] = useState<Block>(() => ({ columns: [0, 0], slots: [from, from] }));
  const [news, setNews] = useState("");
  const table = useRef<HTMLTableElement>(null);
  const dragging = useRef(false);
  const typed = useRef({ text: "", until: 0 });
  const piece = useRef<number[][]>([]);
  const [column, slot] = [block.columns[1], Math.min(Math.max(block.slots[1], from), until - 1)];
  const top = most(values);

  const apply = (value: number | ((before: number) => number), on: Block = block) => {
    if (!onChange) return;
    const next = paint(values, on, value);
    onChange(next);
    const set = next[on.columns[1]]?.[on.slots[1]] ?? 0;
    const count = sizeOf(on);
    setNews(t("grid.set", { count, n: number(count), value: number(set) }));
  };
  const select = (next: Block) => {
    typed.current = { text: "", until: 0 };
    setBlock(next);
  };
  const focus = (toColumn: number, toSlot: number) =>
    table.current?.querySelector<HTMLElement>(`[data-cell="${toColumn}/${toSlot}"]`)?.focus();

  const move = (event: KeyboardEvent, byColumns: number, bySlots: number) => {
    event.preventDefault();
    const toColumn = Math.min(Math.max(column + byColumns, 0), columns.length - 1);
    const toSlot = Math.min(Math.max(slot + bySlots, from), until - 1);
    select(
      event.shiftKey
        ? { columns: [block.columns[0], toColumn], slots: [block.slots[0], toSlot] }
        : { columns: [toColumn, toColumn], slots: [toSlot, toSlot] },
    );
    focus(toColumn, toSlot);
  };

  const pressed = (event: KeyboardEvent) => {
    const hour = 60 / slotMinutes;
    if (event.ctrlKey || event.metaKey) {
      const key = event.key.toLowerCase();
      if (key === "c") {
        piece.current = cut(values, block);
        setNews(t("grid.copied", { count: sizeOf(block), n: number(sizeOf(block)) }));
      } else if (key === "v" && onChange && piece.current.length > 0) {
        const [atColumn, atSlot] = [Math.min(...block.columns), Math.min(...block.slots)];
        onChange(paste(values, piece.current, atColumn, atSlot));
        setNews(t("grid.pasted"));
      } else if (key === "a") {
        select({ columns: [0, columns.length - 1], slots: [0, slotsPerDay(slotMinutes) - 1] });
      } else if (key === "z") {
        if (event.shiftKey) onRedo?.();
        else onUndo?.();
      } else if (key === "y") onRedo?.();
      else if (event.key === "Home") move(event, -99, -9_999);
      else if (event.key === "End") move(event, 99, 9_999);
      else return;
      event.preventDefault();
      return;
    }
    if (event.altKey) return;
    switch (event.key) {
      case "ArrowUp":
        return move(event, 0, -1);
      case "ArrowDown":
        return move(event, 0, 1);
      case "ArrowLeft":
        return move(event, -1, 0);
      case "ArrowRight":
        return move(event, 1, 0);
      case "PageUp":
        return move(event, 0, -hour);
      case "PageDown":
        return move(event, 0, hour);
      case "Home":
        return move(event, -99, 0);
      case "End":
        return move(event, 99, 0);
      case "Delete":
      case "Backspace":
        apply(0);
        break;
      case "+":
        apply((before) => before + 1);
        break;
      case "-":
        apply((before) => before - 1);
        break;
      case "Enter":
      case " ":
        if (brush !== undefined) apply(brush);
        break;
      case "Escape":
        select({ columns: [column, column], slots: [slot, slot] });
        return;
      default: {
        if (!/^\d$/.test(event.key)) return;
        // Figures typed after each other make one number.
        const now = event.timeStamp;
        const text = now < typed.current.until ? `${typed.current.text}${event.key}`.slice(-6) : event.key;
        typed.current = { text, until: now + 1_200 };
        apply(Number(text));
      }
    }
    event.preventDefault();
  };

  const cellAt = (event: PointerEvent) => {
    const target = document.elementFromPoint(event.clientX, event.clientY);
    const name = target?.closest("[data-cell]")?.getAttribute("data-cell");
    if (!name || !table.current?.contains(target)) return undefined;
    const [toColumn = 0, toSlot = 0] = name.split("/").map(Number);
    return { toColumn, toSlot };
  };
  const down = (event: PointerEvent) => {
    const cell = event.button === 0 ? cellAt(event) : undefined;
    // A finger scrolls unless a brush is in the hand.
    if (!cell || (event.pointerType === "touch" && brush === undefined)) return;
    dragging.current = true;
    const { toColumn, toSlot } = cell;
    select(
      event.shiftKey
        ? { columns: [block.columns[0], toColumn], slots: [block.slots[0], toSlot] }
        : { columns: [toColumn, toColumn], slots: [toSlot, toSlot] },
    );
    focus(toColumn, toSlot);
    event.preventDefault();
  };
  const over = (event: PointerEvent) => {
    const cell = dragging.current ? cellAt(event) : undefined;
    if (!cell) return;
    const { toColumn, toSlot } = cell;
    if (toColumn === block.columns[1] && toSlot === block.slots[1]) return;
    setBlock({ columns: [block.columns[0], toColumn], slots: [block.slots[0], toSlot] });
  };
  const latest = useRef({ block, brush, apply });
  latest.current = { block, brush, apply };
  useEffect(() => {
    const up = () => {
      if (!dragging.current) return;
      dragging.current = false;
      const { block: painted, brush: value, apply: put } = latest.current;
      if (value !== undefined) put(value, painted);
    };
    window.addEventListener("pointerup", up);
    window.addEventListener("pointercancel", up);
    return () => {
      window.removeEventListener("pointerup", up);
      window.removeEventListener("pointercancel", up);
    };
  }, []);

  const wholeColumn = (at: number) => {
    select({ columns: [at, at], slots: [0, slotsPerDay(slotMinutes) - 1] });
    focus(at, from);
  };
  const wholeRow = (at: number) => {
    select({ columns: [0, columns.length - 1], slots: [at, at] });
    focus(columns.length - 1, at);
  };
  const slots = Array.from({ length: until - from }, (_, index) => from + index);
  return (
    <>
      <div className={classes["scroll"]}>
        <table
          ref={table}
          role="grid"
          aria-label={label}
          aria-multiselectable
          aria-readonly={!onChange}
          className={classes["grid"]}
          data-brush={brush === undefined ? undefined : true}
          onKeyDown={pressed}
          onPointerDown={down}
          onPointerMove={over}
        >
          <thead>
            <tr>
              <td />
              {columns.map(({ key, label, name }, at) => (
                <th key={key} scope="col">
                  <button type="button" tabIndex={-1} onClick={() => wholeColumn(at)} title={t("grid.column", { name })}>
                    {label}
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {slots.map((at) => (
              <Row
                key={at}
                slot={at}
                clock={clockOf(at, slotMinutes)}
                hour={(at * slotMinutes) % 60 === 0}
                names={columns}
                values={values.map((one) => one[at] ?? 0)}
                top={top}
                chosen={columns.map((_, index) => within(block, index, at))}
                current={at === slot ? Math.min(column, columns.length - 1) : undefined}
                onRow={wholeRow}
                cellText={t("grid.cell")}
              />
            ))}
          </tbody>
        </table>
      </div>
      <div className="sr-only" role="status">
        {news}
      </div>
    </>
  );
}

interface RowProps {
  slot: number;
  clock: string;
  hour: boolean;
  names: readonly GridColumn[];
  values: readonly number[];
  top: number;
  chosen: readonly boolean[];
  current: number | undefined;
  onRow: (slot: number) => void;
  cellText: string;
}

const level = (value: number, top: number) => (value === 0 ? 0 : Math.max(1, Math.round((value / top) * 4)));
const alike = (a: readonly unknown[], b: readonly unknown[]) => a.length === b.length && a.every((one, at) => one === b[at]);

/** A row is drawn again only when something in it changed: a drag over a week of five-minute slots stays smooth. */
const Row = memo(
  function Row({ slot, clock, hour, names, values, top, chosen, current, onRow, cellText }: RowProps) {
    return (
      <tr data-hour={hour || undefined}>
        <th scope="row">
          <button type="button" tabIndex={-1} onClick={() => onRow(slot)}>
            {clock}
          </button>
        </th>
        {values.map((value, at) => (
          <td
            key={names[at]?.key ?? at}
            role="gridcell"
            data-cell={`${at}/${slot}`}
            data-level={level(value, top)}
            aria-selected={chosen[at] ?? false}
            aria-label={`${names[at]?.name ?? ""} ${clock}: ${value} ${cellText}`}
            tabIndex={current === at ? 0 : -1}
          >
            {value === 0 ? "·" : value}
          </td>
        ))}
      </tr>
    );
  },
  (a, b) =>
    a.slot === b.slot &&
    a.clock === b.clock &&
    a.top === b.top &&
    a.current === b.current &&
    a.cellText === b.cellText &&
    a.names === b.names &&
    alike(a.values, b.values) &&
    alike(a.chosen, b.chosen),
);

