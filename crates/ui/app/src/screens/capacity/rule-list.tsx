// All capacity rules at a glance, and which queue uses which.
import { Button, Menu } from "@mantine/core";
import { IconCopy, IconGrid4x4, IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { useMay } from "@/api/session";
import { useFormat } from "@/parts/format";
import { Guarded } from "@/parts/guarded";
import { Page } from "@/parts/page";
import { Answer, Empty } from "@/parts/states";
import { useCommands } from "@/shell/commands";
import { Assign } from "@/editing/assign";
import { RuleTable } from "@/editing/rule-table";
import { Sections } from "@/editing/sections";
import { type Rule, type Rules, planOfEdit, editOf, rulesQuery } from "./api";
import classes from "./grid.module.css";
import { weekTotal } from "./plan";

export function CapacitySections() {
  const { t } = useTranslation("capacity");
  return (
    <Sections
      label={t("title")}
      of={[
        { to: "/capacity", label: t("sections.rules") },
        { to: "/capacity/load", label: t("sections.load") },
      ]}
    />
  );
}

export function RuleList() {
  const { t } = useTranslation(["capacity", "editing"]);
  const may = useMay();
  const navigate = useNavigate();
  const rules = useQuery(rulesQuery);
  const add = () => void navigate("/capacity/rules/new");
  useCommands(may("ges.admin.capacity") ? [{ id: "capacity-new", label: t("new"), key: "n", run: add }] : []);
  return (
    <Page
      title={t("title")}
      lead={t("lead")}
      actions={
        <Guarded needs="ges.admin.capacity">
          <Button leftSection={<IconPlus size={16} />} onClick={add}>
            {t("new")}
          </Button>
        </Guarded>
      }
      bar={<CapacitySections />}
    >
      <Answer query={rules}>{(data) => <Found data={data} mayEdit={may("ges.admin.capacity")} />}</Answer>
    </Page>
  );
}

function Found({ data, mayEdit }: { data: Rules; mayEdit: boolean }) {
  const { t } = useTranslation(["capacity", "editing"]);
  const { number } = useFormat();
  const navigate = useNavigate();
  return (
    <>
      <RuleTable
        label={t("title")}
        path="capacity-rules"
        home="/capacity"
        rules={data.rules}
        mayEdit={mayEdit}
        empty={<Empty icon={<IconGrid4x4 size={28} />} title={t("empty")} text={t("emptyText")} />}
        columns={[
          { key: "slot", label: t("slotLength"), cell: (rule) => t("minutes", { n: number(rule.slotMinutes) }) },
          {
            key: "week",
            label: t("perWeek"),
            num: true,
            cell: (rule) => number(weekTotal(planOfEdit(editOf(rule)))),
          },
          { key: "shape", label: t("shape"), cell: (rule) => <Mini rule={rule} /> },
          {
            key: "exceptions",
            label: t("sections.exceptions"),
            num: true,
            cell: (rule) => number(Object.keys(rule.exceptions ?? {}).length),
          },
        ]}
        more={(rule) => (
          <Menu.Item
            leftSection={<IconCopy size={16} />}
            onClick={() => void navigate(`/capacity/rules/new?from=${rule.id}`)}
          >
            {t("editing:duplicate")}
          </Menu.Item>
        )}
      />
      <Assign
        path="capacity-rules"
        queues={data.queues}
        rules={data.rules}
        revision={data.revision}
        mayEdit={mayEdit}
        weighs
      />
    </>
  );
}

/** A week's outline; the figures stand beside it. */
function Mini({ rule }: { rule: Rule }) {
  const { week } = planOfEdit(editOf(rule));
  const hours = week.map((column) => {
    const perHour = column.length / 24;
    return Array.from({ length: 24 }, (_, hour) =>
      column.slice(hour * perHour, (hour + 1) * perHour).reduce((a, b) => a + b, 0),
    );
  });
  const top = Math.max(...hours.flat(), 1);
  return (
    <svg className={classes["mini"]} viewBox="0 0 168 26" preserveAspectRatio="none" aria-hidden>
      {hours.flatMap((day, at) =>
        day.map((value, hour) =>
          value === 0 ? null : (
            <rect
              key={`${at}-${hour}`}
              x={at * 24 + hour}
              y={26 - (value / top) * 24}
              width={1.1}
              height={(value / top) * 24}
            />
          ),
        ),
      )}
    </svg>
  );
}
