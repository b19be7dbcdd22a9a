// What the planner found: places per slot beside those offered now, and the way to make a rule of it.
import { BarChart } from "@mantine/charts";
import "@mantine/charts/styles.css";
import { Button, Select, TextInput } from "@mantine/core";
import { IconCheck } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import type { PlanOfDay } from "@/api/schema";
import { useMay } from "@/api/session";
import type { Narrow } from "@/api/types";
import { EffectDialog } from "@/editing/effect";
import classes from "@/editing/editing.module.css";
import { Charted } from "@/parts/charted";
import { useErrorText } from "@/parts/errors";
import { useFormat } from "@/parts/format";
import { done } from "@/parts/notify";
import { Panel } from "@/parts/page";
import { Empty } from "@/parts/states";
import { type Rule, type RuleEdit, type Rules, editOf, planOfEdit, saveRule, withPlan } from "../capacity/api";
import { type Shorthand, emptyPlan } from "../capacity/plan";
import { type Asked, withDay } from "./staffing";

export type Planned = Narrow<PlanOfDay, { week: Shorthand }>;

interface ResultProps {
  planned: Planned;
  asked: Asked;
  data: Rules;
  rule: Rule | undefined;
}

export function Result({ planned, asked, data, rule }: ResultProps) {
  const { t } = useTranslation("planner");
  const format = useFormat();
  if (planned.slots.length === 0) return <Empty title={t("nothing")} text={t("nothingText")} />;
  const clock = (local: string) => local.slice(11, 16);
  const sum = (key: "capacity" | "current") => planned.slots.reduce((total, slot) => total + (slot[key] ?? 0), 0);
  return (
    <>
      <Charted
        title={t("result", { day: format.dayName(asked.date) })}
        lead={t("resultLead", {
          planned: format.number(sum("capacity")),
          current: format.number(sum("current")),
          zone: planned.zone,
          method: /^erlang-?a/i.test(planned.method) ? t("methods.erlang-a") : planned.method,
        })}
        columns={[t("slot"), t("agents"), t("load"), t("busy"), t("places"), t("now"), t("difference"), t("p90")]}
        rows={planned.slots.map((slot) => {
          const difference = slot.capacity - (slot.current ?? 0);
          return [
            clock(slot.localStart),
            format.number(slot.agents),
            format.number(slot.offered, { maximumFractionDigits: 1 }),
            format.percent(slot.utilisation),
            format.number(slot.capacity),
            slot.current === undefined ? "–" : format.number(slot.current),
            slot.current === undefined ? "–" : format.number(difference, { signDisplay: "exceptZero" }),
            slot.p90Secs === undefined ? "–" : format.duration(slot.p90Secs),
          ];
        })}
      >
        <BarChart
          h={280}
          data={planned.slots.map((slot) => ({
            at: clock(slot.localStart),
            planned: slot.capacity,
            current: slot.current ?? 0,
          }))}
          dataKey="at"
          series={[
            { name: "planned", label: t("places"), color: "var(--ges-chart-1)" },
            { name: "current", label: t("now"), color: "var(--ges-chart-2)" },
          ]}
          withLegend
          gridColor="var(--ges-chart-grid)"
          barProps={{ isAnimationActive: false }}
          yAxisProps={{ width: 36, allowDecimals: false }}
        />
      </Charted>
      <Apply planned={planned} asked={asked} data={data} rule={rule} />
    </>
  );
}

type Where = "new" | "weekday" | "date";

function Apply({ planned, asked, data, rule }: ResultProps) {
  const { t } = useTranslation(["planner", "editing"]);
  const format = useFormat();
  const navigate = useNavigate();
  const client = useQueryClient();
  const errorText = useErrorText();
  const may = useMay();
  const weekday = new Intl.DateTimeFormat(format.locale, { weekday: "long", timeZone: "UTC" }).format(
    new Date(`${asked.date}T12:00:00Z`),
  );
  // A rule keeps its slot length: a plan in other slots becomes a rule of its own.
  const fits = rule?.slotMinutes === asked.slotMinutes;
  const choices: { value: Where; label: string }[] = [
    ...(rule && fits
      ? [
          { value: "weekday" as const, label: t("apply.weekday", { weekday, name: rule.name }) },
          { value: "date" as const, label: t("apply.date", { day: format.dayName(asked.date), name: rule.name }) },
        ]
      : []),
    { value: "new", label: t("apply.new") },
  ];
  const [picked, setWhere] = useState<Where>("weekday");
  const where = choices.some((choice) => choice.value === picked) ? picked : "new";
  const [name, setName] = useState(`${asked.queue} ${weekday}`);

  const edit = (): RuleEdit | undefined => {
    const base: RuleEdit =
      where === "new" || !rule
        ? { name: name.trim(), slotMinutes: asked.slotMinutes, week: {}, exceptions: {} }
        : editOf(rule);
    const plan = where === "new" ? emptyPlan(asked.slotMinutes) : planOfEdit(base);
    const next = withDay(plan, planned.week, asked.date, where === "date" ? "date" : "weekday");
    return next && withPlan(base, next);
  };
  const target = where === "new" ? undefined : rule;
  const send = (dryRun: boolean) => {
    const next = edit();
    if (!next) throw new Error(t("apply.unreadable"));
    return saveRule(target?.id, next, target?.revision ?? data.revision, dryRun);
  };
  const weigh = useMutation({ mutationFn: async () => send(true) });
  const save = useMutation({
    mutationFn: async () => send(false),
    onSuccess: () => {
      weigh.reset();
      void client.invalidateQueries({ queryKey: ["capacity-rules"] });
      done(t("editing:saved"));
      void navigate(target ? `/capacity/rules/${target.id}` : "/capacity");
    },
  });
  if (!may("ges.admin.capacity")) return null;
  const trouble = save.error ?? weigh.error;
  return (
    <Panel title={t("apply.title")} lead={t("apply.lead")}>
      <div className={classes["stack"]}>
        <div className={classes["form"]}>
          <Select
            label={t("apply.where")}
            data={choices}
            value={where}
            onChange={(value) => value && setWhere(value as Where)}
            allowDeselect={false}
          />
          {where === "new" && (
            <TextInput
              label={t("editing:name")}
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
              maxLength={255}
              required
            />
          )}
        </div>
        {trouble && (
          <p className={classes["trouble"]} role="alert">
            {errorText(trouble)}
          </p>
        )}
        <div>
          <Button
            leftSection={<IconCheck size={16} />}
            loading={weigh.isPending}
            disabled={where === "new" && name.trim() === ""}
            onClick={() => weigh.mutate()}
          >
            {t("apply.act")}
          </Button>
        </div>
      </div>
      <EffectDialog
        effect={weigh.data?.effect}
        pending={save.isPending}
        onSave={() => save.mutate()}
        onClose={() => {
          weigh.reset();
          save.reset();
        }}
      />
    </Panel>
  );
}
