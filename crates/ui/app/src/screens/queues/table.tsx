// The same figures as rows, to compare queues.
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import type { QueueRow } from "@/api/types";
import { type Column, DataTable } from "@/parts/data-table";
import { useFormat } from "@/parts/format";
import { Sparkline } from "@/parts/sparkline";
import { Agents, Status } from "./status";
import classes from "./queues.module.css";

const rowId = (row: QueueRow) => row.queue;

export function QueueTable({ rows }: { rows: readonly QueueRow[] }) {
  const { t } = useTranslation("queues");
  const format = useFormat();
  const navigate = useNavigate();
  const told = rows.some((row) => row.agents);
  const columns = useMemo((): Column<QueueRow>[] => {
    const count = (id: "waiting" | "live" | "scheduled" | "scheduledToday", width: number): Column<QueueRow> => ({
      id,
      header: t(id),
      width,
      align: "end",
      cell: (row) => format.number(row[id]),
    });
    return [
      { id: "queue", header: t("queue"), width: 140, grow: true, cell: (row) => row.queue },
      { id: "status", header: t("status"), width: 140, cell: (row) => <Status row={row} /> },
      {
        id: "wait",
        header: t("wait"),
        width: 112,
        align: "end",
        cell: (row) => (
          <span className={classes["stacked"]}>
            {row.estimatedWaitTime === undefined ? "–" : format.duration(row.estimatedWaitTime)}
            {row.band && <small>{t("band", { low: format.duration(row.band.low), high: format.duration(row.band.high) })}</small>}
          </span>
        ),
      },
      {
        id: "coverage",
        header: t("coverage"),
        width: 60,
        align: "end",
        cell: (row) => (row.coverage && row.coverage.observations > 0 ? format.percent(row.coverage.measured) : "–"),
      },
      {
        id: "trend",
        header: t("lastHour"),
        width: 90,
        cell: (row) => (
          <Sparkline values={row.trend.map((point) => point.estimatedWaitTime)} label={t("trend", { queue: row.queue })} width={70} height={24} />
        ),
      },
      count("waiting", 74),
      count("live", 84),
      count("scheduledToday", 88),
      count("scheduled", 84),
      ...(told ? [{ id: "agents", header: t("agents"), width: 84, align: "end" as const, cell: (row: QueueRow) => <Agents row={row} /> }] : []),
      {
        id: "kept",
        header: t("kept"),
        width: 94,
        align: "end",
        cell: (row) => (row.promise && row.promise.count > 0 ? format.percent(row.promise.withinFiveMinutes) : "–"),
      },
    ];
  }, [t, format, told]);
  return (
    <DataTable
      label={t("title")}
      rows={rows}
      rowId={rowId}
      columns={columns}
      onOpen={(row) => void navigate(`/queues/${encodeURIComponent(row.queue)}`)}
      rowHeight={46}
      fill
    />
  );
}
