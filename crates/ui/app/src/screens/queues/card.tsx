// A queue at a glance.
import { Tooltip } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { QueueRow } from "@/api/types";
import { useFormat } from "@/parts/format";
import { Sparkline } from "@/parts/sparkline";
import { Agents, Offered, Status } from "./status";
import classes from "./queues.module.css";

export function QueueCard({ row }: { row: QueueRow }) {
  const { t } = useTranslation("queues");
  const format = useFormat();
  const figures: [string, ReactNode][] = [
    [t("waiting"), format.number(row.waiting)],
    [t("live"), format.number(row.live)],
    [t("scheduledToday"), format.number(row.scheduledToday)],
  ];
  if (row.agents) figures.push([t("agents"), <Agents key="agents" row={row} />]);
  return (
    <article className={classes["card"]}>
      <header>
        <h2>
          <Link to={`/queues/${encodeURIComponent(row.queue)}`}>{row.queue}</Link>
        </h2>
        <Status row={row} />
      </header>
      <div className={classes["wait"]}>
        <div>
          <span className={classes["name"]}>{t("wait")}</span>
          <b className="num">{row.estimatedWaitTime === undefined ? t("unknownWait") : format.duration(row.estimatedWaitTime)}</b>
          <Band row={row} />
        </div>
        <Sparkline
          values={row.trend.map((point) => point.estimatedWaitTime)}
          label={t("trend", { queue: row.queue })}
          width={150}
        />
      </div>
      <dl className={classes["figures"]}>
        {figures.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd className="num">{value}</dd>
          </div>
        ))}
      </dl>
      <footer>
        <Offered row={row} />
        <Kept row={row} />
      </footer>
    </article>
  );
}

/** The interval of the estimate, and how often such intervals held. */
export function Band({ row }: { row: QueueRow }) {
  const { t } = useTranslation("queues");
  const format = useFormat();
  if (!row.band) return <span className={classes["name"]}>{t("noBand")}</span>;
  const { low, high, confidence } = row.band;
  const held = row.coverage && row.coverage.observations > 0 ? row.coverage : undefined;
  return (
    <Tooltip
      position="bottom"
      label={
        <>
          <div>{t("bandHint", { share: format.percent(confidence), low: format.duration(low), high: format.duration(high) })}</div>
          {held && (
            <div>{t("heldHint", { share: format.percent(held.measured, 1), n: format.number(held.observations) })}</div>
          )}
        </>
      }
    >
      <span className={classes["band"]} tabIndex={0}>
        {t("band", { low: format.duration(low), high: format.duration(high) })}
        {held && <em data-low={held.measured < held.nominal - 0.05 || undefined}>{t("held", { share: format.percent(held.measured) })}</em>}
      </span>
    </Tooltip>
  );
}

export function Kept({ row }: { row: QueueRow }) {
  const { t } = useTranslation("queues");
  const format = useFormat();
  const promise = row.promise;
  if (!promise || promise.count === 0) return <span className={classes["name"]}>{t("noPromise")}</span>;
  const share = promise.withinFiveMinutes;
  return (
    <Tooltip
      label={t("keptHint", {
        n: format.number(promise.count),
        median: format.duration(promise.medianSecs),
        p90: format.duration(promise.p90Secs),
      })}
    >
      <span className={classes["kept"]} tabIndex={0} data-low={share < 0.85 || undefined}>
        <span className={classes["gauge"]} aria-hidden>
          <span style={{ width: `${share * 100}%` }} />
        </span>
        {t("keptShare", { share: format.percent(share) })}
      </span>
    </Tooltip>
  );
}
