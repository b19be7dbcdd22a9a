// Changing many at once: how many, which for instance, why; then how far, and which were refused.
import { Button, Modal, NumberInput, Progress as Bar, Table, TextInput, Textarea } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { CallbackRow } from "@/api/types";
import { useErrorText } from "@/parts/errors";
import { useFormat } from "@/parts/format";
import { Answer, Failing, Loading } from "@/parts/states";
import { StateBadge } from "@/parts/state-badge";
import { When } from "@/parts/when";
import type { BulkAction } from "./bulk-bar";
import { type Order, type Progress, useEach, useJob, useWatched } from "./bulk-run";
import type { Filter } from "./filter";
import classes from "./callbacks.module.css";

export type Subject = { kind: "filter"; filter: Filter } | { kind: "rows"; rows: readonly CallbackRow[] };

interface BulkDialogProps {
  action: BulkAction;
  subject: Subject;
  onClose: (finished: boolean) => void;
}

/** From this many on, the number itself has to be typed. */
const MANY = 50;

export function BulkDialog({ action, subject, onClose }: BulkDialogProps) {
  const { t } = useTranslation("callbacks");
  const errorText = useErrorText();
  const each = useEach();
  const job = useJob(subject.kind === "filter" ? subject.filter : undefined, action);
  const progress = each.progress ?? job.progress;
  const start = (order: Order) => {
    if (subject.kind === "rows") void each.start(subject.rows.filter((row) => row.actions.includes(action)), order);
    else job.start.mutate(order);
  };
  const running = progress?.state === "running";
  return (
    <Modal
      opened
      onClose={() => onClose(progress !== undefined)}
      title={t(`bulk.${action}.title`)}
      size="lg"
      closeOnClickOutside={!running}
      closeOnEscape={!running}
    >
      {progress ? (
        <Going
          progress={progress}
          onStop={() => {
            each.stop();
            job.stop();
          }}
          onClose={() => onClose(true)}
          goesOn={subject.kind === "filter"}
        />
      ) : subject.kind === "rows" ? (
        <Ask
          action={action}
          count={subject.rows.filter((row) => row.actions.includes(action)).length}
          skipped={subject.rows.filter((row) => !row.actions.includes(action)).length}
          sample={subject.rows.filter((row) => row.actions.includes(action)).slice(0, 5)}
          onStart={start}
          onClose={() => onClose(false)}
        />
      ) : (
        <Answer query={job.preview} small>
          {({ count, sample }) => (
            <Ask
              key={count}
              action={action}
              count={count}
              skipped={0}
              sample={sample}
              onStart={start}
              onClose={() => onClose(false)}
              starting={job.start.isPending}
              trouble={job.start.isError ? errorText(job.start.error) : undefined}
            />
          )}
        </Answer>
      )}
    </Modal>
  );
}

interface AskProps {
  action: BulkAction;
  count: number;
  skipped: number;
  sample: readonly CallbackRow[];
  onStart: (order: Order) => void;
  onClose: () => void;
  starting?: boolean;
  trouble?: string | undefined;
}

function Ask({ action, count, skipped, sample, onStart, onClose, starting = false, trouble }: AskProps) {
  const { t } = useTranslation("callbacks");
  const { number } = useFormat();
  const [note, setNote] = useState("");
  const [shift, setShift] = useState<number | string>(60);
  const [typed, setTyped] = useState("");
  const ready = count > 0 && (count < MANY || typed.replace(/\D/g, "") === String(count)) && (action === "cancel" || typeof shift === "number");
  return (
    <form
      className={classes["form"]}
      onSubmit={(event) => {
        event.preventDefault();
        if (!ready) return;
        onStart(action === "cancel" ? { action, ...(note.trim() ? { note: note.trim() } : {}) } : { action, shiftMinutes: Number(shift) });
      }}
    >
      <p>{t(`bulk.${action}.text`, { count, n: number(count) })}</p>
      {skipped > 0 && <p className={classes["dim"]}>{t("bulk.skipped", { count: skipped, n: number(skipped) })}</p>}
      {sample.length > 0 && (
        <Table withTableBorder>
          <Table.Tbody>
            {sample.map((row) => (
              <Table.Tr key={row.id}>
                <Table.Td>
                  <When at={row.desiredTime} />
                </Table.Td>
                <Table.Td>{row.phoneNumber}</Table.Td>
                <Table.Td>{row.serviceName}</Table.Td>
                <Table.Td>
                  <StateBadge state={row.state} reason={row.reason} />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
      {count > sample.length && <p className={classes["dim"]}>{t("bulk.andMore", { n: number(count - sample.length) })}</p>}
      {action === "cancel" ? (
        <Textarea
          label={t("cancel.note")}
          placeholder={t("cancel.placeholder")}
          value={note}
          onChange={(event) => setNote(event.currentTarget.value)}
          maxLength={500}
          autosize
          minRows={2}
          data-autofocus
        />
      ) : (
        <NumberInput
          label={t("bulk.shift")}
          description={t("bulk.shiftHint")}
          value={shift}
          onChange={setShift}
          step={30}
          min={-10_080}
          max={20_160}
          allowDecimal={false}
          required
          withAsterisk={false}
          data-autofocus
        />
      )}
      {count >= MANY && (
        <TextInput
          label={t("bulk.type", { n: number(count) })}
          inputMode="numeric"
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          autoComplete="off"
        />
      )}
      {trouble && (
        <div role="alert" className={classes["wrong"]}>
          {trouble}
        </div>
      )}
      <div className={classes["buttons"]}>
        <Button variant="default" onClick={onClose}>
          {t("back")}
        </Button>
        <Button type="submit" color={action === "cancel" ? "red" : "blue"} disabled={!ready} loading={starting}>
          {t(`bulk.${action}.act`, { count, n: number(count) })}
        </Button>
      </div>
    </form>
  );
}

/** A job that was begun before, here or elsewhere. */
export function JobDialog({ id, onClose }: { id: string; onClose: () => void }) {
  const { t } = useTranslation("callbacks");
  const { job, progress, stop } = useWatched(id);
  return (
    <Modal opened onClose={onClose} title={job.data ? t(`bulk.${job.data.action}.title`) : t("bulk.jobs")} size="lg">
      {job.data?.note && <p className={classes["dim"]}>“{job.data.note}”</p>}
      {progress ? (
        <Going progress={progress} onStop={stop} onClose={onClose} goesOn />
      ) : job.isError ? (
        <Failing error={job.error} retry={() => void job.refetch()} small />
      ) : (
        <Loading />
      )}
    </Modal>
  );
}

interface GoingProps {
  progress: Progress;
  onStop: () => void;
  onClose: () => void;
  goesOn: boolean;
}

function Going({ progress, onStop, onClose, goesOn }: GoingProps) {
  const { t } = useTranslation("callbacks");
  const { number } = useFormat();
  const share = progress.total === 0 ? 100 : (progress.done / progress.total) * 100;
  const running = progress.state === "running";
  return (
    <div className={classes["form"]}>
      <p role="status" className="num">
        {t(`bulk.states.${progress.state}`, { done: number(progress.done), total: number(progress.total) })}
      </p>
      {progress.state !== "gone" && (
        <>
          <Bar
            value={share}
            size="lg"
            aria-label={t("bulk.progress")}
            color={progress.state === "stopped" ? "yellow" : "blue"}
            animated={running}
          />
          <p className={classes["dim"]}>
            {t("bulk.succeeded", { n: number(progress.succeeded) })} · {t("bulk.refused", { n: number(progress.refused) })}
          </p>
        </>
      )}
      {running && goesOn && <p className={classes["dim"]}>{t("bulk.goesOn")}</p>}
      {progress.refusedRows.length > 0 && <Refusals progress={progress} />}
      <div className={classes["buttons"]}>
        {running && (
          <Button variant="default" onClick={onStop}>
            {t("bulk.stop")}
          </Button>
        )}
        <Button onClick={onClose} disabled={running && !goesOn}>
          {t("bulk.close")}
        </Button>
      </div>
    </div>
  );
}

function Refusals({ progress }: { progress: Progress }) {
  const { t, i18n } = useTranslation("callbacks");
  const { t: parts } = useTranslation("parts");
  const words = (code: number | undefined, message: string | undefined) => {
    const key = `codes.${code ?? 0}`;
    return i18n.exists(key, { ns: "parts" }) ? parts(key) : (message ?? "");
  };
  return (
    <Table.ScrollContainer minWidth={320} mah={240}>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("columns.id")}</Table.Th>
            <Table.Th>{t("bulk.why")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {progress.refusedRows.map((row) => (
            <Table.Tr key={row.callbackId}>
              <Table.Td>
                <a href={`/ges/callbacks/${row.callbackId}`} target="_blank" rel="noreferrer">
                  <code className={classes["id"]}>{row.callbackId}</code>
                </a>
              </Table.Td>
              <Table.Td>{words(row.code, row.message)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
