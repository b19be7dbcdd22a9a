// What the hours mean, day by day: openings on a bar of 24 hours, special days, and the days on which the clocks change.
import { Badge, Button } from "@mantine/core";
import { IconChevronLeft, IconChevronRight, IconClockExclamation, IconStar } from "@tabler/icons-react";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import classes from "@/editing/editing.module.css";
import { Rows } from "@/editing/rows";
import { addDays, dayIn, useFormat } from "@/parts/format";
import { Panel } from "@/parts/page";
import { Answer } from "@/parts/states";
import { type PreviewDay, previewQuery } from "./api";
import own from "./hours.module.css";
import { type HoursDocument, barOf } from "./intervals";

const DAYS = 14;

export function Preview({ document }: { document: HoursDocument }) {
  const { t } = useTranslation(["hours", "editing"]);
  const format = useFormat();
  const [from, setFrom] = useState(() => dayIn(new Date(), document.timezone));
  const [slow] = useDebouncedValue(document, 400);
  const days = useQuery({ ...previewQuery(slow, from, DAYS), placeholderData: keepPreviousData });
  const clock = (local: string) => local.slice(11, 16);
  return (
    <Panel
      title={t("preview.title")}
      lead={`${format.dayName(from)} – ${format.dayName(addDays(from, DAYS - 1))} · ${document.timezone}`}
      actions={
        <Button.Group>
          <Button variant="default" onClick={() => setFrom(addDays(from, -DAYS))} aria-label={t("editing:earlier")}>
            <IconChevronLeft size={16} />
          </Button>
          <Button variant="default" onClick={() => setFrom(dayIn(new Date(), document.timezone))}>
            {t("editing:today")}
          </Button>
          <Button variant="default" onClick={() => setFrom(addDays(from, DAYS))} aria-label={t("editing:later")}>
            <IconChevronRight size={16} />
          </Button>
        </Button.Group>
      }
      flush
    >
      <Answer query={days} small>
        {(data) => (
          <Rows<PreviewDay>
            label={t("preview.title")}
            rows={data.days}
            rowKey={(day) => day.date}
            columns={[
              { key: "date", label: t("day"), head: true, cell: (day) => format.dayName(day.date) },
              { key: "bar", label: t("preview.bar"), quiet: true, cell: (day) => <Bar day={day} /> },
              {
                key: "openings",
                label: t("preview.openings"),
                cell: (day) =>
                  day.openings.length === 0
                    ? t("closed")
                    : day.openings.map((one) => `${clock(one.localStart)}–${clock(one.localEnd)}`).join(", "),
              },
              {
                key: "notes",
                label: t("preview.notes"),
                cell: (day) => (day.special || day.change) && (
                  <span className={classes["line"]}>
                    {day.special && (
                      <Badge color="violet" leftSection={<IconStar size={12} />}>
                        {day.special}
                      </Badge>
                    )}
                    {day.change && (
                      <Badge color="yellow" leftSection={<IconClockExclamation size={12} />}>
                        {t(`change.${day.change.kind}`, {
                          time: format.clock(day.change.at, data.zone),
                          before: day.change.before,
                          after: day.change.after,
                        })}
                      </Badge>
                    )}
                  </span>
                ),
              },
            ]}
          />
        )}
      </Answer>
    </Panel>
  );
}

function Bar({ day }: { day: PreviewDay }) {
  return (
    <svg className={own["bar"]} viewBox="0 0 240 14" preserveAspectRatio="none" aria-hidden>
      <rect className={own["back"]} width={240} height={14} rx={3} />
      {day.openings.map((one) => {
        const { from, to } = barOf(one.localStart, one.localEnd);
        return <rect key={one.start} className={own["open"]} x={from * 240} width={Math.max(1, (to - from) * 240)} height={14} rx={2} />;
      })}
      {[60, 120, 180].map((x) => (
        <line key={x} className={own["mark"]} x1={x} x2={x} y1={0} y2={14} />
      ))}
    </svg>
  );
}
