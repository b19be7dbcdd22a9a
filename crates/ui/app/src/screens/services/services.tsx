// The addresses below `services`: all of them, one, and what changed when.
import { Badge, Button } from "@mantine/core";
import { IconAdjustmentsHorizontal, IconAlertOctagon, IconCalendarEvent, IconPhoneOutgoing, IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link, Route, Routes } from "react-router";
import { servicesQuery } from "@/api/queries";
import { useMay } from "@/api/session";
import type { ServiceRow } from "@/api/types";
import { Rows } from "@/editing/rows";
import { Sections } from "@/editing/sections";
import { useFormat } from "@/parts/format";
import { Guarded } from "@/parts/guarded";
import { Page, Panel } from "@/parts/page";
import { Answer, Empty } from "@/parts/states";
import { Emergency } from "./emergency";
import { RevisionDiff, Revisions } from "./revisions";
import Detail, { NewService } from "./detail";

export default function Services() {
  return (
    <Routes>
      <Route index element={<List />} />
      <Route path="revisions" element={<Revisions />} />
      <Route path="revisions/:revision" element={<RevisionDiff />} />
      <Route path="new" element={<NewService />} />
      <Route path="named/:name" element={<Detail />} />
    </Routes>
  );
}

export function ServiceSections() {
  const { t } = useTranslation("services");
  return (
    <Sections
      label={t("title")}
      of={[
        { to: "/services", label: t("sections.all") },
        { to: "/services/revisions", label: t("sections.revisions"), end: false },
      ]}
    />
  );
}

function List() {
  const { t } = useTranslation(["services", "editing"]);
  const { number } = useFormat();
  const services = useQuery(servicesQuery);
  const mayClose = useMay()("ges.service.emergency");
  return (
    <Page
      title={t("title")}
      lead={
        services.data?.published
          ? t("published", { revision: number(services.data.revision), n: number(services.data.published) })
          : t("lead")
      }
      actions={
        <Guarded needs="ges.service.edit">
          <Button component={Link} to="/services/new" leftSection={<IconPlus size={16} />}>
            {t("new")}
          </Button>
        </Guarded>
      }
      bar={<ServiceSections />}
    >
      <Answer query={services}>
        {(data) => (
          <Panel flush>
            {data.services.length === 0 ? (
              <Empty icon={<IconAdjustmentsHorizontal size={28} />} title={t("empty")} text={t("emptyText")} />
            ) : (
              <Rows<ServiceRow>
                label={t("title")}
                rows={data.services}
                rowKey={(service) => service.name}
                columns={[
                  {
                    key: "name",
                    label: t("editing:name"),
                    head: true,
                    cell: (service) => (
                      <Link to={`/services/named/${encodeURIComponent(service.name)}`}>{service.name}</Link>
                    ),
                  },
                  { key: "queue", label: t("queue"), cell: (service) => service.virtualQueue },
                  { key: "offered", label: t("offered"), cell: (service) => <Offered service={service} /> },
                  {
                    key: "hours",
                    label: t("hours"),
                    cell: (service) =>
                      service.businessHours ? (
                        <Link to={`/hours/named/${encodeURIComponent(service.businessHours)}`}>{service.businessHours}</Link>
                      ) : (
                        t("alwaysOpen")
                      ),
                  },
                  { key: "zone", label: t("zone"), cell: (service) => service.zone.replaceAll("_", " ") },
                  { key: "managed", label: t("managedBy"), cell: (service) => t(`managed.${service.managedBy}`) },
                  mayClose && {
                    key: "emergency",
                    label: t("emergency.title"),
                    quiet: true,
                    num: true,
                    cell: (service) => <Emergency name={service.name} on={service.emergency} compact />,
                  },
                ]}
              />
            )}
          </Panel>
        )}
      </Answer>
    </Page>
  );
}

/** What customers are offered now, by word and sign. */
export function Offered({ service }: { service: ServiceRow }) {
  const { t } = useTranslation("services");
  if (service.retired) return <Badge color="gray">{t("retired")}</Badge>;
  if (service.emergency) {
    return (
      <Badge color="red" leftSection={<IconAlertOctagon size={12} />}>
        {t("emergency.now")}
      </Badge>
    );
  }
  if (!service.immediate && !service.scheduled) return <Badge color="gray">{t("nothingOffered")}</Badge>;
  return (
    <span style={{ display: "inline-flex", gap: 4, flexWrap: "wrap" }}>
      {service.immediate && (
        <Badge color="blue" leftSection={<IconPhoneOutgoing size={12} />}>
          {t("immediate")}
        </Badge>
      )}
      {service.scheduled && (
        <Badge color="violet" leftSection={<IconCalendarEvent size={12} />}>
          {t("scheduled")}
        </Badge>
      )}
    </span>
  );
}
