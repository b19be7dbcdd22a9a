// One capacity rule: its week, its exceptions, its short-hand, and what it would offer. Saved as a whole, after its effect was shown.
import { ActionIcon, Button, Menu, Select, TextInput, Tooltip } from "@mantine/core";
import { IconArrowBackUp, IconArrowForwardUp, IconCopy } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Route, Routes, useNavigate, useParams, useSearchParams } from "react-router";
import { useMay } from "@/api/session";
import { useErrorText } from "@/parts/errors";
import { useFormat } from "@/parts/format";
import { done, failed } from "@/parts/notify";
import { Page, Panel } from "@/parts/page";
import { Answer } from "@/parts/states";
import { useDocumentDraft } from "@/editing/draft-of";
import { EffectDialog } from "@/editing/effect";
import classes from "@/editing/editing.module.css";
import { Back, Gone } from "@/editing/gone";
import { SaveBar } from "@/editing/save-bar";
import { useSaving } from "@/editing/saving";
import { Sections } from "@/editing/sections";
import { type Rule, type RuleEdit, type Rules, convert, editOf, planOfEdit, rulesQuery, saveRule, withPlan } from "./api";
import { Brush } from "./brush";
import { Exceptions } from "./exceptions";
import { Grid } from "./grid";
import { type Plan, SLOT_LENGTHS, busy, slotsPerDay, weekTotal } from "./plan";
import { Preview } from "./preview";
import { TextEditor } from "./text-editor";

export default function Editor() {
  const { id = "" } = useParams();
  const rules = useQuery(rulesQuery);
  return (
    <Answer query={rules}>
      {(data) => {
        const rule = data.rules.find((one) => one.id === id);
        if (id === "new") return <Document key="new" data={data} />;
        if (rule) return <Document key={id} data={data} rule={rule} />;
        return <Gone back="/capacity" />;
      }}
    </Answer>
  );
}

const WEEK = { "mon-fri": { "0900": 2, "1700": 0 } };

function Document({ data, rule }: { data: Rules; rule?: Rule }) {
  const { t } = useTranslation(["capacity", "editing"]);
  const { list } = useFormat();
  const [search] = useSearchParams();
  const may = useMay();
  const navigate = useNavigate();
  const client = useQueryClient();
  const errorText = useErrorText();
  const mayEdit = may("ges.admin.capacity");
  const model = data.rules.find((one) => one.id === search.get("from"));
  const stored = useMemo((): RuleEdit => {
    if (rule) return editOf(rule);
    if (model) return { ...editOf(model), name: t("editing:copyOf", { name: model.name }) };
    return { name: "", slotMinutes: 30, week: WEEK, exceptions: {} };
  }, [rule, model, t]);
  const revision = rule?.revision ?? data.revision;
  const draft = useDocumentDraft<RuleEdit>(`capacity-${rule?.id ?? "new"}`, stored, revision);
  const plan = useMemo(() => planOfEdit(draft.doc), [draft.doc]);

  // What can be taken back, for as long as the screen is open.
  const past = useRef<RuleEdit[]>([]);
  const future = useRef<RuleEdit[]>([]);
  const put = (next: RuleEdit) => {
    past.current = [...past.current.slice(-99), draft.doc];
    future.current = [];
    draft.change(next);
  };
  const step = (from: typeof past, to: typeof past) => {
    const next = from.current.pop();
    if (!next) return;
    to.current.push(draft.doc);
    draft.change(next);
  };
  const undo = () => step(past, future);
  const redo = () => step(future, past);
  const putPlan = mayEdit ? (next: Plan) => put(withPlan(draft.doc, next)) : undefined;

  const converting = useMutation({
    mutationFn: (slotMinutes: number) => convert(draft.doc, slotMinutes),
    onSuccess: ({ rule: { slotMinutes, week, exceptions } }) => {
      put({ ...draft.doc, slotMinutes, week, exceptions: exceptions ?? {} });
      done(t("converted"));
    },
    onError: (error) => failed(errorText(error)),
  });
  const forget = () => {
    past.current = [];
    future.current = [];
    draft.clear({ seen: revision, doc: stored });
    void client.invalidateQueries({ queryKey: ["capacity-rules"] });
  };
  const saving = useSaving<RuleEdit, unknown>({
    send: (mine, seen) => saveRule(rule?.id, mine, seen, false),
    onSaved: () => {
      weigh.reset();
      draft.clear();
      void client.invalidateQueries({ queryKey: ["capacity-rules"] });
      done(t("editing:saved"));
      void navigate("/capacity");
    },
    onTheirs: () => {
      weigh.reset();
      forget();
    },
    edited: (now) => editOf(now as unknown as Rule),
    label: (path) => (path === "name" ? t("editing:name") : path === "slotMinutes" ? t("slotLength") : path),
  });
  const weigh = useMutation({
    mutationFn: () => saveRule(rule?.id, draft.doc, draft.seen, true),
    onSuccess: (answer) => {
      if (!answer?.effect) saving.save(draft.doc, draft.seen);
    },
    // A conflict is told by the real thing, which shows both sides.
    onError: (error) => {
      if ("code" in error && error.code === 40901) saving.save(draft.doc, draft.seen);
    },
  });
  const base = `/capacity/rules/${rule?.id ?? "new"}`;
  const query = model ? `?from=${model.id}` : "";
  return (
    <Page
      title={draft.doc.name || t("new")}
      lead={rule && rule.queues.length > 0 ? `${t("editing:assign.usedBy")}: ${list(rule.queues)}` : t("lead")}
      actions={<Back to="/capacity" />}
    >
      {!mayEdit && <div className={classes["note"]}>{t("editing:readOnly")}</div>}
      <Panel>
        <div className={classes["form"]}>
          <TextInput
            label={t("editing:name")}
            value={draft.doc.name}
            onChange={(event) => {
              const name = event.currentTarget.value;
              draft.change((before) => ({ ...before, name }));
            }}
            maxLength={255}
            required
            readOnly={!mayEdit}
          />
          <Select
            label={t("slotLength")}
            description={t("slotLengthHint")}
            data={SLOT_LENGTHS.map((minutes) => ({ value: String(minutes), label: t("minutes", { n: minutes }) }))}
            value={String(draft.doc.slotMinutes)}
            onChange={(value) => value && Number(value) !== draft.doc.slotMinutes && converting.mutate(Number(value))}
            allowDeselect={false}
            disabled={!mayEdit || converting.isPending}
          />
        </div>
      </Panel>
      <Sections
        label={t("title")}
        of={[
          { to: base + query, label: t("sections.week") },
          { to: `${base}/exceptions${query}`, label: t("sections.exceptions") },
          { to: `${base}/text${query}`, label: t("sections.text") },
          { to: `${base}/preview${query}`, label: t("sections.preview") },
        ]}
      />
      <Panel>
        <Routes>
          <Route index element={<Week plan={plan} onChange={putPlan} onUndo={undo} onRedo={redo} />} />
          <Route
            path="exceptions"
            element={<Exceptions plan={plan} onChange={putPlan} onUndo={undo} onRedo={redo} />}
          />
          <Route path="text" element={<TextEditor plan={plan} onChange={putPlan} />} />
          <Route path="preview" element={<Preview edit={draft.doc} queues={rule?.queues ?? []} />} />
        </Routes>
      </Panel>
      {mayEdit && (
        <SaveBar
          changed={draft.changed || !rule}
          always={!rule}
          restored={draft.restored}
          pending={saving.pending || weigh.isPending}
          missing={draft.doc.name.trim() === "" && t("editing:nameNeeded")}
          trouble={saving.trouble ?? (weigh.error && !saving.error && !saving.pending ? errorText(weigh.error) : undefined)}
          onSave={() => weigh.mutate()}
          onDiscard={() => {
            forget();
            if (!rule) void navigate("/capacity");
          }}
        >
          <Tooltip label={`${t("editing:undo")} (Ctrl+Z)`}>
            <ActionIcon onClick={undo} disabled={past.current.length === 0} aria-label={t("editing:undo")}>
              <IconArrowBackUp size={18} />
            </ActionIcon>
          </Tooltip>
          <Tooltip label={`${t("editing:redo")} (Ctrl+Y)`}>
            <ActionIcon onClick={redo} disabled={future.current.length === 0} aria-label={t("editing:redo")}>
              <IconArrowForwardUp size={18} />
            </ActionIcon>
          </Tooltip>
        </SaveBar>
      )}
      <EffectDialog
        effect={weigh.data?.effect}
        pending={saving.pending}
        onSave={() => saving.save(draft.doc, draft.seen)}
        onClose={() => weigh.reset()}
      />
      {saving.conflict}
    </Page>
  );
}

interface WeekProps {
  plan: Plan;
  onChange: ((plan: Plan) => void) | undefined;
  onUndo: () => void;
  onRedo: () => void;
}

function Week({ plan, onChange, onUndo, onRedo }: WeekProps) {
  const { t } = useTranslation("capacity");
  const format = useFormat();
  const [brush, setBrush] = useState<number>();
  const [whole, setWhole] = useState(false);
  // The hours stay as they were when the week was opened: a grid that grows under the pointer cannot be painted.
  const [range, setRange] = useState(() => ({ of: plan.slotMinutes, slots: busy(plan.week, plan.slotMinutes) }));
  if (range.of !== plan.slotMinutes) setRange({ of: plan.slotMinutes, slots: busy(plan.week, plan.slotMinutes) });
  const shown = whole ? ([0, slotsPerDay(plan.slotMinutes)] as const) : range.slots;
  const columns = useMemo(
    () =>
      plan.week.map((_, at) => ({ key: String(at), label: format.weekday(at), name: format.weekday(at, "long") })),
    [plan.week.length, format],
  );
  const copyDay = (from: number, to: readonly number[]) => {
    const column = plan.week[from] ?? [];
    onChange?.({ ...plan, week: plan.week.map((before, at) => (to.includes(at) ? [...column] : before)) });
  };
  return (
    <div className={classes["stack"]}>
      <div className={classes["line"]}>
        {onChange && <Brush value={brush} onChange={setBrush} />}
        <span style={{ flex: 1 }} />
        {onChange && (
          <Menu>
            <Menu.Target>
              <Button variant="default" leftSection={<IconCopy size={15} />}>
                {t("copyDay.title")}
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item onClick={() => copyDay(0, [1, 2, 3, 4])}>
                {t("copyDay.workdays", { day: format.weekday(0, "long") })}
              </Menu.Item>
              <Menu.Item onClick={() => copyDay(0, [1, 2, 3, 4, 5, 6])}>
                {t("copyDay.all", { day: format.weekday(0, "long") })}
              </Menu.Item>
              <Menu.Item onClick={() => copyDay(5, [6])}>
                {t("copyDay.one", { day: format.weekday(5, "long"), to: format.weekday(6, "long") })}
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        )}
        <Button variant="default" aria-pressed={whole} onClick={() => setWhole(!whole)}>
          {whole ? t("hours.busy") : t("hours.all")}
        </Button>
      </div>
      <p className={classes["dim"]}>
        {t("weekTotal", { n: format.number(weekTotal(plan)) })} {onChange && t("grid.help")}
      </p>
      <Grid
        label={t("sections.week")}
        columns={columns}
        values={plan.week}
        slotMinutes={plan.slotMinutes}
        shown={shown}
        brush={brush}
        onChange={onChange && ((week) => onChange({ ...plan, week }))}
        onUndo={onUndo}
        onRedo={onRedo}
      />
    </div>
  );
}
