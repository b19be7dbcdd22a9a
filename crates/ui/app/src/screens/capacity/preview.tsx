// What the rule would offer in a real week of a real service, beside what is booked and what is offered now.
import { Select, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { servicesQuery } from "@/api/queries";
import { useMay } from "@/api/session";
import { dayIn } from "@/parts/format";
import { Answer, Empty, Failing, NotPermitted } from "@/parts/states";
import classes from "@/editing/editing.module.css";
import { SlotMap } from "@/editing/slot-map";
import { type RuleEdit, preview } from "./api";

export function Preview({ edit, queues }: { edit: RuleEdit; queues: readonly string[] }) {
  const may = useMay();
  if (!may("ges.service.view")) return <NotPermitted small />;
  return <Chosen edit={edit} queues={queues} />;
}

function Chosen({ edit, queues }: { edit: RuleEdit; queues: readonly string[] }) {
  const { t } = useTranslation(["capacity", "editing"]);
  const services = useQuery(servicesQuery);
  const offered = services.data?.services.filter((one) => !one.retired) ?? [];
  const [picked, setPicked] = useState<string | null>(null);
  const service = picked ?? (offered.find((one) => queues.includes(one.virtualQueue)) ?? offered[0])?.name ?? "";
  const [from, setFrom] = useState(() => dayIn(new Date()));
  const [slow] = useDebouncedValue(edit, 300);
  const { name: _, ...calendar } = slow;
  const shown = useQuery({
    queryKey: ["capacity-rules", "preview", calendar, service, from],
    queryFn: ({ signal }) => preview(slow, service, from, 7, signal),
    enabled: service !== "" && from !== "",
    placeholderData: (before) => before,
  });
  return (
    <div className={classes["stack"]}>
      <div className={classes["line"]} data-end>
        <Select
          label={t("preview.service")}
          data={offered.map((one) => one.name)}
          value={service}
          onChange={setPicked}
          allowDeselect={false}
          searchable
        />
        <TextInput
          type="date"
          label={t("preview.from")}
          value={from}
          onChange={(event) => setFrom(event.currentTarget.value)}
        />
      </div>
      {services.isError && <Failing error={services.error} retry={() => void services.refetch()} small />}
      {services.data && service === "" && <Empty title={t("preview.noService")} small />}
      {service !== "" && (
        <Answer query={shown} small>
          {(data) => (
            <>
              <p className={classes["dim"]}>
                {t("zone", { zone: data.zone })} {t("preview.lead")}
              </p>
              <SlotMap label={t("sections.preview")} slots={data.slots} />
            </>
          )}
        </Answer>
      )}
    </div>
  );
}
