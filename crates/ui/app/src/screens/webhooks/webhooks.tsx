// The addresses below `webhooks`: all of them, and one with its deliveries.
import { Badge, Button } from "@mantine/core";
import { IconAlertTriangle, IconCheck, IconPlayerPause, IconPlus, IconWebhook } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link, Route, Routes } from "react-router";
import classes from "@/editing/editing.module.css";
import { Rows } from "@/editing/rows";
import { useFormat } from "@/parts/format";
import { Page, Panel } from "@/parts/page";
import { Answer, Empty } from "@/parts/states";
import { When } from "@/parts/when";
import { type Webhook, webhooksQuery } from "./api";
import Detail from "./detail";

export default function Webhooks() {
  return (
    <Routes>
      <Route index element={<List />} />
      <Route path=":id" element={<Detail />} />
    </Routes>
  );
}

const LOOKS = {
  enabled: { color: "green", icon: IconCheck },
  disabled: { color: "gray", icon: IconPlayerPause },
  failing: { color: "red", icon: IconAlertTriangle },
} as const;

export function State({ state }: { state: Webhook["state"] }) {
  const { t } = useTranslation("webhooks");
  const { color, icon: Icon } = LOOKS[state];
  return (
    <Badge color={color} leftSection={<Icon size={12} />}>
      {t(`states.${state}`)}
    </Badge>
  );
}

export function useEventText() {
  const { t, i18n } = useTranslation(["webhooks", "parts"]);
  return (event: string) => {
    if (event === "*") return t("everyEvent");
    // What was told is named `callback.completed`, what is asked for `COMPLETED`.
    const word = event.replace(/^callback\./, "");
    const state = `callbackStates.${word.toUpperCase()}`;
    if (i18n.exists(state, { ns: "parts" })) return t(`parts:${state}`);
    return t(`told.${word}`, { defaultValue: event });
  };
}

function List() {
  const { t } = useTranslation(["webhooks", "editing"]);
  const format = useFormat();
  const eventText = useEventText();
  const webhooks = useQuery(webhooksQuery);
  return (
    <Page
      title={t("title")}
      lead={t("lead")}
      actions={
        <Button component={Link} to="/webhooks/new" leftSection={<IconPlus size={16} />}>
          {t("new")}
        </Button>
      }
    >
      <Answer query={webhooks}>
        {(data) => (
          <Panel flush>
            {data.webhooks.length === 0 ? (
              <Empty icon={<IconWebhook size={28} />} title={t("empty")} text={t("emptyText")} />
            ) : (
              <Rows<Webhook>
                label={t("title")}
                rows={data.webhooks}
                rowKey={(hook) => hook.id}
                columns={[
                  {
                    key: "url",
                    label: t("url"),
                    head: true,
                    cell: (hook) => (
                      <>
                        <Link to={`/webhooks/${hook.id}`} className={classes["mono"]}>
                          {hook.url}
                        </Link>
                        {hook.description && <div className={classes["dim"]}>{hook.description}</div>}
                      </>
                    ),
                  },
                  { key: "state", label: t("state"), cell: (hook) => <State state={hook.state} /> },
                  {
                    key: "events",
                    label: t("events"),
                    cell: (hook) => (hook.events.length === 0 ? t("everyEvent") : hook.events.map(eventText).join(", ")),
                  },
                  {
                    key: "services",
                    label: t("services"),
                    cell: (hook) => (hook.services.length === 0 ? t("everyService") : hook.services.join(", ")),
                  },
                  {
                    key: "last",
                    label: t("last"),
                    cell: (hook) =>
                      hook.lastDeliveryTime ? (
                        <>
                          <When at={hook.lastDeliveryTime} show="ago" /> {hook.lastStatus !== undefined && `· ${hook.lastStatus}`}
                        </>
                      ) : (
                        t("never")
                      ),
                  },
                  { key: "pending", label: t("pending"), num: true, cell: (hook) => format.number(hook.pending) },
                ]}
              />
            )}
          </Panel>
        )}
      </Answer>
    </Page>
  );
}
