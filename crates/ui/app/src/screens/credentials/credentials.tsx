// Credentials with three neighbours: what is known of each, a form that only writes, and a way to try it.
import { Badge, Button } from "@mantine/core";
import { IconAlertTriangle, IconCheck, IconPencil, IconPlugConnected, IconTrash } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { remove } from "@/api/client";
import { useMay } from "@/api/session";
import type { Permission } from "@/api/types";
import classes from "@/editing/editing.module.css";
import { confirm } from "@/parts/confirm";
import { useErrorText } from "@/parts/errors";
import { done, failed } from "@/parts/notify";
import { Cards, Facts, Page, Panel } from "@/parts/page";
import { Answer } from "@/parts/states";
import { When } from "@/parts/when";
import { type Credentials, type Kind, credentialsQuery, tryOut } from "./api";
import { CaptchaForm, PushForm, StatisticsForm } from "./forms";

export default function CredentialsScreen() {
  const { t } = useTranslation(["credentials", "editing"]);
  const may = useMay();
  const credentials = useQuery(credentialsQuery);
  return (
    <Page title={t("title")} lead={t("lead")}>
      <Answer query={credentials}>
        {(data) => (
          <Cards min={400}>
            {may("ges.dev.push") && (
              <Card
                kind="push"
                data={data}
                facts={[
                  [t("push.project"), data.push?.projectId],
                  [t("push.email"), data.push?.clientEmail],
                  [t("push.key"), data.push?.keyId],
                ]}
                form={(close) => <PushForm onDone={close} />}
              />
            )}
            {may("ges.dev.captcha") && (
              <Card
                kind="captcha"
                data={data}
                facts={[
                  [t("captcha.provider"), data.captcha?.provider && t(`captcha.providers.${data.captcha.provider}`, { defaultValue: data.captcha.provider })],
                  [t("captcha.siteKey"), data.captcha?.siteKey],
                  [t("captcha.project"), data.captcha?.project],
                  [t("captcha.minScore"), data.captcha?.provider === "v2" ? undefined : data.captcha?.minScore],
                  [t("captcha.action"), data.captcha?.action],
                  [t("captcha.hostnames"), data.captcha?.hostnames?.join(", ")],
                  [t("captcha.enforce"), data.captcha?.enforce === undefined ? undefined : data.captcha.enforce ? t("editing:yes") : t("editing:no")],
                  [t("captcha.failMode"), data.captcha?.failMode && t(`captcha.failModes.${data.captcha.failMode}`)],
                ]}
                form={(close) => <CaptchaForm now={data.captcha} onDone={close} />}
              />
            )}
            {may("ges.dev.statistics") && (
              <Card
                kind="statistics"
                data={data}
                facts={[[t("statistics.userName"), data.statistics?.userName]]}
                form={(close) => <StatisticsForm now={data.statistics} onDone={close} />}
              />
            )}
          </Cards>
        )}
      </Answer>
    </Page>
  );
}

const NEEDS: Record<Kind, Permission> = {
  push: "ges.dev.push",
  captcha: "ges.dev.captcha",
  statistics: "ges.dev.statistics",
};

interface CardProps {
  kind: Kind;
  data: Credentials;
  facts: readonly (readonly [string, ReactNode])[];
  form: (close: () => void) => ReactNode;
}

function Card({ kind, data, facts, form }: CardProps) {
  const { t } = useTranslation(["credentials", "editing"]);
  const client = useQueryClient();
  const errorText = useErrorText();
  const may = useMay();
  const [open, setOpen] = useState(false);
  const known = data[kind];
  const configured = known?.configured ?? false;
  const trying = useMutation({ mutationFn: () => tryOut(kind) });
  const deleting = useMutation({
    mutationFn: () => remove(`credentials/${kind}`),
    onSuccess: () => {
      done(t("editing:removed"));
      trying.reset();
    },
    onError: (error) => failed(errorText(error)),
    onSettled: () => client.invalidateQueries({ queryKey: ["credentials"] }),
  });
  const ask = async () => {
    const sure = await confirm({
      title: t(`${kind}.removeTitle`),
      text: t(`${kind}.removeText`),
      act: t("editing:remove"),
      danger: true,
    });
    if (sure) deleting.mutate();
  };
  if (!may(NEEDS[kind])) return null;
  return (
    <Panel
      title={t(`${kind}.title`)}
      lead={t(`${kind}.lead`)}
      actions={
        configured ? (
          <Badge color="green" leftSection={<IconCheck size={12} />}>
            {t("configured")}
          </Badge>
        ) : (
          <Badge color="gray">{t("notConfigured")}</Badge>
        )
      }
    >
      <div className={classes["stack"]}>
        {configured && !open && (
          <Facts
            rows={[
              ...facts.filter(([, value]) => value !== undefined && value !== null && value !== "").map(([name, value]) => [name, value] as const),
              [t("secret"), t("secretKept")],
              [
                t("written"),
                <>
                  <When at={known?.updatedAt} /> {known?.by && t("byWhom", { name: known.by })}
                </>,
              ],
            ]}
          />
        )}
        {open &&
          form(() => {
            setOpen(false);
            trying.reset();
            void client.invalidateQueries({ queryKey: ["credentials"] });
          })}
        {!open && (
          <div className={classes["line"]}>
            <Button variant={configured ? "default" : "filled"} leftSection={<IconPencil size={16} />} onClick={() => setOpen(true)}>
              {configured ? t("replace") : t("setUp")}
            </Button>
            {configured && (
              <>
                <Button
                  variant="default"
                  leftSection={<IconPlugConnected size={16} />}
                  loading={trying.isPending}
                  onClick={() => trying.mutate()}
                >
                  {t("tryOut")}
                </Button>
                <Button variant="default" leftSection={<IconTrash size={16} />} onClick={() => void ask()}>
                  {t("editing:remove")}
                </Button>
              </>
            )}
          </div>
        )}
        <div role="status" aria-live="polite">
          {trying.data && !open && (
            <div className={classes["note"]} data-good={trying.data.ok || undefined} data-bad={!trying.data.ok || undefined}>
              {trying.data.ok ? <IconCheck size={16} /> : <IconAlertTriangle size={16} />}
              <span>
                <strong>{trying.data.ok ? t("works") : t("fails")}</strong> {trying.data.message}
              </span>
            </div>
          )}
          {trying.error && <p className={classes["trouble"]}>{errorText(trying.error)}</p>}
        </div>
      </div>
    </Panel>
  );
}
