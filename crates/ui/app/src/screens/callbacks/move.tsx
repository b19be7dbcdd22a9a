// A new time for a callback, or the same promise once more.
import { Button, Modal, SegmentedControl } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { CallbackDetail, CallbackRow } from "@/api/types";
import { useErrorText } from "@/parts/errors";
import { HERE, useFormat } from "@/parts/format";
import { SlotPicker } from "@/parts/slot-picker";
import { useRecreate, useReschedule } from "./changes";
import classes from "./callbacks.module.css";

interface MoveProps {
  kind: "reschedule" | "recreate";
  row: CallbackDetail;
  zone: string | undefined;
  onClose: () => void;
  onDone: (row: CallbackRow) => void;
}

export function Move({ kind, row, zone = HERE, onClose, onDone }: MoveProps) {
  const { t } = useTranslation("callbacks");
  const format = useFormat();
  const errorText = useErrorText();
  const [when, setWhen] = useState<"now" | "slot">(kind === "recreate" ? "now" : "slot");
  const [slot, setSlot] = useState<string | undefined>();
  const reschedule = useReschedule();
  const recreate = useRecreate();
  const change = kind === "reschedule" ? reschedule : recreate;
  const ready = when === "now" || slot !== undefined;
  const submit = () => {
    if (kind === "reschedule" && slot) reschedule.mutate({ row, desiredTime: slot }, { onSuccess: onDone });
    if (kind === "recreate") recreate.mutate({ row, desiredTime: when === "slot" ? slot : undefined }, { onSuccess: onDone });
  };
  return (
    <Modal opened onClose={onClose} title={t(`${kind}.title`, { number: row.phoneNumber })} size="lg">
      <div className={classes["form"]}>
        {kind === "reschedule" && <p className={classes["dim"]}>{t("reschedule.from", { time: format.inText(row.desiredTime, zone) })}</p>}
        {kind === "recreate" && (
          <SegmentedControl
            value={when}
            onChange={(value) => setWhen(value as "now" | "slot")}
            aria-label={t("create.when")}
            data={[
              { value: "now", label: t("create.now") },
              { value: "slot", label: t("create.slot") },
            ]}
          />
        )}
        {when === "slot" && (
          <SlotPicker service={row.serviceName} zone={zone} value={slot} onChange={setSlot} current={row.desiredTime} />
        )}
        {change.isError && (
          <div role="alert" className={classes["wrong"]}>
            {errorText(change.error)}
          </div>
        )}
        <div className={classes["buttons"]}>
          <Button variant="default" onClick={onClose}>
            {t("back")}
          </Button>
          <Button onClick={submit} disabled={!ready} loading={change.isPending}>
            {slot && when === "slot" ? t(`${kind}.to`, { time: format.inText(slot, zone) }) : t(`${kind}.act`)}
          </Button>
        </div>
      </div>
    </Modal>
  );
}
