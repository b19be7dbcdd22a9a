// Changes of many that were begun lately: how they fare, and which callbacks were refused.
import { Button, Indicator, Menu } from "@mantine/core";
import { IconStack2 } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "@/api/session";
import type { Bulk } from "@/api/types";
import { useFormat } from "@/parts/format";
import { When } from "@/parts/when";
import { JobDialog } from "./bulk-dialog";
import { jobsQuery } from "./bulk-run";
import classes from "./callbacks.module.css";

export function Jobs() {
  const { t } = useTranslation("callbacks");
  const { number } = useFormat();
  const may = useMay();
  const jobs = useQuery({ ...jobsQuery, enabled: may("ges.callback.bulk") });
  const [open, setOpen] = useState<Bulk>();
  const bulks = jobs.data?.bulks ?? [];
  if (bulks.length === 0) return null;
  const running = bulks.some((one) => one.state === "running");
  return (
    <>
      <Menu position="bottom-end" width={340}>
        <Menu.Target>
          <Button
            variant="default"
            leftSection={
              <Indicator disabled={!running} processing size={7} offset={1}>
                <IconStack2 size={16} />
              </Indicator>
            }
          >
            {t("bulk.jobs")}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>{t("bulk.jobsHint")}</Menu.Label>
          {bulks.map((job) => (
            <Menu.Item key={job.id} onClick={() => setOpen(job)}>
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
      {open && <JobDialog job={open} onClose={() => setOpen(undefined)} />}
    </>
  );
}
