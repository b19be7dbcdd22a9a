// A point in time on the screen: in the viewer's zone, with the zone; the other zones are one hover away.
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { HERE, useFormat } from "./format";

interface WhenProps {
  at: string | undefined;
  /** The zone of the office, if it is known: shown beside the viewer's own. */
  zone?: string | undefined;
  show?: "short" | "full" | "time" | "ago";
}

export function When({ at, zone, show = "short" }: WhenProps) {
  const { t } = useTranslation("parts");
  const format = useFormat();
  if (!at) return <span aria-label={t("time.none")}>–</span>;
  const text = show === "ago" ? format.ago(at) : format[show](at);
  const lines = () => [
    `${format.full(at)} · ${t("time.here", { zone: HERE })}`,
    ...(zone && zone !== HERE ? [`${format.full(at, zone)} · ${t("time.office", { zone })}`] : []),
    at.replace("T", " ").replace(/\.\d+Z$/, " UTC"),
  ];
  return (
    <time
      dateTime={at}
      // Worked out when somebody looks: a list draws hundreds of these.
      onPointerEnter={(event) => {
        event.currentTarget.title = lines().join("\n");
      }}
    >
      {text}
    </time>
  );
}

/** Now, renewed every so often, for what counts down. */
export function useNow(everyMs = 10_000): Date {
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    const timer = setInterval(() => setNow(new Date()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}
