// What was sent to a webhook, and what it said.
import { Badge, Button } from "@mantine/core";
import { IconCheck, IconHourglass, IconSend, IconX } from "@tabler/icons-react";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { useMay } from "@/api/session";
import classes from "@/editing/editing.module.css";
import { Paged } from "@/editing/paged";
import { Rows } from "@/editing/rows";
import { useErrorText } from "@/parts/errors";
import { useFormat } from "@/parts/format";
import { done, failed } from "@/parts/notify";
import { Panel } from "@/parts/page";
import { Empty } from "@/parts/states";
import { When } from "@/parts/when";
import { type Delivery, deliveriesQuery, redeliver } from "./api";
import { useEventText } from "./webhooks";

const LOOKS = {
  pending: { color: "yellow", icon: IconHourglass },
  delivered: { color: "green", icon: IconCheck },
  failed: { color: "red", icon: IconX },
} as const;

export function Deliveries({ id }: { id: string }) {
  const { t } = useTranslation(["webhooks", "editing"]);
  const format = useFormat();
  const eventText = useEventText();
  const may = useMay();
  const client = useQueryClient();
  const errorText = useErrorText();
  const deliveries = useInfiniteQuery(deliveriesQuery(id));
  const again = useMutation({
    mutationFn: (delivery: string) => redeliver(id, delivery),
    onSuccess: () => done(t("sentAgain")),
    onError: (error) => failed(errorText(error)),
    onSettled: () => client.invalidateQueries({ queryKey: ["webhooks", id] }),
  });
  return (
    <Panel title={t("deliveries")} lead={t("deliveriesLead")} flush>
      <Paged
        query={deliveries}
        rows={(page) => page.deliveries}
        empty={<Empty icon={<IconSend size={28} />} title={t("noDeliveries")} text={t("noDeliveriesText")} small />}
      >
        {(rows) => (
          <Rows<Delivery>
            label={t("deliveries")}
            rows={rows}
            rowKey={(row) => row.id}
            columns={[
              { key: "at", label: t("at"), head: true, cell: (row) => <When at={row.at} /> },
              { key: "event", label: t("event"), cell: (row) => eventText(row.event) },
              {
                key: "callback",
                label: t("callback"),
                cell: (row) =>
                  may("ges.callback.view") ? (
                    <Link to={`/callbacks/${row.callbackId}`}>{row.callbackId.slice(0, 8)}</Link>
                  ) : (
                    <span className={classes["code"]}>{row.callbackId.slice(0, 8)}</span>
                  ),
              },
              {
                key: "state",
                label: t("state"),
                cell: (row) => {
                  const { color, icon: Icon } = LOOKS[row.state];
                  return (
                    <Badge color={color} leftSection={<Icon size={12} />}>
                      {t(`deliveryStates.${row.state}`)}
                    </Badge>
                  );
                },
              },
              { key: "attempts", label: t("attempts"), num: true, cell: (row) => format.number(row.attempts) },
              {
                key: "answer",
                label: t("answer"),
                cell: (row) => (
                  <span className={classes["mono"]}>
                    {[
                      row.status === undefined ? undefined : String(row.status),
                      row.ms === undefined ? undefined : `${format.number(row.ms)} ms`,
                      row.error,
                    ]
                      .filter(Boolean)
                      .join(" · ") || "–"}
                  </span>
                ),
              },
              {
                key: "next",
                label: t("next"),
                cell: (row) => (row.nextAt && row.state === "pending" ? <When at={row.nextAt} show="ago" /> : "–"),
              },
              {
                key: "again",
                label: t("editing:actions"),
                quiet: true,
                num: true,
                cell: (row) =>
                  row.state === "pending" ? null : (
                    <Button
                      variant="default"
                      size="compact-xs"
                      loading={again.isPending && again.variables === row.id}
                      onClick={() => again.mutate(row.id)}
                      aria-label={`${t("sendAgain")}: ${format.short(row.at)}`}
                    >
                      {t("sendAgain")}
                    </Button>
                  ),
              },
            ]}
          />
        )}
      </Paged>
    </Panel>
  );
}
