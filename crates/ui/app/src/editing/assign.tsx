// Which queue uses which rule: the same for capacity, numbers and regions.
import { Select } from "@mantine/core";
import { IconPencil } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { put } from "@/api/client";
import type { Assignment, EditedRule } from "@/api/schema";
import { useErrorText } from "@/parts/errors";
import { useFormat } from "@/parts/format";
import { done } from "@/parts/notify";
import { Panel } from "@/parts/page";
import { Empty } from "@/parts/states";
import { useDocumentDraft } from "./draft-of";
import { EffectDialog } from "./effect";
import classes from "./editing.module.css";
import { Rows } from "./rows";
import { SaveBar } from "./save-bar";
import { useSaving } from "./saving";

interface AssignProps {
  /** `capacity-rules` and the like. */
  path: string;
  queues: readonly Assignment[];
  rules: readonly { id: string; name: string; queues: readonly string[] }[];
  revision: number;
  mayEdit: boolean;
  /** Whether the service tells the effect before it saves. */
  weighs?: boolean;
}

type Choice = Record<string, string | null>;
/** Only capacity tells its effect. */
type Weighed = Pick<EditedRule, "revision"> & Partial<Pick<EditedRule, "effect">>;

/** Queues with their rules, by name. */
export function assignments(queues: readonly Assignment[]): Choice {
  const named = queues.map(({ queue, ruleId }) => [queue, ruleId ?? null] as const);
  return Object.fromEntries(named.sort(([a], [b]) => a.localeCompare(b)));
}

export function Assign({ path, queues, rules, revision, mayEdit, weighs = false }: AssignProps) {
  const { t } = useTranslation("editing");
  const { number } = useFormat();
  const client = useQueryClient();
  const errorText = useErrorText();
  const stored = useMemo(() => assignments(queues), [queues]);
  const draft = useDocumentDraft<Choice>(`assign-${path}`, stored, revision);
  const changes = Object.fromEntries(Object.entries(draft.doc).filter(([queue, id]) => (stored[queue] ?? null) !== id));
  const count = Object.keys(changes).length;
  const ruleName = (id: unknown) => rules.find((rule) => rule.id === id)?.name ?? t("assign.noRule");

  const refresh = (now?: { seen: number; doc: Choice }) => {
    draft.clear(now);
    void client.invalidateQueries({ queryKey: [path] });
  };
  const send = (mine: Choice, seen: number, dryRun: boolean) =>
    put<Weighed>(`${path}/assignments`, { assignments: mine }, { ifMatch: seen, query: dryRun ? { dryRun } : {} });
  const saving = useSaving<Choice, Weighed>({
    send: (mine, seen) => send(mine, seen, false),
    onSaved: (answer) => {
      weigh.reset();
      // What was chosen stays in sight until the list is read again.
      refresh({ seen: answer.revision, doc: draft.doc });
      done(t("saved"));
    },
    onTheirs: () => refresh(),
    shown: (mine) => Object.fromEntries(Object.entries(mine).map(([queue, id]) => [queue, ruleName(id)])),
    edited: (now) => {
      const all = assignments((now["queues"] ?? []) as Assignment[]);
      return Object.fromEntries(Object.keys(changes).map((queue) => [queue, ruleName(all[queue])]));
    },
  });
  const weigh = useMutation({ mutationFn: () => send(changes, draft.seen, true) });
  const save = () => (weighs ? weigh.mutate() : saving.save(changes, draft.seen));

  const choices = [{ value: "", label: t("assign.noRule") }, ...rules.map(({ id, name }) => ({ value: id, label: name }))];
  return (
    <Panel title={t("assign.title")} lead={t("assign.lead")} flush>
      {Object.keys(stored).length === 0 ? (
        <Empty title={t("assign.noQueues")} small />
      ) : (
        <Rows
          label={t("assign.title")}
          rows={Object.keys(stored)}
          rowKey={(queue) => queue}
          columns={[
            { key: "queue", label: t("assign.queue"), head: true, cell: (queue) => queue },
            {
              key: "rule",
              label: t("assign.rule"),
              cell: (queue) =>
                mayEdit ? (
                  <span className={classes["line"]}>
                    <Select
                      aria-label={t("assign.ruleOf", { queue })}
                      data={choices}
                      value={draft.doc[queue] ?? ""}
                      onChange={(id) => draft.change((before) => ({ ...before, [queue]: id || null }))}
                      allowDeselect={false}
                      searchable={rules.length > 8}
                      w={230}
                      maw="100%"
                    />
                    {queue in changes && <IconPencil size={15} role="img" aria-label={t("assign.changedMark")} />}
                  </span>
                ) : (
                  ruleName(stored[queue])
                ),
            },
          ]}
        />
      )}
      <SaveBar
        changed={count > 0}
        restored={draft.restored}
        pending={saving.pending || weigh.isPending}
        trouble={saving.trouble ?? (weigh.error ? errorText(weigh.error) : undefined)}
        onSave={save}
        onDiscard={() => draft.clear({ seen: revision, doc: stored })}
      >
        <span className={classes["dim"]}>{t("assign.changed", { count, n: number(count) })}</span>
      </SaveBar>
      <EffectDialog
        effect={weigh.data?.effect}
        pending={saving.pending}
        onSave={() => saving.save(changes, draft.seen)}
        onClose={() => weigh.reset()}
      />
      {saving.conflict}
    </Panel>
  );
}
