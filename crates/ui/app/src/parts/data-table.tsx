// Rows by the thousand: only those in sight are drawn. Arrow keys move, Enter opens, Space marks.
import { IconArrowDown, IconArrowUp, IconArrowsSort } from "@tabler/icons-react";
import {
  type ColumnDef,
  columnOrderingFeature,
  columnVisibilityFeature,
  tableFeatures,
  useTable,
} from "@tanstack/react-table";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, type ReactNode, memo, useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import classes from "./data-table.module.css";

export interface Column<T> {
  id: string;
  header: string;
  cell: (row: T) => ReactNode;
  /** In pixels; the widest columns share what is left. */
  width: number;
  grow?: boolean;
  align?: "start" | "end";
  /** What sorting by it is called at the service; the same word with `-` before it sorts the other way. */
  sort?: string;
}

export interface ColumnChoice {
  order: string[];
  hidden: string[];
}

interface DataTableProps<T> {
  label: string;
  rows: readonly T[];
  rowId: (row: T) => string;
  columns: readonly Column<T>[];
  choice?: ColumnChoice;
  sort?: string;
  onSort?: (sort: string) => void;
  selected?: ReadonlySet<string>;
  onSelect?: (selected: ReadonlySet<string>) => void;
  onOpen?: (row: T) => void;
  /** The row whose details are open. */
  active?: string | undefined;
  /** All there are, if more than are loaded. */
  total?: number;
  /** Asked for when the end comes in sight. */
  onEnd?: (() => void) | undefined;
  loadingMore?: boolean;
  /** Instead of rows. */
  empty?: ReactNode;
  rowHeight?: number;
  /** Fills its parent and scrolls inside; otherwise as tall as its rows, up to a limit. */
  fill?: boolean;
}

const features = tableFeatures({ columnOrderingFeature, columnVisibilityFeature });
const NOTHING: ReadonlySet<string> = new Set();

export function DataTable<T>(props: DataTableProps<T>) {
  const { rows, rowId, columns, choice, selected = NOTHING, onSelect, onOpen, active, rowHeight = 36 } = props;
  const { t } = useTranslation("parts");
  const scroller = useRef<HTMLDivElement>(null);
  const [cursor, setCursor] = useState(0);
  const anchor = useRef(0);

  const definitions = useMemo(
    () => columns.map((column): ColumnDef<typeof features, { row: T }> => ({ id: column.id, header: column.header })),
    [columns],
  );
  const visibility = useMemo(
    () => Object.fromEntries((choice?.hidden ?? []).map((id) => [id, false])),
    [choice?.hidden],
  );
  const order = useMemo(() => {
    const ids = columns.map((column) => column.id);
    const chosen = (choice?.order ?? []).filter((id) => ids.includes(id));
    return [...chosen, ...ids.filter((id) => !chosen.includes(id))];
  }, [columns, choice?.order]);
  const table = useTable({
    features,
    columns: definitions,
    data: EMPTY as { row: T }[],
    state: { columnVisibility: visibility, columnOrder: order },
  });
  const shownIds = table.getVisibleLeafColumns().map((column) => column.id).join("\n");
  const shown = useMemo(
    () => shownIds.split("\n").flatMap((id) => columns.find((column) => column.id === id) ?? []),
    [shownIds, columns],
  );

  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 12,
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  const { onEnd } = props;
  useEffect(() => {
    if (onEnd && rows.length > 0 && last >= rows.length - 40) onEnd();
  }, [last, rows.length, onEnd]);

  const latest = useRef(props);
  latest.current = props;
  const mark = useRef((index: number, upTo: boolean) => {
    const { rows: all, rowId: idOf, selected: before = NOTHING, onSelect: tell } = latest.current;
    const next = new Set(before);
    const row = all[index];
    if (!row || !tell) return;
    const on = !next.has(idOf(row));
    const [from, to] = upTo ? [Math.min(anchor.current, index), Math.max(anchor.current, index)] : [index, index];
    for (const one of all.slice(from, to + 1)) {
      if (on) next.add(idOf(one));
      else next.delete(idOf(one));
    }
    anchor.current = index;
    tell(next);
  }).current;
  const open = useRef((index: number) => {
    setCursor(index);
    const row = latest.current.rows[index];
    if (row) latest.current.onOpen?.(row);
  }).current;

  const move = (to: number) => {
    const next = Math.max(0, Math.min(rows.length - 1, to));
    setCursor(next);
    virtual.scrollToIndex(next);
    // The row may have to be drawn first.
    requestAnimationFrame(() => {
      scroller.current?.querySelector<HTMLElement>(`tr[data-index="${next}"]`)?.focus();
    });
  };
  const pressed = (event: KeyboardEvent) => {
    if ((event.target as HTMLElement).tagName !== "TR") return;
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 400) / rowHeight) - 2);
    const ways: Record<string, () => void> = {
      ArrowDown: () => move(cursor + 1),
      ArrowUp: () => move(cursor - 1),
      j: () => move(cursor + 1),
      k: () => move(cursor - 1),
      PageDown: () => move(cursor + page),
      PageUp: () => move(cursor - page),
      Home: () => move(0),
      End: () => move(rows.length - 1),
      Enter: () => open(cursor),
      " ": () => mark(cursor, event.shiftKey),
    };
    const way = event.ctrlKey || event.metaKey || event.altKey ? undefined : ways[event.key];
    if (!way) return;
    event.preventDefault();
    way();
  };

  // Put together by hand for each row: looking it up forty times a frame would be felt.
  const selectRow = useMemo(() => t("table.selectRow", { n: "#" }), [t]);
  const width = shown.reduce((sum, column) => sum + column.width, onSelect ? 40 : 0);
  const before = items[0]?.start ?? 0;
  const after = virtual.getTotalSize() - (items.at(-1)?.end ?? 0);
  const current = Math.min(cursor, Math.max(0, rows.length - 1));
  const span = shown.length + (onSelect ? 1 : 0);

  if (rows.length === 0 && props.empty) return props.empty;
  return (
    <div ref={scroller} className={classes["scroller"]} data-fill={props.fill || undefined} tabIndex={-1}>
      <table
        className={classes["table"]}
        style={{ minWidth: width }}
        aria-label={props.label}
        aria-rowcount={(props.total ?? rows.length) + 1}
        onKeyDown={pressed}
      >
        <colgroup>
          {onSelect && <col style={{ width: 40 }} />}
          {shown.map((column) => (
            <col key={column.id} style={column.grow ? { minWidth: column.width } : { width: column.width }} />
          ))}
        </colgroup>
        <thead>
          <tr aria-rowindex={1}>
            {onSelect && (
              <th scope="col">
                <input
                  type="checkbox"
                  aria-label={t("table.selectAll")}
                  checked={selected.size > 0 && selected.size >= rows.length}
                  ref={(element) => {
                    if (element) element.indeterminate = selected.size > 0 && selected.size < rows.length;
                  }}
                  onChange={() => onSelect(selected.size > 0 ? NOTHING : new Set(rows.map(rowId)))}
                />
              </th>
            )}
            {shown.map((column) => (
              <Head key={column.id} column={column} sort={props.sort} onSort={props.onSort} />
            ))}
          </tr>
        </thead>
        <tbody>
          {before > 0 && (
            <tr aria-hidden>
              <td colSpan={span} style={{ height: before }} className={classes["space"]} />
            </tr>
          )}
          {items.map(({ index }) => {
            const row = rows[index];
            if (row === undefined) return null;
            const id = rowId(row);
            return (
              <Row
                key={id}
                row={row as unknown}
                index={index}
                columns={shown as unknown as readonly Column<unknown>[]}
                marked={onSelect ? selected.has(id) : undefined}
                active={active === id}
                focusable={index === current}
                opens={onOpen !== undefined}
                height={rowHeight}
                open={open}
                mark={mark}
                markLabel={onSelect ? selectRow.replace("#", String(index + 1)) : ""}
              />
            );
          })}
          {after > 0 && (
            <tr aria-hidden>
              <td colSpan={span} style={{ height: after }} className={classes["space"]} />
            </tr>
          )}
        </tbody>
      </table>
      {props.loadingMore && (
        <div className={classes["more"]} role="status">
          {t("table.more")}
        </div>
      )}
    </div>
  );
}

const EMPTY: never[] = [];

interface HeadProps<T> {
  column: Column<T>;
  sort?: string | undefined;
  onSort?: ((sort: string) => void) | undefined;
}

function Head<T>({ column, sort, onSort }: HeadProps<T>) {
  const { t } = useTranslation("parts");
  const align = column.align ?? "start";
  if (!column.sort || !onSort) {
    return (
      <th scope="col" data-align={align}>
        {column.header}
      </th>
    );
  }
  const up = sort === column.sort;
  const down = sort === `-${column.sort}`;
  const Sign = up ? IconArrowUp : down ? IconArrowDown : IconArrowsSort;
  return (
    <th scope="col" data-align={align} aria-sort={up ? "ascending" : down ? "descending" : "none"}>
      <button type="button" onClick={() => onSort(up ? `-${column.sort}` : (column.sort ?? ""))}>
        {column.header}
        <Sign size={13} className={up || down ? undefined : classes["idle"]} aria-hidden />
        <span className="sr-only">{up ? t("table.ascending") : down ? t("table.descending") : ""}</span>
      </button>
    </th>
  );
}

interface RowProps {
  row: unknown;
  index: number;
  columns: readonly Column<unknown>[];
  marked: boolean | undefined;
  active: boolean;
  focusable: boolean;
  opens: boolean;
  height: number;
  open: (index: number) => void;
  mark: (index: number, upTo: boolean) => void;
  markLabel: string;
}

const Row = memo(function Row(props: RowProps) {
  const { row, index, columns, marked, active, focusable, opens, height, open, mark, markLabel } = props;
  return (
    <tr
      data-index={index}
      aria-rowindex={index + 2}
      aria-selected={marked}
      data-active={active || undefined}
      data-opens={opens || undefined}
      tabIndex={focusable ? 0 : -1}
      style={{ height }}
      onClick={(event) => {
        if ((event.target as HTMLElement).closest("a,button,input,label")) return;
        open(index);
      }}
    >
      {marked !== undefined && (
        <td>
          <input
            type="checkbox"
            aria-label={markLabel}
            checked={marked}
            tabIndex={-1}
            onChange={(event) => mark(index, (event.nativeEvent as MouseEvent).shiftKey)}
          />
        </td>
      )}
      {columns.map((column) => (
        <td key={column.id} data-align={column.align ?? "start"}>
          {column.cell(row)}
        </td>
      ))}
    </tr>
  );
});
