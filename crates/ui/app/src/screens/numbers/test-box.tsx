// Would this number be called? Asked of a rule that is being edited, or of the rule of a queue.
import { Button, Select, TextInput } from "@mantine/core";
import { IconAlertTriangle, IconBan, IconCheck, IconPhoneCheck } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useErrorText } from "@/parts/errors";
import { Panel } from "@/parts/page";
import { countryNames } from "@/editing/countries";
import classes from "@/editing/editing.module.css";
import { type Test, type Verdict, test } from "./api";

interface TestBoxProps {
  /** What the number is tried on. */
  on: Omit<Test, "number" | "defaultCountry"> | undefined;
  /** Lets one choose the queue instead. */
  queues?: readonly string[];
}

export function TestBox({ on, queues }: TestBoxProps) {
  const { t, i18n } = useTranslation(["numbers", "editing"]);
  const errorText = useErrorText();
  const names = useMemo(() => countryNames(i18n.language), [i18n.language]);
  const [number, setNumber] = useState("");
  const [country, setCountry] = useState<string | null>("US");
  const [queue, setQueue] = useState<string | null>(queues?.[0] ?? null);
  const target = on ?? (queue ? { queue } : undefined);
  const asking = useMutation({ mutationFn: test });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!target || number.trim() === "") return;
    asking.mutate({ ...target, number: number.trim(), ...(country ? { defaultCountry: country } : {}) });
  };
  return (
    <Panel title={t("test.title")} lead={on ? t("test.leadRule") : t("test.leadQueue")}>
      <form className={classes["stack"]} onSubmit={submit}>
        <div className={classes["form"]}>
          {queues && (
            <Select
              label={t("editing:assign.queue")}
              data={[...queues]}
              value={queue}
              onChange={setQueue}
              allowDeselect={false}
              searchable
            />
          )}
          <TextInput
            label={t("test.number")}
            value={number}
            onChange={(event) => setNumber(event.currentTarget.value)}
            placeholder="+1 212 555 0142"
            type="tel"
            required
            withAsterisk={false}
            maxLength={64}
          />
          <Select
            label={t("test.country")}
            data={[...names].map(([value, label]) => ({ value, label }))}
            value={country}
            onChange={setCountry}
            searchable
          />
        </div>
        <div className={classes["line"]}>
          <Button type="submit" variant="default" leftSection={<IconPhoneCheck size={16} />} loading={asking.isPending}>
            {t("test.act")}
          </Button>
        </div>
        <div role="status" aria-live="polite">
          {asking.data && <Answered verdict={asking.data} names={names} />}
          {asking.error && <p className={classes["trouble"]}>{errorText(asking.error)}</p>}
        </div>
      </form>
    </Panel>
  );
}

function Answered({ verdict, names }: { verdict: Verdict; names: Map<string, string> }) {
  const { t } = useTranslation("numbers");
  const good = verdict.verdict === "permitted";
  const country = verdict.country ? (names.get(verdict.country) ?? verdict.country) : "";
  const Icon = good ? IconCheck : verdict.verdict === "impossible" ? IconAlertTriangle : IconBan;
  return (
    <div className={classes["note"]} data-good={good || undefined} data-bad={!good || undefined}>
      <Icon size={18} />
      <span>
        <strong>{t(`verdicts.${verdict.verdict}`, { country, pattern: verdict.pattern ?? "" })}</strong>
        {verdict.e164 && (
          <>
            <br />
            <span className={classes["mono"]}>{verdict.e164}</span> {country}
          </>
        )}
      </span>
    </div>
  );
}
