// A month to choose a day from, with marks on days that are special.
import { ActionIcon } from "@mantine/core";
import { IconChevronLeft, IconChevronRight } from "@tabler/icons-react";
import { type KeyboardEvent, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { addDays, dayIn, useFormat } from "@/parts/format";
import classes from "./editing.module.css";

interface MonthProps {
  value: string | undefined;
  onChange: (day: string) => void;
  marked?: ReadonlySet<string>;
  label: string;
}

const monthOf = (day: string) => day.slice(0, 7);
const MOVES: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7, PageUp: -28, PageDown: 28 };

/** Six weeks from the Monday on or before the first of the month. */
export function weeksOf(month: string): string[][] {
  const first = `${month}-01`;
  const weekday = (new Date(`${first}T12:00:00Z`).getUTCDay() + 6) % 7;
  const start = addDays(first, -weekday);
  const weeks = Array.from({ length: 6 }, (_, week) => Array.from({ length: 7 }, (_, day) => addDays(start, week * 7 + day)));
  return weeks.filter((week) => week.some((day) => monthOf(day) === month));
}

export function Month({ value, onChange, marked, label }: MonthProps) {
  const { t } = useTranslation("editing");
  const format = useFormat();
  const today = dayIn(new Date());
  const [month, setMonth] = useState(monthOf(value ?? today));
  const table = useRef<HTMLTableElement>(null);
  const move = (by: number) => {
    const middle = addDays(`${month}-15`, by * 30);
    setMonth(monthOf(middle));
  };
  const pressed = (event: KeyboardEvent, day: string) => {
    const by = MOVES[event.key];
    if (by === undefined) return;
    event.preventDefault();
    const next = addDays(day, by);
    setMonth(monthOf(next));
    onChange(next);
    requestAnimationFrame(() => table.current?.querySelector<HTMLElement>(`[data-day="${next}"]`)?.focus());
  };
  const title = new Intl.DateTimeFormat(format.locale, { month: "long", year: "numeric", timeZone: "UTC" }).format(
    new Date(`${month}-15T12:00:00Z`),
  );
  const entry = value && monthOf(value) === month ? value : `${month}-01`;
  return (
    <div className={classes["month"]}>
      <header>
        <ActionIcon onClick={() => move(-1)} aria-label={t("previousMonth")}>
          <IconChevronLeft size={18} />
        </ActionIcon>
        <span aria-live="polite">{title}</span>
        <ActionIcon onClick={() => move(1)} aria-label={t("nextMonth")}>
          <IconChevronRight size={18} />
        </ActionIcon>
      </header>
      <table ref={table} aria-label={label}>
        <thead>
          <tr>
            {[0, 1, 2, 3, 4, 5, 6].map((index) => (
              <th key={index} scope="col" abbr={format.weekday(index, "long")}>
                {format.weekday(index)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {weeksOf(month).map((week) => (
            <tr key={week[0]}>
              {week.map((day) => {
                const name = format.dayName(day);
                return (
                  <td key={day}>
                    <button
                      type="button"
                      data-day={day}
                      data-outside={monthOf(day) !== month || undefined}
                      data-today={day === today || undefined}
                      data-marked={marked?.has(day) || undefined}
                      aria-pressed={day === value}
                      aria-label={marked?.has(day) ? t("marked", { day: name }) : name}
                      tabIndex={day === entry ? 0 : -1}
                      onClick={() => onChange(day)}
                      onKeyDown={(event) => pressed(event, day)}
                    >
                      {Number(day.slice(8))}
                    </button>
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
