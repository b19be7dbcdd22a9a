// One queue: its figures, how its waits were told, and how its promises were kept, day by day.
import "@mantine/charts/styles.css";
import { AreaChart, BarChart, CompositeChart, LineChart } from "@mantine/charts";
import { SegmentedControl } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { get } from "@/api/client";
import type { PromiseDays, QueueCoverage } from "@/api/schema";
import type { QueueRow } from "@/api/types";
import { Charted } from "@/parts/charted";
import { addDays, dayIn, useFormat } from "@/parts/format";
import { Panel } from "@/parts/page";
import { Answer, Empty } from "@/parts/states";
import { QueueCard } from "./card";
import { summed } from "./promises";
import classes from "./queues.module.css";


// The library makes charts reachable by the keyboard one by one; here a table says the same, and better.
const QUIET = { accessibilityLayer: false } as const;

export default function Details({ row }: { row: QueueRow }) {
  const { t } = useTranslation("queues");
  return (
    <>
      <div className={classes["top"]}>
        <QueueCard row={row} />
        <Trend row={row} />
      </div>
      <Promises queue={row.queue} />
      <Told queue={row.queue} />
      <p>
        <Link to={`/callbacks?queue=${encodeURIComponent(row.queue)}&state=open`}>{t("itsCallbacks")}</Link>
      </p>
    </>
  );
}

function Trend({ row }: { row: QueueRow }) {
  const { t } = useTranslation("queues");
  const format = useFormat();
  const data = row.trend.map((point) => ({
    at: format.clock(point.at),
    wait: point.estimatedWaitTime === undefined ? null : Math.round(point.estimatedWaitTime / 6) / 10,
    waiting: point.waiting,
  }));
  return (
    <Charted
      title={t("lastHour")}
      lead={t("lastHourHint")}
      columns={[t("time"), t("waitMinutes"), t("waiting")]}
      rows={[...row.trend].reverse().map((point) => [
        format.time(point.at),
        point.estimatedWaitTime === undefined ? "–" : format.duration(point.estimatedWaitTime),
        format.number(point.waiting),
      ])}
    >
      <CompositeChart
        h={220}
        data={data}
        dataKey="at"
        withLegend
        withDots={false}
        composedChartProps={QUIET}
        gridAxis="x"
        tickLine="none"
        curveType="linear"
        withRightYAxis
        series={[
          { name: "wait", label: t("waitMinutes"), type: "area", color: "var(--ges-chart-1)" },
          { name: "waiting", label: t("waiting"), type: "line", color: "var(--ges-chart-2)", yAxisId: "right" },
        ]}
      />
    </Charted>
  );
}

function Promises({ queue }: { queue: string }) {
  const { t } = useTranslation("queues");
  const format = useFormat();
  const [span, setSpan] = useState("14");
  const to = dayIn(new Date());
  const from = addDays(to, 1 - Number(span));
  const promises = useQuery({
    queryKey: ["queues", queue, "promises", from, to],
    queryFn: ({ signal }) =>
      get<PromiseDays>(`queues/${encodeURIComponent(queue)}/promises`, { from, to }, signal),
    staleTime: 60_000,
  });
  const choice = (
    <SegmentedControl
      value={span}
      onChange={setSpan}
      aria-label={t("span")}
      data={["7", "14", "30", "60"].map((days) => ({ value: days, label: t("days", { n: format.number(Number(days)) }) }))}
    />
  );
  const minutes = (seconds: number) => Math.round(seconds / 6) / 10;
  return (
    <Answer query={promises} small>
      {({ days }) => {
        if (days.every((day) => day.count === 0)) {
          return (
            <Panel title={t("promises")} actions={choice}>
              <Empty title={t("noPromises")} text={t("noPromisesText")} small />
            </Panel>
          );
        }
        const bins = summed(days);
        return (
          <>
            <Charted
              title={t("promises")}
              lead={t("promisesHint")}
              actions={choice}
              columns={[t("day"), t("count"), "p10", t("median"), "p90"]}
              rows={[...days].reverse().map((day) => [
                format.dayName(day.date),
                format.number(day.count),
                format.duration(day.p10Secs),
                format.duration(day.medianSecs),
                format.duration(day.p90Secs),
              ])}
            >
              <LineChart
                h={240}
                data={days.map((day) => ({
                  day: format.dayName(day.date),
                  p10: minutes(day.p10Secs),
                  median: minutes(day.medianSecs),
                  p90: minutes(day.p90Secs),
                }))}
                dataKey="day"
                withLegend
                lineChartProps={QUIET}
                unit={t("minutesUnit")}
                tickLine="none"
                curveType="linear"
                referenceLines={[{ y: 0, color: "var(--mantine-color-dimmed)", label: t("onTime") }]}
                series={[
                  { name: "p90", label: t("p90"), color: "var(--ges-chart-2)" },
                  { name: "median", label: t("median"), color: "var(--ges-chart-1)" },
                  { name: "p10", label: t("p10"), color: "var(--ges-chart-3)", strokeDasharray: "5 5" },
                ]}
              />
            </Charted>
            <Charted
              title={t("distribution")}
              lead={t("distributionHint")}
              columns={[t("offTime"), t("count")]}
              rows={bins.map((bin) => [bin.label, format.number(bin.count)])}
            >
              <BarChart
                h={220}
                data={bins.map((bin) => ({ label: bin.label, count: bin.count }))}
                dataKey="label"
                barChartProps={QUIET}
                tickLine="none"
                xAxisLabel={t("offTimeMinutes")}
                series={[{ name: "count", label: t("count"), color: "var(--ges-chart-1)" }]}
              />
            </Charted>
          </>
        );
      }}
    </Answer>
  );
}

function Told({ queue }: { queue: string }) {
  const { t } = useTranslation("queues");
  const format = useFormat();
  const coverage = useQuery({
    queryKey: ["queues", queue, "coverage"],
    queryFn: ({ signal }) => get<QueueCoverage>(`queues/${encodeURIComponent(queue)}/coverage`, undefined, signal),
    staleTime: 60_000,
  });
  return (
    <Answer query={coverage} small>
      {(data) =>
        data.measured === null ? (
          <Panel title={t("told")}>
            <Empty title={t("nothingTold")} text={t("nothingToldText")} small />
          </Panel>
        ) : (
          <Charted
            title={t("told")}
            lead={t("toldHint", {
              nominal: format.percent(data.nominal),
              measured: format.percent(data.measured, 1),
              n: format.number(data.observations),
            })}
            columns={[t("day"), t("coverage"), t("count")]}
            rows={[...data.days].reverse().map((day) => [
              format.dayName(day.date),
              day.measured === null ? "–" : format.percent(day.measured, 1),
              format.number(day.count),
            ])}
          >
            <AreaChart
              h={200}
              data={data.days.map((day) => ({
                day: format.dayName(day.date),
                measured: day.measured === null ? null : Math.round(day.measured * 1_000) / 10,
              }))}
              dataKey="day"
              areaChartProps={QUIET}
              tickLine="none"
              curveType="linear"
              unit="%"
              yAxisProps={{ domain: [0, 100] }}
              referenceLines={[{ y: data.nominal * 100, color: "var(--ges-chart-2)", label: t("nominal") }]}
              series={[{ name: "measured", label: t("coverage"), color: "var(--ges-chart-1)" }]}
            />
          </Charted>
        )
      }
    </Answer>
  );
}
