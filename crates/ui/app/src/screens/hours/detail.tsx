// One resource of office hours: its week, its special days, and what they come to.
import { ActionIcon, Button, Checkbox, TextInput } from "@mantine/core";
import { IconPlus, IconTrash, IconX } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate, useParams } from "react-router";
import { remove } from "@/api/client";
import { useMay } from "@/api/session";
import { useDocumentDraft } from "@/editing/draft-of";
import classes from "@/editing/editing.module.css";
import { Back, Gone } from "@/editing/gone";
import { DraftBar } from "@/editing/save-bar";
import { useSaving } from "@/editing/saving";
import { Zone } from "@/editing/zone";
import { confirm } from "@/parts/confirm";
import { useErrorText } from "@/parts/errors";
import { useFormat } from "@/parts/format";
import { Guarded } from "@/parts/guarded";
import { done, failed } from "@/parts/notify";
import { Page, Panel } from "@/parts/page";
import { Answer } from "@/parts/states";
import { type HoursRow, hoursQuery, saveHours } from "./api";
import own from "./hours.module.css";
import { DAYS, type HoursDocument, type SpecialDay, readDay, writeDay } from "./intervals";
import { Preview } from "./preview";

/** As it is typed: hours are text, so that half of them survive. */
interface Typed {
  name: string;
  timezone: string;
  week: string[];
  special: { name: string; date: string; yearly: boolean; hours: string }[];
}

const typed = (document: HoursDocument): Typed => ({
  name: document.name,
  timezone: document.timezone,
  week: DAYS.map((day) => writeDay(document.week?.[day])),
  special: (document.specialDays ?? []).map(({ name = "", date, recursYearly = false, hours }) => ({
    name,
    date,
    yearly: recursYearly,
    hours: writeDay(hours),
  })),
});

function documentOf({ name, timezone, week, special }: Typed): HoursDocument | { odd: string } {
  const days: HoursDocument["week"] = {};
  for (const [at, day] of DAYS.entries()) {
    const read = readDay(week[at] ?? "");
    if ("odd" in read) return read;
    days[day] = read;
  }
  const specialDays: SpecialDay[] = [];
  for (const one of special) {
    const hours = readDay(one.hours);
    if ("odd" in hours) return hours;
    if (one.date === "") return { odd: one.name };
    specialDays.push({ name: one.name, date: one.date, recursYearly: one.yearly, hours });
  }
  return { name, timezone, week: days, specialDays };
}

const WORKDAY = [{ start: "09:00", end: "17:00" }];
const NEW: HoursDocument = {
  name: "",
  timezone: "UTC",
  week: { mon: WORKDAY, tue: WORKDAY, wed: WORKDAY, thu: WORKDAY, fri: WORKDAY },
  specialDays: [],
};

export default function Detail() {
  const { name } = useParams();
  const hours = useQuery(hoursQuery);
  return (
    <Answer query={hours}>
      {(data) => {
        const row = data.hours.find((one) => one.name === name);
        if (name !== undefined && !row) return <Gone back="/hours" />;
        return <Found key={name ?? ""} row={row} revision={row?.revision ?? data.revision} />;
      }}
    </Answer>
  );
}

function Found({ row, revision }: { row: HoursRow | undefined; revision: number }) {
  const { t } = useTranslation(["hours", "editing"]);
  const format = useFormat();
  const navigate = useNavigate();
  const client = useQueryClient();
  const errorText = useErrorText();
  const may = useMay();
  const mayEdit = may("ges.service.edit") && row?.managedBy !== "designer";
  const stored = useMemo(
    () => typed(row?.document ?? NEW),
    [row],
  );
  const draft = useDocumentDraft<Typed>(`hours-${row?.name ?? ""}`, stored, revision);
  const { doc } = draft;
  const document = documentOf(doc);
  const [shown, setShown] = useState<HoursDocument>();
  const good = "odd" in document ? shown : document;
  if (!("odd" in document) && JSON.stringify(shown) !== JSON.stringify(document)) setShown(document);
  const set = (change: Partial<Typed>) => draft.change((before) => ({ ...before, ...change }));
  const back = () => void navigate("/hours");
  const forget = () => {
    draft.clear({ seen: revision, doc: stored });
    void client.invalidateQueries({ queryKey: ["office-hours"] });
  };
  const saving = useSaving<HoursDocument, unknown>({
    send: saveHours,
    onSaved: () => {
      forget();
      done(t("editing:saved"));
      back();
    },
    onTheirs: forget,
    edited: (now) => (now["document"] ?? now) as object,
  });
  const deleting = useMutation({
    mutationFn: () => remove(`office-hours/${encodeURIComponent(row?.name ?? "")}`, { ifMatch: revision }),
    onSuccess: () => {
      done(t("editing:removed"));
      void client.invalidateQueries({ queryKey: ["office-hours"] });
      back();
    },
    onError: (error) => failed(errorText(error)),
  });
  const ask = async () => {
    const sure = await confirm({
      title: t("editing:removeTitle", { name: row?.name }),
      text: t("editing:removeText"),
      act: t("editing:remove"),
      danger: true,
    });
    if (sure) deleting.mutate();
  };
  const missing =
    (!/^[\w.-]{1,255}$/.test(doc.name) && t("nameShape")) || ("odd" in document && t("odd", { text: document.odd }));
  const oddOf = (text: string) => {
    const read = readDay(text);
    return "odd" in read ? t("odd", { text: read.odd }) : undefined;
  };
  const putSpecial = (at: number, change: Partial<Typed["special"][number]>) =>
    set({ special: doc.special.map((one, index) => (index === at ? { ...one, ...change } : one)) });
  return (
    <Page
      title={row?.name ?? t("new")}
      lead={row ? `${t("usedBy")}: ${format.list(row.usedBy) || t("editing:none")}` : t("lead")}
      actions={
        <>
          {row && mayEdit && (
            <Guarded reason={row.usedBy.length > 0 && t("stillUsed", { services: format.list(row.usedBy) })}>
              <Button variant="default" leftSection={<IconTrash size={16} />} onClick={() => void ask()}>
                {t("editing:remove")}
              </Button>
            </Guarded>
          )}
          <Back to="/hours" />
        </>
      }
    >
      {row?.managedBy === "designer" && <div className={classes["note"]}>{t("designerRules")}</div>}
      <Panel title={t("week")} lead={mayEdit ? t("help") : undefined}>
        <div className={classes["stack"]}>
          <div className={classes["form"]}>
            {!row && (
              <TextInput
                label={t("editing:name")}
                description={t("nameShape")}
                value={doc.name}
                onChange={(event) => set({ name: event.currentTarget.value })}
                required
                maxLength={255}
              />
            )}
            <Zone
              label={t("zone")}
              value={doc.timezone}
              onChange={(zone) => set({ timezone: String(zone) })}
              readOnly={!mayEdit}
            />
          </div>
          <div className={classes["form"]}>
            {DAYS.map((day, at) => (
              <TextInput
                key={day}
                label={format.weekday(at, "long")}
                value={doc.week[at] ?? ""}
                onChange={(event) => {
                  const text = event.currentTarget.value;
                  set({ week: doc.week.map((before, index) => (index === at ? text : before)) });
                }}
                placeholder={t("closed")}
                readOnly={!mayEdit}
                error={oddOf(doc.week[at] ?? "")}
              />
            ))}
          </div>
        </div>
      </Panel>
      <Panel title={t("specialDays")} lead={t("specialLead")}>
        {doc.special.length === 0 && <p className={classes["dim"]}>{t("noSpecial")}</p>}
        {doc.special.map((one, at) => (
          <div key={at} className={own["special"]}>
            <TextInput
              type="date"
              label={t("day")}
              value={one.date}
              onChange={(event) => putSpecial(at, { date: event.currentTarget.value })}
              readOnly={!mayEdit}
            />
            <TextInput
              label={t("editing:name")}
              value={one.name}
              onChange={(event) => putSpecial(at, { name: event.currentTarget.value })}
              readOnly={!mayEdit}
              maxLength={255}
            />
            <TextInput
              label={t("preview.openings")}
              value={one.hours}
              onChange={(event) => putSpecial(at, { hours: event.currentTarget.value })}
              placeholder={t("closed")}
              readOnly={!mayEdit}
              error={oddOf(one.hours)}
            />
            <Checkbox
              label={t("yearly")}
              checked={one.yearly}
              onChange={(event) => putSpecial(at, { yearly: event.currentTarget.checked })}
              disabled={!mayEdit}
              mb={7}
            />
            {mayEdit && (
              <ActionIcon
                onClick={() => set({ special: doc.special.filter((_, index) => index !== at) })}
                aria-label={t("editing:takeAway", { name: one.name || one.date })}
                mb={2}
              >
                <IconX size={16} />
              </ActionIcon>
            )}
          </div>
        ))}
        {mayEdit && (
          <Button
            variant="default"
            mt={10}
            leftSection={<IconPlus size={16} />}
            onClick={() => set({ special: [...doc.special, { name: "", date: "", yearly: false, hours: "" }] })}
          >
            {t("addSpecial")}
          </Button>
        )}
      </Panel>
      {good && <Preview document={good} />}
      {mayEdit && (
        <DraftBar
          draft={draft}
          saving={saving}
          fresh={!row}
          missing={missing}
          onSave={() => !("odd" in document) && saving.save(document, draft.seen)}
          forget={forget}
          leave={back}
        />
      )}
    </Page>
  );
}
