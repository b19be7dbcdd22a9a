// How full the slots of a queue are, day by day.
import { Button, Select } from "@mantine/core";
import { IconChevronLeft, IconChevronRight } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { addDays, dayIn, useFormat } from "@/parts/format";
import { Page, Panel } from "@/parts/page";
import { Answer, Empty } from "@/parts/states";
import classes from "@/editing/editing.module.css";
import { SlotMap } from "@/editing/slot-map";
import { type Rules, loadQuery, rulesQuery } from "./api";
import { CapacitySections } from "./rule-list";

export function Load() {
  const { t } = useTranslation(["capacity", "editing"]);
  const rules = useQuery(rulesQuery);
  return (
    <Page title={t("title")} lead={t("loadLead")} bar={<CapacitySections />}>
      <Answer query={rules}>{(data) => <Chosen rules={data} />}</Answer>
    </Page>
  );
}

function Chosen({ rules }: { rules: Rules }) {
  const { t } = useTranslation(["capacity", "editing"]);
  const format = useFormat();
  const [search, setSearch] = useSearchParams();
  const queues = rules.queues.map((one) => one.queue).sort();
  const queue = search.get("queue") ?? queues[0] ?? "";
  const from = search.get("from") ?? dayIn(new Date());
  const load = useQuery(loadQuery(queue, from, 7));
  const show = (next: { queue?: string; from?: string }) =>
    setSearch({ queue, from, ...next }, { replace: true, preventScrollReset: true });
  if (queues.length === 0) return <Empty title={t("editing:assign.noQueues")} />;
  return (
    <Panel
      title={`${format.dayName(from)} – ${format.dayName(addDays(from, 6))}`}
      lead={load.data?.zone ? t("zone", { zone: load.data.zone }) : t("officeTime")}
      actions={
        <span className={classes["line"]}>
          <Select
            aria-label={t("editing:assign.queue")}
            data={queues}
            value={queue}
            onChange={(value) => value && show({ queue: value })}
            allowDeselect={false}
            searchable
            w={200}
          />
          <Button.Group>
            <Button variant="default" onClick={() => show({ from: addDays(from, -7) })} aria-label={t("editing:earlier")}>
              <IconChevronLeft size={16} />
            </Button>
            <Button variant="default" onClick={() => show({ from: dayIn(new Date()) })}>
              {t("editing:today")}
            </Button>
            <Button variant="default" onClick={() => show({ from: addDays(from, 7) })} aria-label={t("editing:later")}>
              <IconChevronRight size={16} />
            </Button>
          </Button.Group>
        </span>
      }
    >
      <Answer query={load}>{(data) => <SlotMap label={t("sections.load")} slots={data.slots} />}</Answer>
    </Panel>
  );
}
