// The same figures as rows, to compare queues.
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import type { QueueRow } from "@/api/types";
import { type Column, DataTable } from "@/parts/data-table";
import { useFormat } from "@/parts/format";
import { Sparkline } from "@/parts/sparkline";
import { Agents, Status } from "./status";

const rowId = (row: QueueRow) => row.queue;

export function QueueTable({ rows }: { rows: readonly QueueRow[] }) {
  const { t } = useTranslation("queues");
  const format = useFormat();
  const navigate = useNavigate();
  const told = rows.some((row) => row.agents);
  const columns = useMemo((): Column<QueueRow>[] => {
    const count = (id: "waiting" | "live" | "scheduled" | "scheduledToday"): Column<QueueRow> => ({
      id,
      header: t(id),
      width: 92,
      align: "end",
      cell: (row) => format.number(row[id]),
    });
    return [
      { id: "queue", header: t("queue"), width: 170, grow: true, cell: (row) => row.queue },
      { id: "status", header: t("status"), width: 200, cell: (row) => <Status row={row} /> },
      {
        id: "wait",
        header: t("wait"),
        width: 96,
        align: "end",
        cell: (row) => (row.estimatedWaitTime === undefined ? "–" : format.duration(row.estimatedWaitTime)),
      },
      {
        id: "band",
        header: t("bandName"),
        width: 130,
        align: "end",
        cell: (row) => (row.band ? `${format.duration(row.band.low)} – ${format.duration(row.band.high)}` : "–"),
      },
      {
        id: "coverage",
        header: t("coverage"),
        width: 92,
        align: "end",
        cell: (row) => (row.coverage && row.coverage.observations > 0 ? format.percent(row.coverage.measured) : "–"),
      },
      {
        id: "trend",
        header: t("lastHour"),
        width: 120,
        cell: (row) => (
          <Sparkline values={row.trend.map((point) => point.estimatedWaitTime)} label={t("trend", { queue: row.queue })} width={100} height={24} />
        ),
      },
      count("waiting"),
      count("live"),
      count("scheduledToday"),
      count("scheduled"),
      ...(told ? [{ id: "agents", header: t("agents"), width: 120, align: "end" as const, cell: (row: QueueRow) => <Agents row={row} /> }] : []),
      {
        id: "kept",
        header: t("kept"),
        width: 116,
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
      rowHeight={40}
      fill
    />
  );
}
