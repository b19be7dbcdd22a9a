// A time that can be had: the service's slots by day, with the places left, in the office's time and one's own.
import { ActionIcon } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { IconChevronLeft, IconChevronRight } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { slotsQuery } from "@/api/queries";
import type { Slot } from "@/api/types";
import { HERE, addDays, dayIn, instantOf, useFormat } from "./format";
import { Answer, Empty } from "./states";
import { useNow } from "./when";
import classes from "./slot-picker.module.css";

interface SlotPickerProps {
  service: string;
  /** The office's zone, as the list of services tells it. */
  zone: string;
  value: string | undefined;
  onChange: (start: string) => void;
  /** A slot that one holds already, so that it can be marked. */
  current?: string | undefined;
}

const DAYS = 7;

export function SlotPicker({ service, zone, value, onChange, current }: SlotPickerProps) {
  const { t } = useTranslation("parts");
  const format = useFormat();
  const now = useNow(30_000);
  const today = dayIn(now, zone);
  const [first, setFirst] = useState(today);
  const [picked, setDay] = useState(() => (value ? dayIn(value, zone) : undefined));
  const slots = useQuery({
    ...slotsQuery(service, instantOf(first, "00:00", zone).toISOString(), DAYS),
    placeholderData: keepPreviousData,
  });
  const same = zone === HERE;
  const days = Array.from({ length: DAYS }, (_, index) => addDays(first, index));
  const left = (one: string) =>
    (slots.data?.slots ?? [])
      .filter((slot) => dayIn(slot.start, zone) === one && free(slot, now))
      .reduce((sum, slot) => sum + slot.left, 0);
  // Until somebody picks a day it is the first that has a place.
  const day = picked ?? days.find((one) => left(one) > 0) ?? first;
  const turn = (by: number) => {
    const next = addDays(first, by);
    const from = next < today ? today : next;
    setFirst(from);
    setDay(undefined);
  };
  return (
    <div className={classes["picker"]}>
      <div className={classes["days"]}>
        <ActionIcon onClick={() => turn(-DAYS)} disabled={first <= today} aria-label={t("slots.earlier")}>
          <IconChevronLeft size={18} />
        </ActionIcon>
        <div role="radiogroup" aria-label={t("slots.day")} className={classes["week"]}>
          {days.map((one) => (
            <button
              key={one}
              type="button"
              role="radio"
              aria-checked={one === day}
              aria-label={format.dayName(one)}
              className={classes["day"]}
              data-none={left(one) === 0 || undefined}
              onClick={() => setDay(one)}
            >
              <span>{format.weekdayOf(one)}</span>
              {format.dateOf(one)}
            </button>
          ))}
        </div>
        <ActionIcon onClick={() => turn(DAYS)} aria-label={t("slots.later")}>
          <IconChevronRight size={18} />
        </ActionIcon>
      </div>
      <Answer query={slots} small>
        {(data) => {
          const shown = data.slots.filter((slot) => dayIn(slot.start, zone) === day);
          if (shown.length === 0) return <Empty title={t("slots.none")} text={t("slots.noneText")} small />;
          return (
            <div role="radiogroup" aria-label={t("slots.pick")} className={classes["slots"]}>
              {shown.map((slot) => (
                <Choice
                  key={slot.start}
                  slot={slot}
                  zone={zone}
                  now={now}
                  chosen={value === slot.start}
                  current={current === slot.start}
                  onChoose={() => onChange(slot.start)}
                />
              ))}
            </div>
          );
        }}
      </Answer>
      <p className={classes["zones"]}>
        {same
          ? t("slots.same", { zone: format.zoneName(zone, value ?? now) })
          : `${t("slots.office", { zone: format.zoneName(zone, value ?? now) })} · ${t("slots.yours", {
              zone: format.zoneName(HERE, value ?? now),
            })}`}
      </p>
    </div>
  );
}

/** Whether it can be taken. */
export const free = (slot: Slot, now: Date): boolean =>
  slot.left > 0 && slot.open && new Date(slot.end) > now;

interface ChoiceProps {
  slot: Slot;
  zone: string;
  now: Date;
  chosen: boolean;
  current: boolean;
  onChoose: () => void;
}

function Choice({ slot, zone, now, chosen, current, onChoose }: ChoiceProps) {
  const { t } = useTranslation("parts");
  const format = useFormat();
  const over = new Date(slot.end) <= now;
  const can = free(slot, now);
  const state = over
    ? t("slots.past")
    : !slot.open
      ? t("slots.closed")
      : slot.left <= 0
        ? t("slots.full")
        : t("slots.left", { count: slot.left, n: format.number(slot.left), total: format.number(slot.total) });
  const share = slot.total > 0 ? slot.booked / slot.total : 1;
  return (
    <button
      type="button"
      role="radio"
      aria-checked={chosen}
      className={classes["slot"]}
      disabled={!can}
      data-current={current || undefined}
      onClick={onChoose}
    >
      <b>{format.clock(slot.start, zone)}</b>
      {zone !== HERE && <span className={classes["mine"]}>{format.time(slot.start)}</span>}
      <span className={classes["left"]}>{state}</span>
      <span className={classes["gauge"]} aria-hidden>
        <span style={{ width: `${Math.min(1, share) * 100}%` }} />
      </span>
    </button>
  );
}
