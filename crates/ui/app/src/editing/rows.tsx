// Short lists as tables that become cards where the screen is narrow. Long lists live in `parts/data-table`.
import type { ReactNode } from "react";
import classes from "./rows.module.css";

export interface RowColumn<T> {
  key: string;
  label: string;
  cell: (row: T) => ReactNode;
  /** Figures stand below each other. */
  num?: boolean;
  /** Names the row. */
  head?: boolean;
  /** The label is for screen readers: the cell speaks for itself. */
  quiet?: boolean;
}

interface RowsProps<T> {
  label: string;
  columns: readonly (RowColumn<T> | false)[];
  rows: readonly T[];
  rowKey: (row: T) => string;
}

export function Rows<T>({ label, columns, rows, rowKey }: RowsProps<T>) {
  const shown = columns.filter((column): column is RowColumn<T> => column !== false);
  return (
    <table className={classes["rows"]} aria-label={label}>
      <thead>
        <tr>
          {shown.map(({ key, label, num, quiet }) => (
            <th key={key} scope="col" data-num={num || undefined}>
              {quiet ? <span className="sr-only">{label}</span> : label}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={rowKey(row)}>
            {shown.map(({ key, label, cell, num, head, quiet }) => {
              const inner = (
                <>
                  {!head && !quiet && <span className={classes["label"]}>{label}</span>}
                  <span className={classes["value"]}>{cell(row)}</span>
                </>
              );
              return head ? (
                <th key={key} scope="row">
                  {inner}
                </th>
              ) : (
                <td key={key} data-num={num || undefined} data-quiet={(quiet && num) || undefined}>
                  {inner}
                </td>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
