// Everything that is kept of a number: taken away as a file, or forgotten, after the number was typed a second time.
import { Button, TextInput } from "@mantine/core";
import { IconCheck, IconDownload, IconEraser, IconHourglass } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { post } from "@/api/client";
import type { DossierDocument, ForgottenDocument } from "@/api/schema";
import { useMay } from "@/api/session";
import classes from "@/editing/editing.module.css";
import { confirm } from "@/parts/confirm";
import { useErrorText } from "@/parts/errors";
import { useFormat } from "@/parts/format";
import { done } from "@/parts/notify";
import { Cards, Facts, Page, Panel } from "@/parts/page";
import { fileNameOf, plainNumber, saveAs } from "./number";

const KINDS = ["callbacks", "events", "callIns"] as const;


export default function Privacy() {
  const { t } = useTranslation("privacy");
  const may = useMay();
  return (
    <Page title={t("title")} lead={t("lead")}>
      <Cards min={380}>
        {may("ges.privacy.export") && <Export />}
        {may("ges.privacy.forget") && <Forget />}
      </Cards>
    </Page>
  );
}

function NumberField({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const { t } = useTranslation("privacy");
  const odd = value !== "" && plainNumber(value) === undefined;
  return (
    <TextInput
      label={t("number")}
      description={t("numberHint")}
      type="tel"
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      placeholder="+1 212 555 0142"
      maxLength={40}
      required
      withAsterisk={false}
      error={odd && t("oddNumber")}
    />
  );
}

function Export() {
  const { t } = useTranslation("privacy");
  const errorText = useErrorText();
  const [number, setNumber] = useState("");
  const plain = plainNumber(number);
  const asking = useMutation({
    mutationFn: (phoneNumber: string) => post<DossierDocument>("privacy/export", { phoneNumber }),
    onSuccess: (document, phoneNumber) => {
      saveAs(fileNameOf(phoneNumber, new Date()), JSON.stringify(document, null, 2));
      done(t("export.done"));
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (plain) asking.mutate(plain);
  };
  return (
    <Panel title={t("export.title")} lead={t("export.lead")}>
      <form className={classes["stack"]} onSubmit={submit}>
        <NumberField value={number} onChange={setNumber} />
        {asking.error && (
          <p className={classes["trouble"]} role="alert">
            {errorText(asking.error)}
          </p>
        )}
        <div>
          <Button type="submit" leftSection={<IconDownload size={16} />} loading={asking.isPending} disabled={!plain}>
            {t("export.act")}
          </Button>
        </div>
      </form>
    </Panel>
  );
}

function Forget() {
  const { t } = useTranslation("privacy");
  const format = useFormat();
  const errorText = useErrorText();
  const [number, setNumber] = useState("");
  const plain = plainNumber(number);
  const asking = useMutation({
    mutationFn: (phoneNumber: string) => post<ForgottenDocument>("privacy/forget", { phoneNumber, confirm: true }),
    onSuccess: () => setNumber(""),
  });
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!plain) return;
    const sure = await confirm({
      title: t("forget.askTitle", { number: plain }),
      text: t("forget.askText"),
      act: t("forget.act"),
      danger: true,
      typed: plain,
    });
    if (sure) asking.mutate(plain);
  };
  const answer = asking.data;
  const sum = answer ? KINDS.reduce((total, kind) => total + answer.erased[kind], 0) : 0;
  return (
    <Panel title={t("forget.title")} lead={t("forget.lead")}>
      <form className={classes["stack"]} onSubmit={(event) => void submit(event)}>
        <NumberField value={number} onChange={setNumber} />
        {asking.error && (
          <p className={classes["trouble"]} role="alert">
            {errorText(asking.error)}
          </p>
        )}
        <div>
          <Button type="submit" color="red" leftSection={<IconEraser size={16} />} loading={asking.isPending} disabled={!plain}>
            {t("forget.act")}
          </Button>
        </div>
        <div role="status" aria-live="polite">
          {answer && (
            <div className={classes["stack"]}>
              <div className={classes["note"]} data-good={answer.remaining === 0 || undefined} data-warn={answer.remaining > 0 || undefined}>
                {answer.remaining > 0 ? <IconHourglass size={16} /> : <IconCheck size={16} />}
                {answer.remaining > 0
                  ? t("forget.remaining", { n: format.number(answer.remaining) })
                  : sum === 0
                    ? t("forget.nothing")
                    : t("forget.done")}
              </div>
              {sum > 0 && (
                <Facts
                  rows={KINDS.map((kind) => [t(`kinds.${kind}`), format.number(answer.erased[kind])] as const)}
                />
              )}
            </div>
          )}
        </div>
      </form>
    </Panel>
  );
}
