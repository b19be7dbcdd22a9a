// What an edit of capacity does to what is booked already: asked before it is saved.
import { Button, Modal } from "@mantine/core";
import { IconAlertTriangle, IconCheck } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { EffectDocument } from "@/api/schema";
import { useFormat } from "@/parts/format";
import { When } from "@/parts/when";
import classes from "./editing.module.css";
import { Rows } from "./rows";

export type Effect = EffectDocument;

export function EffectText({ effect }: { effect: Effect }) {
  const { t } = useTranslation("editing");
  const { number } = useFormat();
  const over = effect.overbooked.length;
  const changed = effect.slotsChanged;
  return (
    <div className={classes["stack"]}>
      <div>{changed === 0 ? t("effect.none") : t("effect.slots", { count: changed, n: number(changed) })}</div>
      {effect.overbookedBefore > 0 && (
        <div className={classes["dim"]}>
          {t("effect.before", { count: effect.overbookedBefore, n: number(effect.overbookedBefore) })}
        </div>
      )}
      {over === 0 ? (
        <div className={classes["note"]} data-good>
          <IconCheck size={16} /> {t("effect.fine")}
        </div>
      ) : (
        <>
          <div className={classes["note"]} data-warn>
            <IconAlertTriangle size={16} />
            {t("effect.over", { count: over, n: number(over) })}
          </div>
          <Rows
            label={t("effect.title")}
            rows={effect.overbooked.slice(0, 50)}
            rowKey={(row) => row.service + row.start}
            columns={[
              { key: "service", label: t("effect.service"), cell: (row) => row.service, head: true },
              { key: "start", label: t("effect.start"), cell: (row) => <When at={row.start} /> },
              { key: "booked", label: t("effect.booked"), cell: (row) => number(row.booked), num: true },
              { key: "total", label: t("effect.total"), cell: (row) => number(row.total), num: true },
            ]}
          />
          {over > 50 && <div className={classes["dim"]}>… {number(over - 50)}</div>}
        </>
      )}
    </div>
  );
}

interface EffectDialogProps {
  effect: Effect | undefined;
  pending: boolean;
  onSave: () => void;
  onClose: () => void;
}

export function EffectDialog({ effect, pending, onSave, onClose }: EffectDialogProps) {
  const { t } = useTranslation("editing");
  if (!effect) return null;
  return (
    <Modal opened onClose={onClose} title={t("effect.title")} size="lg" centered>
      <div className={classes["stack"]}>
        <EffectText effect={effect} />
        <div className={classes["end"]}>
          <Button variant="default" onClick={onClose}>
            {t("cancel")}
          </Button>
          <Button onClick={onSave} loading={pending} data-autofocus>
            {t("effect.act")}
          </Button>
        </div>
      </div>
    </Modal>
  );
}
