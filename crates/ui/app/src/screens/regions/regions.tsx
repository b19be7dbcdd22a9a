// The addresses below `regions`: the rules and how the regions fare, and one rule.
import { Badge, Button } from "@mantine/core";
import { IconAlertTriangle, IconCheck, IconMap2, IconPlus, IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Route, Routes, useNavigate } from "react-router";
import { useMay } from "@/api/session";
import { Assign } from "@/editing/assign";
import { Rows } from "@/editing/rows";
import { RuleTable } from "@/editing/rule-table";
import { useFormat } from "@/parts/format";
import { Guarded } from "@/parts/guarded";
import { Page, Panel } from "@/parts/page";
import { Answer, Empty } from "@/parts/states";
import { type Region, type Rules, rulesQuery } from "./api";
import Editor from "./editor";

export default function Regions() {
  return (
    <Routes>
      <Route index element={<RuleList />} />
      <Route path="rules/:id" element={<Editor />} />
    </Routes>
  );
}

function RuleList() {
  const { t } = useTranslation("regions");
  const may = useMay();
  const navigate = useNavigate();
  const rules = useQuery(rulesQuery);
  return (
    <Page
      title={t("title")}
      lead={t("lead")}
      actions={
        <Guarded needs="ges.admin.regions">
          <Button leftSection={<IconPlus size={16} />} onClick={() => void navigate("/regions/rules/new")}>
            {t("new")}
          </Button>
        </Guarded>
      }
    >
      <Answer query={rules}>{(data) => <Found data={data} mayEdit={may("ges.admin.regions")} />}</Answer>
    </Page>
  );
}

/** How many of the nodes answer: by word and sign. */
export function Health({ healthy, all }: { healthy: number; all: number }) {
  const { t } = useTranslation("regions");
  const { number } = useFormat();
  const state = all === 0 ? "none" : healthy === 0 ? "down" : healthy < all ? "some" : "up";
  const looks = {
    none: { color: "gray", icon: null },
    down: { color: "red", icon: <IconX size={12} /> },
    some: { color: "yellow", icon: <IconAlertTriangle size={12} /> },
    up: { color: "green", icon: <IconCheck size={12} /> },
  }[state];
  return (
    <Badge color={looks.color} leftSection={looks.icon}>
      {t(`health.${state}`, { healthy: number(healthy), all: number(all) })}
    </Badge>
  );
}

function Found({ data, mayEdit }: { data: Rules; mayEdit: boolean }) {
  const { t } = useTranslation(["regions", "editing"]);
  return (
    <>
      <RuleTable
        label={t("title")}
        path="region-rules"
        home="/regions"
        rules={data.rules}
        mayEdit={mayEdit}
        empty={<Empty icon={<IconMap2 size={28} />} title={t("empty")} text={t("emptyText")} />}
        columns={[
          {
            key: "order",
            label: t("order"),
            cell: (rule) => rule.regions.map((name, at) => `${at + 1}. ${name}`).join("  "),
          },
        ]}
      />
      <Panel title={t("known")} lead={t("knownLead")} flush>
        {data.regions.length === 0 ? (
          <Empty title={t("knownNone")} small />
        ) : (
          <Rows<Region>
            label={t("known")}
            rows={data.regions}
            rowKey={(region) => region.name}
            columns={[
              { key: "name", label: t("region"), head: true, cell: (region) => region.name },
              { key: "routers", label: t("routers"), cell: (region) => <Health {...region.routers} /> },
              { key: "ors", label: t("orchestrators"), cell: (region) => <Health {...region.orchestrators} /> },
            ]}
          />
        )}
      </Panel>
      <Assign path="region-rules" queues={data.queues} rules={data.rules} revision={data.revision} mayEdit={mayEdit} />
    </>
  );
}
