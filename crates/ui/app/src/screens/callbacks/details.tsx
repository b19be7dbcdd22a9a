// One callback, beside the list: what it is, what happened to it, what can be done with it.
import { ActionIcon, Button, Tabs } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useQuery } from "@tanstack/react-query";
import { IconCalendarTime, IconPencil, IconPhoneX, IconRefresh, IconX } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { get } from "@/api/client";
import { servicesQuery } from "@/api/queries";
import { useMay } from "@/api/session";
import type { CallbackAction, CallbackDetail, Permission } from "@/api/types";
import { confirm } from "@/parts/confirm";
import { Copy } from "@/parts/copy";
import { useErrorText } from "@/parts/errors";
import { useFormat } from "@/parts/format";
import { Guarded } from "@/parts/guarded";
import { done, failed } from "@/parts/notify";
import { Facts } from "@/parts/page";
import { Answer } from "@/parts/states";
import { StateBadge } from "@/parts/state-badge";
import { When } from "@/parts/when";
import { useCommands } from "@/shell/commands";
import { useCancel, useReschedule } from "./changes";
import { Edit } from "./edit";
import { History } from "./history";
import { callbackKey } from "./list";
import { Move } from "./move";
import classes from "./callbacks.module.css";

interface DetailsProps {
  id: string;
  onClose: () => void;
  onOpen: (id: string) => void;
}

export default function Details({ id, onClose, onOpen }: DetailsProps) {
  const { t } = useTranslation("callbacks");
  const query = useQuery({
    queryKey: callbackKey(id),
    queryFn: ({ signal }) => get<CallbackDetail>(`callbacks/${encodeURIComponent(id)}`, undefined, signal),
  });
  const panel = useRef<HTMLElement>(null);
  useCommands([{ id: "close", label: t("details.close"), key: "Escape", run: onClose }]);
  // On a narrow screen the panel covers the list: whoever cannot see it must be told by the focus.
  useEffect(() => {
    if (window.innerWidth < 1100) panel.current?.focus();
  }, [id]);
  return (
    <aside ref={panel} className={classes["panel"]} aria-label={t("details.label")} tabIndex={-1}>
      <ActionIcon className={classes["close"]} onClick={onClose} aria-label={t("details.close")}>
        <IconX size={18} />
      </ActionIcon>
      <Answer query={query}>{(data) => <Content key={data.id} row={data} onOpen={onOpen} />}</Answer>
    </aside>
  );
}

function Content({ row, onOpen }: { row: CallbackDetail; onOpen: (id: string) => void }) {
  const { t } = useTranslation("callbacks");
  const format = useFormat();
  const may = useMay();
  const services = useQuery({ ...servicesQuery, enabled: may("ges.service.view") });
  const zone = services.data?.services.find((one) => one.name === row.serviceName)?.zone;
  const [tab, setTab] = useState<string | null>("history");
  const data = Object.entries(row.userData);
  return (
    <>
      <header className={classes["phead"]}>
        <h2>
          {row.phoneNumber} <Copy text={row.phoneNumber} label={t("details.copyNumber")} />
        </h2>
        <p>
          <StateBadge state={row.state} reason={row.reason} /> {row.serviceName}
        </p>
        <Actions row={row} zone={zone} onOpen={onOpen} />
      </header>
      <Facts
        rows={[
          [t("columns.desiredTime"), <Both key="d" at={row.desiredTime} zone={zone} />],
          row.positionInQueue !== undefined && [t("columns.positionInQueue"), format.number(row.positionInQueue)],
          row.estimatedWaitTime !== undefined && [t("columns.estimatedWaitTime"), format.duration(row.estimatedWaitTime)],
          row.dueTime !== undefined && row.state === "SCHEDULED" && [t("columns.dueTime"), <When key="u" at={row.dueTime} zone={zone} />],
          row.completedTime !== undefined && [
            t("details.delay"),
            <Delay key="l" desired={row.desiredTime} completed={row.completedTime} />,
          ],
          [t("columns.createdTime"), <When key="c" at={row.createdTime} zone={zone} />],
          [t("columns.virtualQueue"), row.virtualQueue],
        ]}
      />
      <Tabs value={tab} onChange={setTab} className={classes["tabs"] ?? ""}>
        <Tabs.List>
          <Tabs.Tab value="history">{t("details.history")}</Tabs.Tab>
          <Tabs.Tab value="data">{t("details.data", { n: format.number(data.length) })}</Tabs.Tab>
          <Tabs.Tab value="technical">{t("details.technical")}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="history">
          <History row={row} zone={zone} />
        </Tabs.Panel>
        <Tabs.Panel value="data" pt="xs">
          {data.length === 0 ? (
            <p className={classes["dim"]}>{t("details.noData")}</p>
          ) : (
            <Facts rows={data.map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)] as const)} />
          )}
        </Tabs.Panel>
        <Tabs.Panel value="technical" pt="xs">
          <Technical row={row} />
        </Tabs.Panel>
      </Tabs>
    </>
  );
}

/** The viewer's time, and the office's below it where it differs. */
function Both({ at, zone }: { at: string; zone: string | undefined }) {
  const { t } = useTranslation("callbacks");
  const format = useFormat();
  const differs = zone !== undefined && format.clock(at, zone) !== format.clock(at);
  return (
    <>
      <When at={at} zone={zone} />
      {differs && <div className={classes["dim"]}>{t("details.there", { time: format.short(at, zone) })}</div>}
    </>
  );
}

function Delay({ desired, completed }: { desired: string; completed: string }) {
  const { t } = useTranslation("callbacks");
  const format = useFormat();
  const seconds = (Date.parse(completed) - Date.parse(desired)) / 1_000;
  return <>{t(seconds < 0 ? "details.early" : "details.late", { time: format.duration(Math.abs(seconds)) })}</>;
}

function Technical({ row }: { row: CallbackDetail }) {
  const { t } = useTranslation("callbacks");
  // What the service calls these things is what its log and its documentation call them, in every language.
  const raw = (values: object) =>
    Object.entries(values)
      .filter(([, value]) => value !== null)
      .map(([name, value]) => [name, typeof value === "object" ? JSON.stringify(value) : String(value)] as const);
  return (
    <>
      <Facts
        rows={[
          [
            t("columns.id"),
            <span key="i">
              <code className={classes["id"]}>{row.id}</code> <Copy text={row.id} />
            </span>,
          ],
          [t("details.link"), <Copy key="l" text={`${window.location.origin}/ges/callbacks/${row.id}`} label={t("details.copyLink")} />],
          [t("columns.expirationTime"), <When key="e" at={row.expirationTime} />],
          [t("columns.updatedTime"), <When key="u" at={row.updatedTime} show="full" />],
          row.priority !== undefined && [t("columns.priority"), row.priority],
          row.source !== undefined && [t("columns.source"), row.source],
          row.sessionId !== undefined && [t("details.session"), <code key="s" className={classes["id"]}>{row.sessionId}</code>],
          row.node !== undefined && [t("details.node"), row.node],
          row.pushTargets.length > 0 && [
            t("details.push"),
            row.pushTargets.map((target) => [target.channel, target.language].filter(Boolean).join(" ")).join(", "),
          ],
          [t("details.revision"), row.revision],
          ...raw(row.diagnostics),
          ...row.outcomes.map((dial) => [dial.result, <When key={dial.at} at={dial.at} show="full" />] as const),
        ]}
      />
      <h3>{t("details.settings")}</h3>
      <p className={classes["dim"]}>{t("details.settingsHint")}</p>
      <Facts rows={raw(row.settings)} />
    </>
  );
}

function Actions({ row, zone, onOpen }: { row: CallbackDetail; zone: string | undefined; onOpen: (id: string) => void }) {
  const { t } = useTranslation("callbacks");
  const format = useFormat();
  const errorText = useErrorText();
  const [dialog, setDialog] = useState<"reschedule" | "recreate" | "edit" | undefined>();
  const cancel = useCancel();
  const reschedule = useReschedule();

  /** Why not, when the state is in the way; the role is asked by `Guarded`. */
  const reason = (action: CallbackAction) =>
    row.actions.includes(action) ? undefined : t(row.state === "COMPLETED" ? "why.completed" : `why.${action}`);
  const ask = async () => {
    const answer = await confirm({
      title: t("cancel.title"),
      text: t("cancel.text", { number: row.phoneNumber, time: format.inText(row.desiredTime) }),
      act: t("cancel.act"),
      danger: true,
      note: { label: t("cancel.note"), placeholder: t("cancel.placeholder") },
    });
    if (!answer) return;
    cancel.mutate(
      { row, note: answer.note },
      {
        onSuccess: () => done(t("cancel.done", { number: row.phoneNumber })),
        onError: (error) => failed(t("cancel.failed"), errorText(error)),
      },
    );
  };
  const moved = (before: string) => {
    setDialog(undefined);
    const id = `moved-${row.id}`;
    notifications.show({
      id,
      color: "green",
      autoClose: 10_000,
      message: (
        <span>
          {t("reschedule.done", { number: row.phoneNumber })}{" "}
          <Button
            size="compact-xs"
            variant="subtle"
            onClick={() => {
              notifications.hide(id);
              // The revision of now, not of before: undoing is a change of its own.
              void get<CallbackDetail>(`callbacks/${row.id}`).then((now) =>
                reschedule.mutate(
                  { row: now, desiredTime: before },
                  { onError: (error) => failed(t("reschedule.failed"), errorText(error)) },
                ),
              );
            }}
          >
            {t("undo")}
          </Button>
        </span>
      ),
    });
  };
  const buttons: [CallbackAction, Permission, typeof IconX, () => void][] = [
    ["reschedule", "ges.callback.reschedule", IconCalendarTime, () => setDialog("reschedule")],
    ["edit", "ges.callback.edit", IconPencil, () => setDialog("edit")],
    ["cancel", "ges.callback.cancel", IconPhoneX, () => void ask()],
    ["recreate", "ges.callback.create", IconRefresh, () => setDialog("recreate")],
  ];
  return (
    <div className={classes["actions"]}>
      {buttons.map(([action, needs, Icon, act]) => (
        <Guarded key={action} needs={needs} reason={reason(action)}>
          <Button
            variant="default"
            color={action === "cancel" ? "red" : undefined}
            leftSection={<Icon size={15} />}
            onClick={act}
            loading={action === "cancel" && cancel.isPending}
          >
            {t(`actions.${action}`)}
          </Button>
        </Guarded>
      ))}
      {(dialog === "reschedule" || dialog === "recreate") && (
        <Move
          kind={dialog}
          row={row}
          zone={zone}
          onClose={() => setDialog(undefined)}
          onDone={(after) => {
            if (dialog === "reschedule") moved(row.desiredTime);
            else {
              setDialog(undefined);
              done(t("recreate.done", { number: row.phoneNumber }));
              onOpen(after.id);
            }
          }}
        />
      )}
      {dialog === "edit" && <Edit row={row} onClose={() => setDialog(undefined)} />}
    </div>
  );
}
