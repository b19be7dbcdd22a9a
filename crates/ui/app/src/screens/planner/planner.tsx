// What if: from a day's agents and calls to the places that keep the wanted promise, beside those offered now.
import { ActionIcon, Button, NumberInput, Select, TextInput } from "@mantine/core";
import { IconCalculator, IconPlus, IconX } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { type FormEvent, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { post } from "@/api/client";
import { assignments } from "@/editing/assign";
import classes from "@/editing/editing.module.css";
import { useDraft } from "@/parts/draft";
import { useErrorText } from "@/parts/errors";
import { addDays, dayIn } from "@/parts/format";
import { Page, Panel } from "@/parts/page";
import { Answer, Empty } from "@/parts/states";
import { type Rules, rulesQuery } from "../capacity/api";
import { SLOT_LENGTHS } from "../capacity/plan";
import own from "./planner.module.css";
import { type Planned, Result } from "./result";
import { type Asked, type Stretch, bodyOf, oddStretch } from "./staffing";

export default function Planner() {
  const { t } = useTranslation(["planner", "editing"]);
  const rules = useQuery(rulesQuery);
  return (
    <Page title={t("title")} lead={t("lead")}>
      <Answer query={rules}>
        {(data) => (data.queues.length === 0 ? <Empty title={t("editing:assign.noQueues")} /> : <Form data={data} />)}
      </Answer>
    </Page>
  );
}

function Form({ data }: { data: Rules }) {
  const { t } = useTranslation(["planner", "capacity", "editing"]);
  const errorText = useErrorText();
  const ruleOf = useMemo(() => assignments(data.queues), [data]);
  const queues = Object.keys(ruleOf);
  const initial = useMemo(
    (): Asked => ({
      queue: queues.find((queue) => ruleOf[queue]) ?? queues[0] ?? "",
      date: addDays(dayIn(new Date()), 1),
      slotMinutes: 30,
      staffing: [
        { from: "08:00", to: "12:00", value: 8 },
        { from: "12:00", to: "13:00", value: 5 },
        { from: "13:00", to: "18:00", value: 8 },
      ],
      calls: [
        { from: "08:00", to: "12:00", value: 60 },
        { from: "12:00", to: "18:00", value: 45 },
      ],
      handlingSeconds: 300,
      patienceSeconds: 180,
      wantedP90Seconds: 300,
    }),
    [],
  );
  const draft = useDraft<Asked>("planner", initial);
  const { value: asked, set } = draft;
  const put = (change: Partial<Asked>) => set((before) => ({ ...before, ...change }));
  const [answered, setAnswered] = useState<Asked>();
  const asking = useMutation({
    mutationFn: (what: Asked) => post<Planned>("planner", bodyOf(what)),
    onSuccess: (_, what) => setAnswered(what),
  });
  const odd = oddStretch(asked.staffing) ?? oddStretch(asked.calls);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!odd) asking.mutate(asked);
  };
  const rule = data.rules.find((one) => one.id === ruleOf[asked.queue]);
  const seconds = (key: "handlingSeconds" | "patienceSeconds" | "wantedP90Seconds", min: number) => (
    <NumberInput
      label={t(key)}
      description={t(`${key}Hint`)}
      value={asked[key]}
      onChange={(value) => put({ [key]: Number(value) || min })}
      min={min}
      max={36_000}
      suffix={` ${t("secondsSuffix")}`}
      allowDecimal={false}
    />
  );
  return (
    <>
      <form onSubmit={submit}>
        <Panel title={t("day")}>
          <div className={classes["stack"]}>
            <div className={classes["form"]}>
              <Select
                label={t("editing:assign.queue")}
                description={rule ? t("hasRule", { name: rule.name }) : t("hasNoRule")}
                data={queues}
                value={asked.queue}
                onChange={(queue) => queue && put({ queue })}
                allowDeselect={false}
                searchable
              />
              <TextInput
                type="date"
                label={t("date")}
                description={t("dateHint")}
                value={asked.date}
                onChange={(event) => put({ date: event.currentTarget.value })}
                required
                withAsterisk={false}
              />
              <Select
                label={t("slotLength")}
                description={t("slotLengthHint")}
                data={SLOT_LENGTHS.map((n) => ({ value: String(n), label: t("capacity:minutes", { n }) }))}
                value={String(asked.slotMinutes)}
                onChange={(minutes) => minutes && put({ slotMinutes: Number(minutes) })}
                allowDeselect={false}
              />
              {seconds("handlingSeconds", 1)}
              {seconds("patienceSeconds", 1)}
              {seconds("wantedP90Seconds", 1)}
            </div>
            <div className={classes["form"]} style={{ gridTemplateColumns: "repeat(auto-fit, minmax(min(320px, 100%), 1fr))" }}>
              <Stretches
                title={t("staffing")}
                value={t("agents")}
                rows={asked.staffing}
                onChange={(staffing) => put({ staffing })}
              />
              <Stretches title={t("calls")} value={t("perHour")} rows={asked.calls} onChange={(calls) => put({ calls })} />
            </div>
            {odd && <p className={classes["trouble"]}>{t(`odd.${odd.kind}`, { n: odd.at + 1 })}</p>}
            {asking.error && (
              <p className={classes["trouble"]} role="alert">
                {errorText(asking.error)}
              </p>
            )}
            <div className={classes["line"]}>
              <Button
                type="submit"
                leftSection={<IconCalculator size={16} />}
                loading={asking.isPending}
                disabled={odd !== undefined || asked.date === ""}
              >
                {t("act")}
              </Button>
              {draft.changed && (
                <Button variant="default" onClick={() => draft.clear(initial)}>
                  {t("reset")}
                </Button>
              )}
            </div>
          </div>
        </Panel>
      </form>
      {asking.data && answered && <Result planned={asking.data} asked={answered} data={data} rule={rule} />}
    </>
  );
}

interface StretchesProps {
  title: string;
  value: string;
  rows: readonly Stretch[];
  onChange: (rows: Stretch[]) => void;
}

function Stretches({ title, value, rows, onChange }: StretchesProps) {
  const { t } = useTranslation(["planner", "editing"]);
  const put = (at: number, change: Partial<Stretch>) =>
    onChange(rows.map((row, index) => (index === at ? { ...row, ...change } : row)));
  const last = rows.at(-1);
  return (
    <fieldset style={{ border: 0, margin: 0, padding: 0, minWidth: 0 }}>
      <legend style={{ fontWeight: 560, padding: 0, marginBottom: 6 }}>{title}</legend>
      <div className={classes["stack"]} style={{ gap: 6 }}>
        {rows.map((row, at) => (
          <div key={at} className={own["stretch"]}>
            <TextInput
              type="time"
              aria-label={`${title} ${at + 1}: ${t("editing:from")}`}
              value={row.from}
              onChange={(event) => put(at, { from: event.currentTarget.value })}
            />
            <span aria-hidden>–</span>
            <TextInput
              type={row.to === "24:00" ? "text" : "time"}
              aria-label={`${title} ${at + 1}: ${t("editing:to")}`}
              value={row.to}
              onChange={(event) => put(at, { to: event.currentTarget.value })}
            />
            <NumberInput
              aria-label={`${title} ${at + 1}: ${value}`}
              value={row.value}
              onChange={(next) => put(at, { value: Number(next) || 0 })}
              min={0}
              max={100_000}
            />
            <ActionIcon
              onClick={() => onChange(rows.filter((_, index) => index !== at))}
              disabled={rows.length === 1}
              aria-label={t("editing:takeAway", { name: `${row.from}–${row.to}` })}
            >
              <IconX size={16} />
            </ActionIcon>
          </div>
        ))}
        <div>
          <Button
            variant="default"
            size="compact-xs"
            leftSection={<IconPlus size={14} />}
            disabled={last?.to === "24:00"}
            onClick={() => {
              const from = last?.to ?? "08:00";
              const next = `${String(Math.min(24, Number(from.slice(0, 2)) + 1)).padStart(2, "0")}:${from === "23:30" ? "00" : from.slice(3)}`;
              onChange([...rows, { from, to: next > "24:00" ? "24:00" : next, value: last?.value ?? 0 }]);
            }}
          >
            {t("addStretch")}
          </Button>
        </div>
      </div>
    </fieldset>
  );
}
