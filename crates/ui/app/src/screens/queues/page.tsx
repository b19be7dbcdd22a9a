// The queues: how each fares now, as cards, as a table, or on the wall.
import { ActionIcon, Button, SegmentedControl, TextInput, Tooltip } from "@mantine/core";
import { IconArrowLeft, IconArrowsMaximize, IconArrowsMinimize, IconLayoutGrid, IconSearch, IconTable } from "@tabler/icons-react";
import { type CSSProperties, Suspense, lazy, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useParams, useSearchParams } from "react-router";
import { usePreference } from "@/api/preferences";
import type { QueueRow } from "@/api/types";
import { useQueues } from "@/api/use-queues";
import { useFormat } from "@/parts/format";
import { useNarrow } from "@/parts/narrow";
import { Cards, Page } from "@/parts/page";
import { Answer, Empty, Loading } from "@/parts/states";
import { useNow } from "@/parts/when";
import { useCommands } from "@/shell/commands";
import { LivePill } from "@/shell/top-bar";
import { QueueCard } from "./card";
import { Agents } from "./status";
import { QueueTable } from "./table";
import classes from "./queues.module.css";

const Details = lazy(() => import("./details"));

export default function QueuesPage() {
  const name = useParams()["*"] ?? "";
  const queues = useQueues();
  return (
    <Answer query={queues}>
      {({ queues: all }) => (name === "" ? <Board queues={all} /> : <One name={name} queues={all} />)}
    </Answer>
  );
}

function One({ name, queues }: { name: string; queues: QueueRow[] }) {
  const { t } = useTranslation("queues");
  const row = queues.find((one) => one.queue === name);
  return (
    <Page
      title={name}
      lead={row?.services.join(", ")}
      actions={
        <Button component={Link} to="/queues" variant="default" leftSection={<IconArrowLeft size={16} />}>
          {t("back")}
        </Button>
      }
    >
      {row ? (
        <Suspense fallback={<Loading />}>
          <Details row={row} />
        </Suspense>
      ) : (
        <Empty title={t("unknown.title")} text={t("unknown.text")} />
      )}
    </Page>
  );
}

function Board({ queues }: { queues: QueueRow[] }) {
  const { t } = useTranslation("queues");
  const [chosen, setShape] = usePreference<"cards" | "table">("queue-shape", "cards");
  const narrow = useNarrow();
  const shape = narrow ? "cards" : chosen;
  const [search, setSearch] = useSearchParams();
  const [text, setText] = useState("");
  const wall = search.get("wall") === "1";
  const toggle = () => setSearch(wall ? {} : { wall: "1" });
  useCommands([
    { id: "wall", label: t(wall ? "wall.leave" : "wall.enter"), key: "w", run: toggle },
    { id: "shape", label: t("shape.toggle"), key: "v", run: () => setShape(shape === "cards" ? "table" : "cards") },
  ]);
  const shown = useMemo(() => {
    const wanted = text.trim().toLowerCase();
    return queues
      .filter((row) => [row.queue, ...row.services].some((one) => one.toLowerCase().includes(wanted)))
      .sort((a, b) => Number(b.open) - Number(a.open) || a.queue.localeCompare(b.queue));
  }, [queues, text]);
  if (wall) return <Wall queues={shown} onLeave={toggle} />;
  return (
    <Page
      title={t("title")}
      lead={t("lead")}
      fill={shape === "table"}
      actions={
        <>
          {queues.length > 6 && (
            <TextInput
              aria-label={t("find")}
              placeholder={t("find")}
              leftSection={<IconSearch size={15} />}
              value={text}
              onChange={(event) => setText(event.currentTarget.value)}
            />
          )}
          {!narrow && (
            <SegmentedControl
              aria-label={t("shape.toggle")}
              value={shape}
              onChange={(value) => setShape(value as "cards" | "table")}
              data={[
                { value: "cards", label: <Shape icon={<IconLayoutGrid size={15} />} text={t("shape.cards")} /> },
                { value: "table", label: <Shape icon={<IconTable size={15} />} text={t("shape.table")} /> },
              ]}
            />
          )}
          <Button variant="default" leftSection={<IconArrowsMaximize size={16} />} onClick={toggle}>
            {t("wall.enter")}
          </Button>
        </>
      }
    >
      {shown.length === 0 ? (
        <Empty title={t("empty.title")} text={t("empty.text")} />
      ) : shape === "cards" ? (
        <Cards min={320}>
          {shown.map((row) => (
            <QueueCard key={row.queue} row={row} />
          ))}
        </Cards>
      ) : (
        <QueueTable rows={shown} />
      )}
    </Page>
  );
}

function Shape({ icon, text }: { icon: React.ReactNode; text: string }) {
  return (
    <span className={classes["shape"]}>
      {icon}
      {text}
    </span>
  );
}

/** For a screen on the wall: few figures, legible from afar. */
function Wall({ queues, onLeave }: { queues: readonly QueueRow[]; onLeave: () => void }) {
  const { t } = useTranslation("queues");
  const format = useFormat();
  const now = useNow(1_000);
  return (
    <div className={classes["wall"]}>
      <header>
        <h1>{t("title")}</h1>
        <span className={classes["grow"]} />
        <LivePill />
        <time dateTime={now.toISOString()}>{format.time(now)}</time>
        <Tooltip label={t("wall.leave")}>
          <ActionIcon onClick={onLeave} aria-label={t("wall.leave")} size="lg">
            <IconArrowsMinimize size={20} />
          </ActionIcon>
        </Tooltip>
      </header>
      <div className={classes["tiles"]} style={{ "--columns": Math.ceil(Math.sqrt(queues.length)) } as CSSProperties}>
        {queues.map((row) => {
          const late = row.promise !== undefined && row.promise.withinFiveMinutes < 0.85;
          return (
            <section key={row.queue} data-closed={!row.open || undefined} data-late={late || undefined}>
              <h2>{row.queue}</h2>
              <dl>
                <div>
                  <dt>{t("wait")}</dt>
                  <dd>{!row.open ? t("closed") : row.estimatedWaitTime === undefined ? "–" : format.duration(row.estimatedWaitTime)}</dd>
                </div>
                <div>
                  <dt>{t("waiting")}</dt>
                  <dd>{format.number(row.waiting)}</dd>
                </div>
                <div>
                  <dt>{t("kept")}</dt>
                  <dd>{row.promise && row.promise.count > 0 ? format.percent(row.promise.withinFiveMinutes) : "–"}</dd>
                </div>
                {row.agents && (
                  <div>
                    <dt>{t("agents")}</dt>
                    <dd>
                      <Agents row={row} />
                    </dd>
                  </div>
                )}
              </dl>
            </section>
          );
        })}
      </div>
    </div>
  );
}
