// What can be done with many: with those that are marked, or with all that the filter finds.
import { Button } from "@mantine/core";
import { IconCalendarTime, IconPhoneX, IconX } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { CallbackRow } from "@/api/types";
import { useFormat } from "@/parts/format";
import { Guarded } from "@/parts/guarded";
import { BulkDialog } from "./bulk-dialog";
import type { Filter } from "./filter";
import classes from "./callbacks.module.css";

interface BulkBarProps {
  filter: Filter;
  rows: readonly CallbackRow[];
  total: number;
  selected: ReadonlySet<string>;
  onClear: () => void;
}

export type BulkAction = "cancel" | "reschedule";

export function BulkBar({ filter, rows, total, selected, onClear }: BulkBarProps) {
  const { t } = useTranslation("callbacks");
  const { number } = useFormat();
  const [whole, setWhole] = useState(false);
  const [action, setAction] = useState<BulkAction | undefined>();
  if (selected.size === 0 && !action) return null;
  const everything = whole && selected.size > 0;
  const marked = rows.filter((row) => selected.has(row.id));
  const n = everything ? total : selected.size;
  const reason = (wanted: BulkAction) =>
    everything || marked.some((row) => row.actions.includes(wanted)) ? undefined : t(`bulk.none.${wanted}`);
  return (
    <>
      <div className={classes["bulk"]} role="region" aria-label={t("bulk.label")} hidden={selected.size === 0}>
        <b role="status">{t("bulk.selected", { count: n, n: number(n) })}</b>
        {!everything && total > selected.size && selected.size === rows.length && (
          <Guarded needs="ges.callback.bulk">
            <Button variant="subtle" onClick={() => setWhole(true)}>
              {t("bulk.all", { n: number(total) })}
            </Button>
          </Guarded>
        )}
        <span className={classes["grow"]} />
        <Guarded needs="ges.callback.reschedule" reason={reason("reschedule")}>
          <Button variant="default" leftSection={<IconCalendarTime size={15} />} onClick={() => setAction("reschedule")}>
            {t("actions.reschedule")}
          </Button>
        </Guarded>
        <Guarded needs="ges.callback.cancel" reason={reason("cancel")}>
          <Button variant="default" leftSection={<IconPhoneX size={15} />} onClick={() => setAction("cancel")}>
            {t("actions.cancel")}
          </Button>
        </Guarded>
        <Button
          variant="subtle"
          leftSection={<IconX size={15} />}
          onClick={() => {
            setWhole(false);
            onClear();
          }}
        >
          {t("bulk.clear")}
        </Button>
      </div>
      {action && (
        <BulkDialog
          action={action}
          subject={everything ? { kind: "filter", filter } : { kind: "rows", rows: marked }}
          onClose={(finished) => {
            setAction(undefined);
            if (finished) {
              setWhole(false);
              onClear();
            }
          }}
        />
      )}
    </>
  );
}
