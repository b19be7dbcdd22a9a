// What happened, the newest last, and how each attempt went.
import {
  IconCalendarPlus,
  IconCircleDot,
  IconHeadset,
  IconPencil,
  IconPhoneOutgoing,
  IconPhoneX,
  IconPlayerPlay,
  IconRefresh,
  IconSend,
} from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { CallbackDetail, CallbackEvent } from "@/api/types";
import { useFormat } from "@/parts/format";
import { useStateText } from "@/parts/state-badge";
import { When } from "@/parts/when";
import classes from "./callbacks.module.css";

const SIGNS: Record<string, typeof IconSend> = {
  BOOKED: IconCalendarPlus,
  SUBMITTING: IconSend,
  SUBMITTED: IconSend,
  STARTED: IconPlayerPlay,
  MOVED: IconPhoneOutgoing,
  DIALLED: IconHeadset,
  COMPLETED: IconPhoneX,
  RESCHEDULED: IconRefresh,
  EDITED: IconPencil,
};

export function History({ row, zone }: { row: CallbackDetail; zone: string | undefined }) {
  const { t, i18n } = useTranslation("callbacks");
  const text = useStateText();
  const format = useFormat();
  const what = (event: CallbackEvent) => {
    const key = `events.${event.what}`;
    return i18n.exists(key, { ns: "callbacks" }) ? t(key) : event.what;
  };
  const by = (event: CallbackEvent) => {
    const name = event.by.name;
    return name ? t("by.named", { name, kind: t(`by.${event.by.kind}`) }) : t(`by.${event.by.kind}`);
  };
  return (
    <div className={classes["history"]}>
      <ol>
        {row.timeline.map((event) => {
          const Sign = SIGNS[event.what] ?? IconCircleDot;
          return (
            <li key={event.revision}>
              <span className={classes["sign"]} aria-hidden>
                <Sign size={14} />
              </span>
              <div>
                <b>{what(event)}</b>
                {event.to && event.from && event.to !== event.from && (
                  <span className={classes["dim"]}>
                    {" "}
                    {text.state(event.from)} → {text.state(event.to)}
                  </span>
                )}
                {event.reason && <span className={classes["dim"]}> · {text.reason(event.reason)}</span>}
                <p className={classes["dim"]}>
                  <When at={event.at} zone={zone} /> · {by(event)}
                  {event.attempt !== undefined && ` · ${t("attempt", { n: format.number(event.attempt) })}`}
                </p>
                <Note of={event} zone={zone} />
              </div>
            </li>
          );
        })}
      </ol>
      {row.attempts.length > 0 && <Attempts row={row} />}
    </div>
  );
}

/** A remark: the time that was wanted, how a dial ended, or a person's own words. */
function Note({ of: { what, note }, zone }: { of: CallbackEvent; zone: string | undefined }) {
  const { t, i18n } = useTranslation("callbacks");
  if (!note) return null;
  const instant = (what === "BOOKED" || what === "RESCHEDULED") && !Number.isNaN(Date.parse(note));
  const dial = i18n.exists(`dials.${note}`, { ns: "callbacks" });
  return (
    <p className={classes["note"]}>
      {instant ? (
        <>
          {t("wanted")} <When at={note} zone={zone} />
        </>
      ) : dial ? (
        t(`dials.${note}`)
      ) : (
        note
      )}
    </p>
  );
}

/** One bar an attempt, on a common scale from the first submission to the last end. */
function Attempts({ row }: { row: CallbackDetail }) {
  const { t, i18n } = useTranslation("callbacks");
  const text = useStateText();
  const format = useFormat();
  const now = Date.now();
  const instant = (at: string | undefined) => (at ? Date.parse(at) : undefined);
  const bars = row.attempts.map((one) => ({
    one,
    from: instant(one.submittedAt) ?? instant(one.startedAt) ?? now,
    to: instant(one.endedAt) ?? now,
  }));
  const first = Math.min(...bars.map((bar) => bar.from));
  const span = Math.max(...bars.map((bar) => bar.to), first + 1) - first;
  const outcome = (name: string) => {
    const key = `outcomes.${name}`;
    return i18n.exists(key, { ns: "callbacks" }) ? t(key) : text.reason(name);
  };
  return (
    <section>
      <h3>{t("attempts")}</h3>
      <ul className={classes["attempts"]}>
        {bars.map(({ one, from, to }) => (
          <li key={one.attempt}>
            <span>{t("attempt", { n: format.number(one.attempt) })}</span>
            <span className={classes["track"]} aria-hidden>
              <span
                data-open={one.endedAt === undefined || undefined}
                style={{ left: `${((from - first) / span) * 100}%`, width: `${Math.max(2, ((to - from) / span) * 100)}%` }}
              />
            </span>
            <span className={classes["dim"]}>
              {format.duration((to - from) / 1_000)}
              {" · "}
              {one.outcome ? outcome(one.outcome) : one.endedAt ? t("ended") : t("running")}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
