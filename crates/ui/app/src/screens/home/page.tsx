// The first look of the day: a few figures, what needs attention, what comes next.
import { useQuery } from "@tanstack/react-query";
import { IconAlertTriangle, IconChevronRight, IconCircleCheck } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { get } from "@/api/client";
import { aboutQuery } from "@/api/queries";
import { useMay, useMe } from "@/api/session";
import type { CallbackPage, QueueRow } from "@/api/types";
import { useQueues } from "@/api/use-queues";
import { useFormat } from "@/parts/format";
import { useNeighbour } from "@/parts/neighbour";
import { Page, Panel } from "@/parts/page";
import { Answer, Empty } from "@/parts/states";
import { StateBadge } from "@/parts/state-badge";
import { When } from "@/parts/when";
import { SCREENS } from "@/screens";
import { type Concern, concerns } from "./attention";
import classes from "./home.module.css";

export default function HomePage() {
  const { t } = useTranslation("home");
  const me = useMe();
  const may = useMay();
  return (
    <Page title={t("title", { name: me.displayName })} lead={t("lead", { tenant: me.tenant.name })}>
      {may("ges.queue.view") && <Today />}
      <div className={classes["columns"]}>
        {may("ges.callback.view") && <Next />}
        <Ways />
      </div>
    </Page>
  );
}

function Today() {
  const queues = useQueues();
  return (
    <Answer query={queues} small>
      {(data) => (
        <>
          <Figures queues={data.queues} />
          <Attention queues={data.queues} />
        </>
      )}
    </Answer>
  );
}

function Figures({ queues }: { queues: readonly QueueRow[] }) {
  const { t } = useTranslation("home");
  const { number, duration, percent } = useFormat();
  const sum = (of: (row: QueueRow) => number) => queues.reduce((total, row) => total + of(row), 0);
  const counted = sum((row) => row.promise?.count ?? 0);
  const kept = sum((row) => (row.promise ? row.promise.withinFiveMinutes * row.promise.count : 0)) / Math.max(counted, 1);
  const longest = [...queues].sort((a, b) => (b.estimatedWaitTime ?? -1) - (a.estimatedWaitTime ?? -1))[0];
  const figures: [string, ReactNode, string][] = [
    [t("waiting"), number(sum((row) => row.waiting)), t("waitingHint", { n: number(sum((row) => row.live)) })],
    [t("scheduledToday"), number(sum((row) => row.scheduledToday)), t("scheduledHint", { n: number(sum((row) => row.scheduled)) })],
    [
      t("longest"),
      longest?.estimatedWaitTime === undefined ? "–" : duration(longest.estimatedWaitTime),
      longest?.estimatedWaitTime === undefined ? t("unknown") : longest.queue,
    ],
    [t("kept"), counted === 0 ? "–" : percent(kept), counted === 0 ? t("noneYet") : t("keptHint", { n: number(counted) })],
  ];
  // Most routers say only that nobody is there: then there is nothing to count.
  const agents = sum((row) => row.agents?.loggedIn ?? 0);
  if (agents > 0) figures.push([t("agents"), number(agents), t("agentsHint", { n: number(sum((row) => row.agents?.ready ?? 0)) })]);
  return (
    <dl className={classes["figures"]}>
      {figures.map(([name, value, hint]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd className="num">{value}</dd>
          <dd className={classes["hint"]}>{hint}</dd>
        </div>
      ))}
    </dl>
  );
}

function Attention({ queues }: { queues: readonly QueueRow[] }) {
  const { t } = useTranslation("home");
  const { percent, number } = useFormat();
  const about = useQuery(aboutQuery);
  const neighbour = useNeighbour();
  const found = concerns(queues, about.data);
  const text = (one: Concern): string => {
    switch (one.kind) {
      case "neighbour":
        return t("concern.neighbour", { name: neighbour(one.name).system });
      case "emergency":
        return t("concern.emergency", { queue: one.queue });
      case "noAgents":
        return one.waiting === 0
          ? t("concern.unattended", { queue: one.queue })
          : t("concern.noAgents", { queue: one.queue, n: number(one.waiting) });
      case "promise":
        return t("concern.promise", { queue: one.queue, share: percent(one.share) });
      case "coverage":
        return t("concern.coverage", { queue: one.queue, measured: percent(one.measured), nominal: percent(one.nominal) });
    }
  };
  if (found.length === 0) {
    return (
      <p className={classes["calm"]}>
        <IconCircleCheck size={18} /> {t("calm")}
      </p>
    );
  }
  return (
    <Panel title={t("attention")} flush>
      <ul className={classes["rows"]}>
        {found.map((one) => (
          <li key={`${one.kind} ${"queue" in one ? one.queue : one.name}`}>
            <Link to={one.kind === "neighbour" ? "/about" : `/queues/${encodeURIComponent(one.queue)}`}>
              <IconAlertTriangle size={17} className={classes["warn"]} />
              <span>{text(one)}</span>
              <IconChevronRight size={16} />
            </Link>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Next() {
  const { t } = useTranslation("home");
  const next = useQuery({
    queryKey: ["callbacks", "next"],
    queryFn: ({ signal }) =>
      get<CallbackPage>(
        "callbacks",
        { state: ["SCHEDULED"], desiredFrom: new Date().toISOString(), order: "desired", limit: 8 },
        signal,
      ),
    refetchInterval: 30_000,
  });
  return (
    <Panel title={t("next")} actions={<Link to="/callbacks">{t("all")}</Link>} flush>
      <Answer query={next} small>
        {({ callbacks }) =>
          callbacks.length === 0 ? (
            <Empty title={t("nothingNext")} small />
          ) : (
            <ul className={classes["rows"]}>
              {callbacks.map((row) => (
                <li key={row.id}>
                  <Link to={`/callbacks/${row.id}`}>
                    <span className={classes["time"]}>
                      <When at={row.desiredTime} />
                    </span>
                    <span className={classes["phone"]}>{row.phoneNumber}</span>
                    <span className={classes["service"]}>{row.serviceName}</span>
                    <StateBadge state={row.state} reason={row.reason} />
                  </Link>
                </li>
              ))}
            </ul>
          )
        }
      </Answer>
    </Panel>
  );
}

function Ways() {
  const { t } = useTranslation("home");
  const { t: shell } = useTranslation("shell");
  const may = useMay();
  const screens = SCREENS.filter((screen) => screen.id !== "home" && may(screen.needs));
  return (
    <Panel title={t("ways")} flush>
      <ul className={classes["ways"]}>
        {screens.map(({ id, path, icon: Icon }) => (
          <li key={id}>
            <Link to={`/${path}`}>
              <Icon size={18} stroke={1.7} />
              {shell(`screens.${id}`)}
            </Link>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
