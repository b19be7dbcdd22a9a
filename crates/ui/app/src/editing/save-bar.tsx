// At the foot of whatever is edited: whether it is saved, what went wrong, and the way back.
import { Button } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { IconDeviceFloppy } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import classes from "./editing.module.css";
import type { Saving } from "./saving";

interface SaveBarProps {
  changed: boolean;
  restored?: boolean;
  pending: boolean;
  trouble?: string | undefined;
  /** Why it cannot be saved yet. */
  missing?: string | false | undefined;
  onSave: () => void;
  onDiscard: () => void;
  /** For what is new: shown also while nothing was typed. */
  always?: boolean;
  act?: string;
  children?: ReactNode;
}

export function SaveBar(props: SaveBarProps) {
  const { changed, restored = false, pending, trouble, missing, onSave, onDiscard, always = false, act, children } = props;
  const { t } = useTranslation("editing");
  const ready = changed && !missing && !pending;
  useHotkeys([["mod+S", () => ready && onSave()]], []);
  if (!changed && !always && !trouble) return null;
  return (
    <div className={classes["bar"]} role="region" aria-label={t("save")}>
      {trouble && <div role="alert">{trouble}</div>}
      <span data-grow aria-live="polite">
        {missing || (restored && changed ? t("restored") : changed ? t("unsaved") : "")}
      </span>
      {children}
      <Button variant="default" onClick={onDiscard} disabled={pending}>
        {changed && !always ? t("discard") : t("cancel")}
      </Button>
      <Button
        leftSection={<IconDeviceFloppy size={16} />}
        onClick={() => ready && onSave()}
        loading={pending}
        disabled={!ready}
        title="Ctrl+S"
      >
        {act ?? t("save")}
      </Button>
    </div>
  );
}

interface DraftBarProps<T> {
  draft: { changed: boolean; restored: boolean };
  saving: Saving<T>;
  /** For what does not exist yet. */
  fresh: boolean;
  missing?: string | false | undefined;
  onSave: () => void;
  /** Forgets the draft. */
  forget: () => void;
  /** Leaves what is not made after all. */
  leave: () => void;
}

/** The foot of a draft of one document, and both sides where somebody else was faster. */
export function DraftBar<T>({ draft, saving, fresh, missing, onSave, forget, leave }: DraftBarProps<T>) {
  return (
    <>
      <SaveBar
        changed={draft.changed}
        always={fresh}
        restored={draft.restored}
        pending={saving.pending}
        missing={missing}
        trouble={saving.trouble}
        onSave={onSave}
        onDiscard={() => {
          forget();
          if (fresh) leave();
        }}
      />
      {saving.conflict}
    </>
  );
}
