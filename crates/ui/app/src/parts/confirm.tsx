// Asking before what cannot be undone. `await confirm({...})` anywhere; the answer is false, or what was written.
import { Button, Modal, TextInput, Textarea } from "@mantine/core";
import { type ReactNode, useState, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import classes from "./confirm.module.css";

export interface Question {
  title: string;
  text?: ReactNode;
  /** What the button says: a verb. */
  act: string;
  danger?: boolean;
  /** Asks why, in words that are kept. */
  note?: { label: string; required?: boolean; placeholder?: string };
  /** Has to be typed: for what reaches far. */
  typed?: string;
}

export interface Answered {
  note: string;
}

interface Asked extends Question {
  answer: (answer: Answered | false) => void;
}

let asked: Asked | undefined;
const watchers = new Set<() => void>();

function set(next: Asked | undefined) {
  asked = next;
  for (const watcher of watchers) watcher();
}

export const confirm = (question: Question): Promise<Answered | false> =>
  new Promise((resolve) => {
    asked?.answer(false);
    set({
      ...question,
      answer: (answer) => {
        set(undefined);
        resolve(answer);
      },
    });
  });

const watch = (watcher: () => void) => {
  watchers.add(watcher);
  return () => {
    watchers.delete(watcher);
  };
};

/** Stands once in the frame. */
export function ConfirmHost() {
  const question = useSyncExternalStore(watch, () => asked);
  return question ? <Dialog key={question.title} question={question} /> : null;
}

function Dialog({ question }: { question: Asked }) {
  const { t } = useTranslation("parts");
  const [note, setNote] = useState("");
  const [typed, setTyped] = useState("");
  const ready =
    (!question.note?.required || note.trim() !== "") && (question.typed === undefined || typed.trim() === question.typed);
  return (
    <Modal opened onClose={() => question.answer(false)} title={question.title} centered zIndex={400}>
      <form
        className={classes["form"]}
        onSubmit={(event) => {
          event.preventDefault();
          if (ready) question.answer({ note: note.trim() });
        }}
      >
        {question.text && <div>{question.text}</div>}
        {question.note && (
          <Textarea
            label={question.note.label}
            placeholder={question.note.placeholder ?? ""}
            required={question.note.required ?? false}
            value={note}
            onChange={(event) => setNote(event.currentTarget.value)}
            maxLength={500}
            autosize
            minRows={2}
            data-autofocus
          />
        )}
        {question.typed !== undefined && (
          <TextInput
            label={t("confirm.type", { word: question.typed })}
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
            autoComplete="off"
          />
        )}
        <div className={classes["buttons"]}>
          <Button variant="default" onClick={() => question.answer(false)} data-autofocus={question.note ? undefined : true}>
            {t("confirm.back")}
          </Button>
          <Button type="submit" color={question.danger ? "red" : "blue"} disabled={!ready}>
            {question.act}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
