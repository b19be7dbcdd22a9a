// Whether a queue is open, and what it offers: by word and sign.
import { Badge } from "@mantine/core";
import { IconAlertOctagon, IconCheck, IconDoor, IconDoorOff, IconX } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { QueueRow } from "@/api/types";
import { useFormat } from "@/parts/format";
import classes from "./queues.module.css";

export function Status({ row }: { row: QueueRow }) {
  const { t } = useTranslation("queues");
  const format = useFormat();
  const [color, Sign, text] = row.emergency
    ? (["red", IconAlertOctagon, t("emergency")] as const)
    : row.open
      ? (["green", IconDoor, row.closesAt ? t("openUntil", { time: format.time(row.closesAt) }) : t("open")] as const)
      : (["gray", IconDoorOff, row.opensAt ? t("opens", { time: format.inText(row.opensAt) }) : t("closed")] as const);
  // A narrow column may cut it.
  return (
    <Badge color={color} leftSection={<Sign size={12} />} title={text}>
      {text}
    </Badge>
  );
}

/** Who is there, where the router says something of it: most say only that nobody is. */
export function Agents({ row }: { row: QueueRow }) {
  const { t } = useTranslation("queues");
  const format = useFormat();
  if (!row.agents) return "–";
  const { ready, loggedIn } = row.agents;
  if (loggedIn === 0) return <span className={classes["nobody"]}>{t("nobody")}</span>;
  return `${format.number(ready)} / ${format.number(loggedIn)}`;
}

export function Offered({ row }: { row: QueueRow }) {
  const { t } = useTranslation("queues");
  return (["immediate", "scheduled"] as const).map((kind) => {
    const on = row.offered[kind];
    const Sign = on ? IconCheck : IconX;
    return (
      <Badge key={kind} color={on ? "blue" : "gray"} leftSection={<Sign size={12} />}>
        {t(`offered.${kind}`)}
        <span className="sr-only"> {t(on ? "offered.yes" : "offered.no")}</span>
      </Badge>
    );
  });
}
