// Correcting the number or the data of a callback. Two people at once see both sides.
import { Button, Modal, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { CallbackDetail } from "@/api/types";
import { CHANGED_MEANWHILE, isRefused } from "@/api/errors";
import { Conflict } from "@/parts/conflict";
import { useDraft } from "@/parts/draft";
import { useErrorText } from "@/parts/errors";
import { done } from "@/parts/notify";
import { type Correction, useEdit } from "./changes";
import { DataEditor, fromPairs, toPairs } from "./data-editor";
import classes from "./callbacks.module.css";

interface EditProps {
  row: CallbackDetail;
  onClose: () => void;
}

export function Edit({ row, onClose }: EditProps) {
  const { t } = useTranslation("callbacks");
  const errorText = useErrorText();
  const draft = useDraft(`callback-${row.id}`, { phoneNumber: row.phoneNumber, data: toPairs(row.userData) });
  const [revision, setRevision] = useState(row.revision);
  const edit = useEdit();
  const correction: Correction = { phoneNumber: draft.value.phoneNumber, userData: fromPairs(draft.value.data) };
  const save = (at: number) =>
    edit.mutate(
      { id: row.id, revision: at, correction },
      {
        onSuccess: () => {
          draft.clear();
          done(t("edit.done"));
          onClose();
        },
      },
    );
  const conflict = isRefused(edit.error, CHANGED_MEANWHILE);
  return (
    <Modal opened onClose={onClose} title={t("edit.title", { number: row.phoneNumber })}>
      <form
        className={classes["form"]}
        onSubmit={(event) => {
          event.preventDefault();
          save(revision);
        }}
      >
        {edit.isError && !conflict && (
          <div role="alert" className={classes["wrong"]}>
            {errorText(edit.error)}
          </div>
        )}
        <TextInput
          label={t("columns.phoneNumber")}
          type="tel"
          value={draft.value.phoneNumber}
          onChange={(event) => {
            const phoneNumber = event.currentTarget.value;
            draft.set((before) => ({ ...before, phoneNumber }));
          }}
          required
          withAsterisk={false}
          data-autofocus
        />
        <DataEditor pairs={draft.value.data} onChange={(data) => draft.set((before) => ({ ...before, data }))} />
        <div className={classes["buttons"]}>
          <Button
            variant="default"
            onClick={() => {
              draft.clear();
              onClose();
            }}
          >
            {t("back")}
          </Button>
          <Button type="submit" loading={edit.isPending} disabled={!draft.changed && !draft.restored}>
            {t("edit.act")}
          </Button>
        </div>
      </form>
      <Conflict<Correction & { revision: number }>
        error={edit.error}
        mine={{ ...correction, revision }}
        onMine={(now) => {
          setRevision(now.revision);
          save(now.revision);
        }}
        onTheirs={() => {
          draft.clear();
          edit.reset();
          onClose();
        }}
        onClose={() => edit.reset()}
      />
    </Modal>
  );
}
