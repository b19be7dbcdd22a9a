// One webhook: where it goes, what it tells, its secret's renewal, a trial, and its deliveries.
import { Button, MultiSelect, Switch, TagsInput, TextInput } from "@mantine/core";
import { IconAlertTriangle, IconCheck, IconKey, IconSend, IconTrash } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate, useParams } from "react-router";
import { remove } from "@/api/client";
import { servicesQuery } from "@/api/queries";
import { useMay } from "@/api/session";
import { useDocumentDraft } from "@/editing/draft-of";
import classes from "@/editing/editing.module.css";
import { Back, Gone } from "@/editing/gone";
import { Once } from "@/editing/once";
import { DraftBar } from "@/editing/save-bar";
import { useSaving } from "@/editing/saving";
import { confirm } from "@/parts/confirm";
import { useErrorText } from "@/parts/errors";
import { useFormat } from "@/parts/format";
import { done, failed } from "@/parts/notify";
import { Page, Panel } from "@/parts/page";
import { Answer } from "@/parts/states";
import { EVENTS, type Webhook, type WebhookEdit, editOf, rotate, saveWebhook, test, webhooksQuery } from "./api";
import { Deliveries } from "./deliveries";
import { State, useEventText } from "./webhooks";

const NEW: WebhookEdit = { url: "", description: "", events: ["*"], services: [], enabled: true };

export default function Detail() {
  const { id = "" } = useParams();
  const webhooks = useQuery(webhooksQuery);
  return (
    <Answer query={webhooks}>
      {(data) => {
        const hook = data.webhooks.find((one) => one.id === id);
        if (id !== "new" && !hook) return <Gone back="/webhooks" />;
        return <Document key={id} hook={hook} />;
      }}
    </Answer>
  );
}

function Document({ hook }: { hook: Webhook | undefined }) {
  const { t } = useTranslation(["webhooks", "editing"]);
  const format = useFormat();
  const navigate = useNavigate();
  const client = useQueryClient();
  const errorText = useErrorText();
  const eventText = useEventText();
  const may = useMay();
  const services = useQuery({ ...servicesQuery, enabled: may("ges.service.view") });
  const [secret, setSecret] = useState<{ text: string; then: () => void }>();
  // By content: the list is asked for anew every few seconds.
  const key = hook ? JSON.stringify(editOf(hook)) : "";
  const stored = useMemo(() => (key ? (JSON.parse(key) as WebhookEdit) : NEW), [key]);
  const draft = useDocumentDraft<WebhookEdit>(`webhook-${hook?.id ?? "new"}`, stored, hook?.revision ?? 0);
  const { doc } = draft;
  const set = (change: Partial<WebhookEdit>) => draft.change((before) => ({ ...before, ...change }));
  const refresh = () => client.invalidateQueries({ queryKey: ["webhooks"] });
  const forget = () => {
    draft.clear({ seen: hook?.revision ?? 0, doc: stored });
    void refresh();
  };
  const saving = useSaving<WebhookEdit, Webhook>({
    send: (mine, seen) => saveWebhook(hook?.id, mine, seen),
    onSaved: (answer) => {
      done(t("editing:saved"));
      draft.clear(hook ? { seen: answer?.revision ?? 0, doc } : undefined);
      void refresh();
      if (hook) return;
      const then = () => void navigate(`/webhooks/${answer.id}`, { replace: true });
      if (answer.secret) setSecret({ text: answer.secret, then });
      else then();
    },
    onTheirs: forget,
    edited: (now) => editOf(now as unknown as Webhook),
    label: (path) => t(path, { defaultValue: path }),
  });
  const trying = useMutation({ mutationFn: () => test(hook?.id ?? ""), onSettled: refresh });
  const rotating = useMutation({
    mutationFn: () => rotate(hook?.id ?? ""),
    onSuccess: (answer) => setSecret({ text: answer.secret, then: () => undefined }),
    onError: (error) => failed(errorText(error)),
    onSettled: refresh,
  });
  const deleting = useMutation({
    mutationFn: () => remove(`webhooks/${hook?.id ?? ""}`, { ifMatch: hook?.revision ?? 0 }),
    onSuccess: () => {
      done(t("editing:removed"));
      void refresh();
      void navigate("/webhooks");
    },
    onError: (error) => failed(errorText(error)),
  });
  const askRotate = async () => {
    const sure = await confirm({ title: t("rotateTitle"), text: t("rotateText"), act: t("rotate") });
    if (sure) rotating.mutate();
  };
  const askDelete = async () => {
    const sure = await confirm({
      title: t("editing:removeTitle", { name: hook?.url }),
      text: hook && hook.pending > 0 ? t("removePending", { n: format.number(hook.pending) }) : t("editing:removeText"),
      act: t("editing:remove"),
      danger: true,
    });
    if (sure) deleting.mutate();
  };
  const goodUrl = /^https?:\/\/[^\s/]+/.test(doc.url);
  const missing = (!goodUrl && t("urlNeeded")) || (doc.events.length === 0 && t("eventNeeded"));
  const every = doc.events.includes("*");
  return (
    <Page
      title={hook ? (hook.description ?? t("one")) : t("new")}
      lead={hook ? <span className={classes["mono"]}>{hook.url}</span> : t("lead")}
      actions={
        <>
          {hook && (
            <>
              <Button
                variant="default"
                leftSection={<IconSend size={16} />}
                loading={trying.isPending}
                onClick={() => trying.mutate()}
              >
                {t("test")}
              </Button>
              <Button
                variant="default"
                leftSection={<IconKey size={16} />}
                loading={rotating.isPending}
                onClick={() => void askRotate()}
              >
                {t("rotate")}
              </Button>
              <Button variant="default" leftSection={<IconTrash size={16} />} onClick={() => void askDelete()}>
                {t("editing:remove")}
              </Button>
            </>
          )}
          <Back to="/webhooks" />
        </>
      }
    >
      {hook && (
        <div className={classes["line"]}>
          <State state={hook.state} />
          {hook.reason && <span className={classes["dim"]}>{hook.reason}</span>}
        </div>
      )}
      <div role="status" aria-live="polite">
        {trying.data && (
          <div className={classes["note"]} data-good={trying.data.ok || undefined} data-bad={!trying.data.ok || undefined}>
            {trying.data.ok ? <IconCheck size={16} /> : <IconAlertTriangle size={16} />}
            <span>
              <strong>{trying.data.ok ? t("testGood") : t("testBad")}</strong>{" "}
              {[trying.data.status, `${format.number(trying.data.ms)} ms`, trying.data.message].filter(Boolean).join(" · ")}
            </span>
          </div>
        )}
        {trying.error && <p className={classes["trouble"]}>{errorText(trying.error)}</p>}
      </div>
      <Panel>
        <div className={classes["form"]}>
          <TextInput
            style={{ gridColumn: "1 / -1" }}
            type="url"
            label={t("url")}
            description={t("urlHint")}
            value={doc.url}
            onChange={(event) => set({ url: event.currentTarget.value })}
            placeholder="https://hooks.example.com/callbacks"
            maxLength={2_048}
            required
            error={doc.url !== "" && !goodUrl && t("urlNeeded")}
          />
          <TextInput
            label={t("description")}
            value={doc.description}
            onChange={(event) => set({ description: event.currentTarget.value })}
            maxLength={200}
          />
          <MultiSelect
            label={t("events")}
            data={["*", ...EVENTS].map((value) => ({ value, label: eventText(value) }))}
            value={doc.events}
            onChange={(events) => {
              // “Every” stands alone: who adds it drops the others, who adds another drops it.
              const added = events.find((one) => !doc.events.includes(one));
              set({ events: added === "*" ? ["*"] : every && events.length > 1 ? events.filter((one) => one !== "*") : events });
            }}
            error={doc.events.length === 0 && t("eventNeeded")}
          />
          <TagsInput
            label={t("services")}
            description={t("servicesHint")}
            data={services.data?.services.map((one) => one.name) ?? []}
            value={doc.services}
            onChange={(names) => set({ services: names })}
            placeholder={doc.services.length === 0 ? t("everyService") : ""}
          />
          <Switch
            label={t("enabled")}
            description={t("enabledHint")}
            checked={doc.enabled}
            onChange={(event) => set({ enabled: event.currentTarget.checked })}
          />
        </div>
      </Panel>
      {hook && <Deliveries id={hook.id} />}
      <DraftBar
        draft={draft}
        saving={saving}
        fresh={!hook}
        missing={missing}
        onSave={() => saving.save(doc, draft.seen)}
        forget={forget}
        leave={() => void navigate("/webhooks")}
      />
      <Once
        title={t("secretTitle")}
        secret={secret?.text}
        onClose={() => {
          secret?.then();
          setSecret(undefined);
        }}
      />
    </Page>
  );
}
