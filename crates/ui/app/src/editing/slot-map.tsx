// Days beside each other, slots below each other: how many places are taken. A table, so that it reads without colours.
import { IconClockHour3 } from "@tabler/icons-react";
import { Tooltip } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useFormat } from "@/parts/format";
import { Empty } from "@/parts/states";
import { type MapSlot, arrange, levelOf } from "./slot-map-arrange";
import classes from "./slot-map.module.css";

interface SlotMapProps {
  label: string;
  slots: readonly MapSlot[];
}

export function SlotMap({ label, slots }: SlotMapProps) {
  const { t } = useTranslation("editing");
  const format = useFormat();
  const { days, times, cells, changes } = arrange(slots);
  if (slots.length === 0) return <Empty title={t("map.nothing")} text={t("map.nothingText")} small />;
  return (
    <>
      <div className={classes["scroll"]} tabIndex={0} role="region" aria-label={label}>
        <table className={classes["map"]} aria-label={label}>
          <thead>
            <tr>
              <th scope="col">{t("map.time")}</th>
              {days.map((day) => (
                <th key={day} scope="col">
                  {format.dayName(day)}
                  {changes.has(day) && (
                    <Tooltip label={t("map.clockChange")}>
                      <IconClockHour3 size={14} role="img" aria-label={t("map.clockChange")} />
                    </Tooltip>
                  )}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {times.map((time) => (
              <tr key={time}>
                <th scope="row">
                  {time.slice(0, 5)}
                  {time.length > 5 && (
                    <sup title={t("map.twice")} aria-label={t("map.twice")}>
                      2
                    </sup>
                  )}
                </th>
                {days.map((day) => {
                  const slot = cells.get(`${day} ${time}`);
                  if (!slot) return <td key={day} data-none />;
                  const level = levelOf(slot);
                  const values = { day: format.dayName(day), time: time.slice(0, 5), booked: slot.booked, total: slot.total };
                  const other = slot.current !== undefined && slot.current !== slot.total;
                  return (
                    <td key={day} data-level={level} data-changed={other || undefined} title={t("map.cell", values)}>
                      {format.number(slot.booked)}
                      <i>/{format.number(slot.total)}</i>
                      {level === "full" && " ●"}
                      {level === "over" && " ▲"}
                      {other && <small>{t("map.now", { n: format.number(slot.current ?? 0) })}</small>}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <div className={classes["legend"]}>
        <span>{t("map.legend")}:</span>
        {(["free", "some", "most", "full", "over"] as const).map((level) => (
          <span key={level} data-level={level}>
            {t(`map.${level}`)}
          </span>
        ))}
      </div>
    </>
  );
}
