// What runs here, and how its neighbours fare.
import { Badge, Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { IconCheck, IconCloudDownload, IconMinus, IconX } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { post } from "@/api/client";
import { aboutQuery } from "@/api/queries";
import { useMay, useMe } from "@/api/session";
import type { About } from "@/api/types";
import classes from "@/editing/editing.module.css";
import { Rows } from "@/editing/rows";
import { Copy } from "@/parts/copy";
import { useErrorText } from "@/parts/errors";
import { HERE, useFormat } from "@/parts/format";
import { useNeighbour } from "@/parts/neighbour";
import { done, failed } from "@/parts/notify";
import { Facts, Page, Panel } from "@/parts/page";
import { Answer } from "@/parts/states";
import { When } from "@/parts/when";

export default function AboutPage() {
  const { t } = useTranslation("about");
  const about = useQuery(aboutQuery);
  return (
    <Page title={t("title")} lead={t("lead")} actions={<Refetch />}>
      <Answer query={about}>{(data) => <Content about={data} />}</Answer>
    </Page>
  );
}

function Content({ about }: { about: About }) {
  const { t } = useTranslation("about");
  const { duration } = useFormat();
  const me = useMe();
  const running = (new Date(about.time).getTime() - new Date(about.startedAt).getTime()) / 1_000;
  const skew = (Date.now() - new Date(about.time).getTime()) / 1_000;
  return (
    <>
      <Panel title={t("neighbours.title")} lead={t("neighbours.lead")} flush>
        <Rows
          label={t("neighbours.title")}
          rows={about.neighbours}
          rowKey={(neighbour) => neighbour.name}
          columns={[
            { key: "name", label: t("neighbours.name"), head: true, cell: ({ name }) => <Name of={name} /> },
            { key: "state", label: t("neighbours.state"), cell: ({ state }) => <Health state={state} /> },
            { key: "since", label: t("neighbours.since"), cell: ({ since }) => <When at={since} /> },
            { key: "detail", label: t("neighbours.detail"), cell: ({ state, detail }) => (state !== "up" && detail) || "–" },
          ]}
        />
      </Panel>
      <Panel title={t("installation")}>
        <Facts
          rows={[
            [t("version"), about.version],
            [t("node"), about.node],
            [t("store"), about.store],
            [t("sharedMemory"), about.sharedMemory],
            [t("started"), <When key="s" at={about.startedAt} />],
            [t("running"), duration(running)],
            [t("clock"), <When key="c" at={about.time} show="full" />],
            Math.abs(skew) > 5 && [t("skew"), t("skewText", { time: duration(Math.abs(skew)) })],
            [t("zones"), about.zoneData],
            [t("yourZone"), HERE],
            [
              t("tenant"),
              <span key="t">
                {me.tenant.name} <code>{me.tenant.id}</code> <Copy text={me.tenant.id} />
              </span>,
            ],
          ]}
        />
      </Panel>
    </>
  );
}

function Name({ of }: { of: string }) {
  const { system, where } = useNeighbour()(of);
  return (
    <>
      {system}
      {where !== "" && <div className={classes["dim"]}>{where}</div>}
    </>
  );
}

function Health({ state }: { state: About["neighbours"][number]["state"] }) {
  const { t } = useTranslation("about");
  const looks = { up: ["green", IconCheck], down: ["red", IconX], unknown: ["gray", IconMinus] } as const;
  const [color, Icon] = looks[state];
  return (
    <Badge color={color} leftSection={<Icon size={12} stroke={2.4} />}>
      {t(`states.${state}`)}
    </Badge>
  );
}

function Refetch() {
  const { t } = useTranslation("about");
  const may = useMay();
  const client = useQueryClient();
  const errorText = useErrorText();
  const refetch = useMutation({
    mutationFn: () => post("tenant/refetch"),
    onSuccess: () => {
      done(t("refetch.done"));
      void client.invalidateQueries();
    },
    onError: (error) => failed(t("refetch.failed"), errorText(error)),
  });
  if (!may("ges.dev.refetch")) return null;
  return (
    <Button
      variant="default"
      leftSection={<IconCloudDownload size={16} />}
      loading={refetch.isPending}
      onClick={() => refetch.mutate()}
    >
      {t("refetch.act")}
    </Button>
  );
}
