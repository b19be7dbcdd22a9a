// The addresses below `hours`: all office hours, and one of them.
import { Button } from "@mantine/core";
import { IconCalendarTime, IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link, Route, Routes } from "react-router";
import { Rows } from "@/editing/rows";
import { useFormat } from "@/parts/format";
import { Guarded } from "@/parts/guarded";
import { Page, Panel } from "@/parts/page";
import { Answer, Empty } from "@/parts/states";
import { type HoursRow, hoursQuery } from "./api";
import Detail from "./detail";
import { DAYS, writeDay } from "./intervals";

export default function Hours() {
  return (
    <Routes>
      <Route index element={<List />} />
      <Route path="new" element={<Detail />} />
      <Route path="named/:name" element={<Detail />} />
    </Routes>
  );
}

/** Days that are alike side by side: Mon–Fri 09:00-17:00. */
export function useWeekText() {
  const { t } = useTranslation("hours");
  const format = useFormat();
  return (row: HoursRow): string => {
    const runs: { from: number; to: number; text: string }[] = [];
    DAYS.forEach((day, at) => {
      const text = writeDay(row.document.week?.[day]);
      const last = runs.at(-1);
      if (last && last.text === text) last.to = at;
      else runs.push({ from: at, to: at, text });
    });
    const open = runs.filter((run) => run.text !== "");
    if (open.length === 0) return t("neverOpen");
    return open
      .map(({ from, to, text }) => {
        const days = from === to ? format.weekday(from) : `${format.weekday(from)}–${format.weekday(to)}`;
        return `${days} ${text === "24h" ? t("allDay") : text}`;
      })
      .join(" · ");
  };
}

function List() {
  const { t } = useTranslation(["hours", "editing"]);
  const { number, list } = useFormat();
  const weekText = useWeekText();
  const hours = useQuery(hoursQuery);
  return (
    <Page
      title={t("title")}
      lead={t("lead")}
      actions={
        <Guarded needs="ges.service.edit">
          <Button component={Link} to="/hours/new" leftSection={<IconPlus size={16} />}>
            {t("new")}
          </Button>
        </Guarded>
      }
    >
      <Answer query={hours}>
        {(data) => (
          <Panel flush>
            {data.hours.length === 0 ? (
              <Empty icon={<IconCalendarTime size={28} />} title={t("empty")} text={t("emptyText")} />
            ) : (
              <Rows<HoursRow>
                label={t("title")}
                rows={data.hours}
                rowKey={(row) => row.name}
                columns={[
                  {
                    key: "name",
                    label: t("editing:name"),
                    head: true,
                    cell: (row) => <Link to={`/hours/named/${encodeURIComponent(row.name)}`}>{row.name}</Link>,
                  },
                  { key: "zone", label: t("zone"), cell: (row) => row.zone.replaceAll("_", " ") },
                  { key: "week", label: t("week"), cell: weekText },
                  {
                    key: "special",
                    label: t("specialDays"),
                    num: true,
                    cell: (row) => number(row.document.specialDays?.length ?? 0),
                  },
                  { key: "used", label: t("usedBy"), cell: (row) => list(row.usedBy) || t("editing:none") },
                ]}
              />
            )}
          </Panel>
        )}
      </Answer>
    </Page>
  );
}
