// Changes of many that were begun lately: how they fare, and which callbacks were refused.
import { ActionIcon, Button, Indicator, Menu } from "@mantine/core";
import { IconStack2 } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { useNudged } from "@/api/nudged";
import { useMay } from "@/api/session";
import { useFormat } from "@/parts/format";
import { useNarrow } from "@/parts/narrow";
import { When } from "@/parts/when";
import { JobDialog } from "./bulk-dialog";
import { jobsQuery } from "./bulk-run";
import classes from "./callbacks.module.css";

export function Jobs() {
  const { t } = useTranslation("callbacks");
  const { number } = useFormat();
  const may = useMay();
  const narrow = useNarrow();
  const jobs = useQuery({ ...jobsQuery, enabled: may("ges.callback.bulk") });
  const client = useQueryClient();
  useNudged(["bulk"], 3_000, () => void client.invalidateQueries({ queryKey: jobsQuery.queryKey }));
  // Which one is looked at stands in the address: a job can be shown to somebody.
  const [search, setSearch] = useSearchParams();
  const id = search.get("job");
  const look = (job: string | undefined) =>
    setSearch((before) => {
      if (job === undefined) before.delete("job");
      else before.set("job", job);
      return before;
    });
  const bulks = jobs.data?.bulks ?? [];
  const running = bulks.some((one) => one.state === "running");
  const sign = (
    <Indicator disabled={!running} processing size={7} offset={1}>
      <IconStack2 size={16} />
    </Indicator>
  );
  return (
    <>
      {bulks.length > 0 && (
        <Menu position="bottom-end" width={340}>
          <Menu.Target>
            {narrow ? (
              <ActionIcon variant="default" size={30} aria-label={t("bulk.jobs")}>
                {sign}
              </ActionIcon>
            ) : (
              <Button variant="default" leftSection={sign}>
                {t("bulk.jobs")}
              </Button>
            )}
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Label>{t("bulk.jobsHint")}</Menu.Label>
            {bulks.map((job) => (
              <Menu.Item key={job.id} onClick={() => look(job.id)}>
                <b>{t(`bulk.${job.action}.title`)}</b>
                <span className={classes["job"]}>
                  {t(`bulk.states.${job.state}`, { done: number(job.done), total: number(job.total) })}
                  {job.refused > 0 && ` · ${t("bulk.refused", { n: number(job.refused) })}`}
                  {" · "}
                  {job.by}, <When at={job.startedAt} show="ago" />
                </span>
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      )}
      {id !== null && <JobDialog id={id} onClose={() => look(undefined)} />}
    </>
  );
}
