// The columns of the list, and which of them are shown at first.
import { IconBolt, IconCalendarEvent } from "@tabler/icons-react";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { CallbackRow } from "@/api/types";
import type { Column, ColumnChoice } from "@/parts/data-table";
import { useFormat } from "@/parts/format";
import { StateBadge } from "@/parts/state-badge";
import { When } from "@/parts/when";
import classes from "./callbacks.module.css";

export const FIRST_CHOICE: ColumnChoice = {
  order: [],
  hidden: ["virtualQueue", "attempt", "updatedTime", "completedTime", "expirationTime", "dueTime", "priority", "source", "id"],
};

export function useColumns(): Column<CallbackRow>[] {
  const { t } = useTranslation("callbacks");
  const format = useFormat();
  return useMemo(() => {
    const time = (id: "createdTime" | "updatedTime" | "completedTime" | "expirationTime" | "dueTime", sort?: string): Column<CallbackRow> => ({
      id,
      header: t(`columns.${id}`),
      width: 188,
      ...(sort ? { sort } : {}),
      cell: (row) => <When at={row[id]} />,
    });
    return [
      {
        id: "desiredTime",
        header: t("columns.desiredTime"),
        width: 200,
        sort: "desired",
        cell: (row) => <Wanted row={row} />,
      },
      { id: "phoneNumber", header: t("columns.phoneNumber"), width: 132, cell: (row) => row.phoneNumber },
      { id: "state", header: t("columns.state"), width: 178, cell: (row) => <StateBadge state={row.state} reason={row.reason} /> },
      { id: "serviceName", header: t("columns.serviceName"), width: 170, grow: true, cell: (row) => row.serviceName },
      { id: "virtualQueue", header: t("columns.virtualQueue"), width: 150, cell: (row) => row.virtualQueue },
      {
        id: "positionInQueue",
        header: t("columns.positionInQueue"),
        width: 84,
        align: "end",
        cell: (row) => (row.positionInQueue === undefined ? "" : format.number(row.positionInQueue)),
      },
      {
        id: "estimatedWaitTime",
        header: t("columns.estimatedWaitTime"),
        width: 92,
        align: "end",
        cell: (row) => (row.estimatedWaitTime === undefined ? "" : format.duration(row.estimatedWaitTime)),
      },
      { id: "attempt", header: t("columns.attempt"), width: 84, align: "end", cell: (row) => format.number(row.attempt) },
      time("createdTime", "created"),
      time("dueTime"),
      time("updatedTime"),
      time("completedTime"),
      time("expirationTime"),
      { id: "priority", header: t("columns.priority"), width: 84, align: "end", cell: (row) => row.priority ?? "" },
      { id: "source", header: t("columns.source"), width: 96, cell: (row) => row.source ?? "" },
      { id: "id", header: t("columns.id"), width: 290, cell: (row) => <code className={classes["id"]}>{row.id}</code> },
    ];
  }, [t, format]);
}

/** What tells one callback from another, for where columns have no room. */
export function useSummary(): Column<CallbackRow>[] {
  const { t } = useTranslation("callbacks");
  return useMemo(
    () => [{ id: "summary", header: t("columns.desiredTime"), width: 240, grow: true, sort: "desired", cell: (row) => <Summary row={row} /> }],
    [t],
  );
}

function Summary({ row }: { row: CallbackRow }) {
  return (
    <div className={classes["summary"]}>
      <b>{row.phoneNumber}</b>
      <StateBadge state={row.state} reason={row.reason} />
      <Wanted row={row} />
      <span>{row.serviceName}</span>
    </div>
  );
}

function Wanted({ row }: { row: CallbackRow }) {
  const { t } = useTranslation("callbacks");
  const Sign = row.kind === "immediate" ? IconBolt : IconCalendarEvent;
  return (
    <span className={classes["when"]}>
      <Sign size={14} aria-label={t(`kinds.${row.kind}`)} />
      <When at={row.desiredTime} />
    </span>
  );
}
