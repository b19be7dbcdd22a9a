// Days that differ from the week: chosen in a month, painted like any other day.
import { Button, Menu } from "@mantine/core";
import { IconCalendarOff, IconCopy, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { dayIn, useFormat } from "@/parts/format";
import { Empty } from "@/parts/states";
import classes from "@/editing/editing.module.css";
import { Month } from "@/editing/month";
import { Brush } from "./brush";
import { Grid } from "./grid";
import own from "./grid.module.css";
import { type Column, type Plan, busy, emptyColumn } from "./plan";

interface ExceptionsProps {
  plan: Plan;
  onChange: ((plan: Plan) => void) | undefined;
  onUndo: () => void;
  onRedo: () => void;
}

export const weekdayOf = (day: string) => (new Date(`${day}T12:00:00Z`).getUTCDay() + 6) % 7;

export function Exceptions({ plan, onChange, onUndo, onRedo }: ExceptionsProps) {
  const { t } = useTranslation(["capacity", "editing"]);
  const format = useFormat();
  const dates = Object.keys(plan.exceptions).sort();
  const today = dayIn(new Date());
  const [chosen, setChosen] = useState(() => dates.find((day) => day >= today) ?? today);
  const [brush, setBrush] = useState<number>();
  const column = plan.exceptions[chosen];
  const usual = plan.week[weekdayOf(chosen)] ?? emptyColumn(plan.slotMinutes);
  const put = (next: Column | undefined) => {
    const { [chosen]: _, ...rest } = plan.exceptions;
    onChange?.({ ...plan, exceptions: next ? { ...rest, [chosen]: next } : rest });
  };
  const name = format.dayName(chosen);
  const columns = [{ key: chosen, label: name, name }];
  return (
    <div className={own["aside"]}>
      <div className={classes["stack"]}>
        <Month label={t("sections.exceptions")} value={chosen} onChange={setChosen} marked={new Set(dates)} />
        {dates.length > 0 && (
          <div className={classes["line"]} role="group" aria-label={t("exceptions.all")}>
            {dates.map((day) => (
              <Button
                key={day}
                size="compact-xs"
                variant={day === chosen ? "filled" : "default"}
                onClick={() => setChosen(day)}
              >
                {format.dayName(day)}
              </Button>
            ))}
          </div>
        )}
      </div>
      <div className={classes["stack"]}>
        <div className={classes["line"]}>
          <strong>{name}</strong>
          <span className={classes["dim"]}>
            {column ? t("exceptions.differs") : t("exceptions.usual", { day: format.weekday(weekdayOf(chosen), "long") })}
          </span>
        </div>
        {onChange && (
          <div className={classes["line"]}>
            <Button
              variant="default"
              leftSection={<IconCalendarOff size={15} />}
              onClick={() => put(emptyColumn(plan.slotMinutes))}
            >
              {t("exceptions.nothing")}
            </Button>
            <Menu>
              <Menu.Target>
                <Button variant="default" leftSection={<IconCopy size={15} />}>
                  {t("exceptions.like")}
                </Button>
              </Menu.Target>
              <Menu.Dropdown>
                {plan.week.map((day, at) => (
                  <Menu.Item key={at} onClick={() => put([...day])}>
                    {format.weekday(at, "long")}
                  </Menu.Item>
                ))}
              </Menu.Dropdown>
            </Menu>
            {column && (
              <Button variant="default" leftSection={<IconTrash size={15} />} onClick={() => put(undefined)}>
                {t("exceptions.remove")}
              </Button>
            )}
          </div>
        )}
        {column ? (
          <>
            {onChange && <Brush value={brush} onChange={setBrush} />}
            <Grid
              key={chosen}
              label={name}
              columns={columns}
              values={[column]}
              slotMinutes={plan.slotMinutes}
              shown={busy([...plan.week, column], plan.slotMinutes)}
              brush={brush}
              onChange={onChange && ((values) => put(values[0]))}
              onUndo={onUndo}
              onRedo={onRedo}
            />
          </>
        ) : (
          <Empty
            small
            title={t("exceptions.notSpecial")}
            text={t("exceptions.notSpecialText", { n: format.number(usual.reduce((a, b) => a + b, 0)) })}
          />
        )}
      </div>
    </div>
  );
}
