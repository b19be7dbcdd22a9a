// One group: its numbers, whether codes are given out, and for how long.
import { Button, NumberInput, Radio, Switch, TextInput, Textarea } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate, useParams } from "react-router";
import { remove } from "@/api/client";
import { useMay } from "@/api/session";
import { useDocumentDraft } from "@/editing/draft-of";
import classes from "@/editing/editing.module.css";
import { Back, Gone } from "@/editing/gone";
import { DraftBar } from "@/editing/save-bar";
import { useSaving } from "@/editing/saving";
import { confirm } from "@/parts/confirm";
import { useErrorText } from "@/parts/errors";
import { useFormat } from "@/parts/format";
import { done, failed } from "@/parts/notify";
import { Page, Panel } from "@/parts/page";
import { Answer } from "@/parts/states";
import { type Group, type GroupEdit, groupsQuery, saveGroup } from "./api";

type Typed = Omit<GroupEdit, "numbers"> & { numbers: string };

const NEW: GroupEdit = { name: "", numbers: [], provideCode: true, codeDigits: 6, ttlSeconds: 900, allocation: "shared" };
const editOfGroup = ({ name, numbers, provideCode, codeDigits, ttlSeconds, allocation }: GroupEdit): GroupEdit => ({
  name,
  numbers,
  provideCode,
  codeDigits,
  ttlSeconds,
  allocation,
});
const typed = (group: GroupEdit): Typed => ({ ...editOfGroup(group), numbers: group.numbers.join("\n") });
const numbersOf = (text: string) =>
  text
    .split(/[\n,;]/)
    .map((line) => line.trim())
    .filter(Boolean);

export default function GroupEditor() {
  const { name } = useParams();
  const groups = useQuery(groupsQuery);
  return (
    <Answer query={groups}>
      {(data) => {
        const group = data.groups.find((one) => one.name === name);
        if (name !== undefined && !group) return <Gone back="/call-in/groups" />;
        return <Document key={name ?? ""} group={group} taken={data.groups.map((one) => one.name)} />;
      }}
    </Answer>
  );
}

function Document({ group, taken }: { group: Group | undefined; taken: readonly string[] }) {
  const { t } = useTranslation(["call-in", "editing"]);
  const format = useFormat();
  const navigate = useNavigate();
  const client = useQueryClient();
  const errorText = useErrorText();
  const mayEdit = useMay()("ges.callin.groups.edit");
  const stored = useMemo(() => typed(group ?? NEW), [group]);
  const draft = useDocumentDraft<Typed>(`call-in-${group?.name ?? ""}`, stored, group?.revision ?? 0);
  const { doc } = draft;
  const set = (change: Partial<Typed>) => draft.change((before) => ({ ...before, ...change }));
  const edit: GroupEdit = { ...doc, name: doc.name.trim(), numbers: numbersOf(doc.numbers) };
  const back = () => void navigate("/call-in/groups");
  const forget = () => {
    draft.clear({ seen: group?.revision ?? 0, doc: stored });
    void client.invalidateQueries({ queryKey: ["call-in"] });
  };
  const saving = useSaving<GroupEdit, unknown>({
    send: (mine, seen) => saveGroup(group, mine, seen),
    onSaved: () => {
      forget();
      done(t("editing:saved"));
      back();
    },
    onTheirs: forget,
    edited: (now) => editOfGroup(now as unknown as GroupEdit),
    label: (path) => t(`labels.${path}`, { defaultValue: path }),
  });
  const deleting = useMutation({
    mutationFn: () =>
      remove(`call-in/groups/${encodeURIComponent(group?.name ?? "")}`, { ifMatch: group?.revision ?? 0 }),
    onSuccess: () => {
      forget();
      done(t("editing:removed"));
      back();
    },
    onError: (error) => failed(errorText(error)),
  });
  const ask = async () => {
    const sure = await confirm({
      title: t("editing:removeTitle", { name: group?.name }),
      text: group && group.live > 0 ? t("removeLive", { n: format.number(group.live) }) : t("editing:removeText"),
      act: t("editing:remove"),
      danger: true,
    });
    if (sure) deleting.mutate();
  };
  const odd = edit.numbers.find((one) => !/^\+?[\d\s().-]{3,32}$/.test(one));
  const missing =
    (edit.name === "" && t("editing:nameNeeded")) ||
    (!group && taken.includes(edit.name) && t("nameTaken")) ||
    (edit.numbers.length === 0 && t("numberNeeded")) ||
    (odd !== undefined && t("oddNumber", { text: odd }));
  return (
    <Page
      title={group?.name ?? t("new")}
      lead={group ? t("liveText", { n: format.number(group.live) }) : t("lead")}
      actions={
        <>
          {group && mayEdit && (
            <Button variant="default" leftSection={<IconTrash size={16} />} onClick={() => void ask()}>
              {t("editing:remove")}
            </Button>
          )}
          <Back to="/call-in/groups" />
        </>
      }
    >
      {!mayEdit && <div className={classes["note"]}>{t("editing:readOnly")}</div>}
      <Panel>
        <div className={classes["form"]}>
          <TextInput
            label={t("editing:name")}
            value={doc.name}
            onChange={(event) => set({ name: event.currentTarget.value })}
            readOnly={!mayEdit || group !== undefined}
            required
            maxLength={255}
          />
          <NumberInput
            label={t("labels.ttlSeconds")}
            value={doc.ttlSeconds}
            onChange={(value) => set({ ttlSeconds: Number(value) || 0 })}
            min={10}
            max={86_400}
            suffix={` ${t("secondsSuffix")}`}
            readOnly={!mayEdit}
          />
          <Textarea
            style={{ gridColumn: "1 / -1" }}
            label={t("numbers")}
            description={t("numbersHint")}
            value={doc.numbers}
            onChange={(event) => set({ numbers: event.currentTarget.value })}
            autosize
            minRows={3}
            maxRows={12}
            classNames={{ input: classes["mono"] ?? "" }}
            placeholder="+1 905 968 0004"
            readOnly={!mayEdit}
            required
            error={odd !== undefined && t("oddNumber", { text: odd })}
          />
          <Switch
            label={t("labels.provideCode")}
            description={t("provideCodeHint")}
            checked={doc.provideCode}
            onChange={(event) => set({ provideCode: event.currentTarget.checked })}
            disabled={!mayEdit}
          />
          {doc.provideCode && (
            <NumberInput
              label={t("labels.codeDigits")}
              value={doc.codeDigits}
              onChange={(value) => set({ codeDigits: Number(value) || 0 })}
              min={3}
              max={9}
              readOnly={!mayEdit}
            />
          )}
          <Radio.Group
            style={{ gridColumn: "1 / -1" }}
            label={t("labels.allocation")}
            value={doc.allocation}
            onChange={(value) => set({ allocation: value as GroupEdit["allocation"] })}
          >
            <div className={classes["stack"]} style={{ marginTop: 6 }}>
              {(["shared", "exclusive"] as const).map((value) => (
                <Radio
                  key={value}
                  value={value}
                  label={t(`allocations.${value}`)}
                  description={t(`allocationHints.${value}`)}
                  disabled={!mayEdit}
                />
              ))}
            </div>
          </Radio.Group>
        </div>
      </Panel>
      {mayEdit && (
        <DraftBar
          draft={draft}
          saving={saving}
          fresh={!group}
          missing={missing}
          onSave={() => saving.save(edit, draft.seen)}
          forget={forget}
          leave={back}
        />
      )}
    </Page>
  );
}
