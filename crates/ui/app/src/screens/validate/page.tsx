// Would this booking be accepted, and why not? Asked step by step, changing nothing.
import { Autocomplete, Button, Select, TextInput } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { IconCheck, IconCircleCheck, IconCircleX, IconMinus, IconX } from "@tabler/icons-react";
import { type FormEvent, useEffect } from "react";
import { useTranslation } from "react-i18next";
import { Link, useSearchParams } from "react-router";
import { post } from "@/api/client";
import { servicesQuery } from "@/api/queries";
import type * as Api from "@/api/schema";
import { useMay } from "@/api/session";
import type { Narrow } from "@/api/types";
import { dayIn, instantOf } from "@/parts/civil";
import { HERE, useFormat } from "@/parts/format";
import { Page, Panel } from "@/parts/page";
import { Empty, Failing } from "@/parts/states";
import classes from "./validate.module.css";

const STEPS = ["service", "kind", "number", "numberRule", "time", "hours", "duplicates", "throttle", "capacity"] as const;

type Step = Narrow<Api.StepRow, { step: (typeof STEPS)[number]; outcome: "passed" | "refused" | "skipped" }>;
type Verdict = Narrow<Api.Verdict, { steps: Step[] }>;

interface Question {
  service: string;
  phone: string;
  /** As the field for it writes it: YYYY-MM-DDTHH:MM, in the zone. Nothing means at once. */
  at: string;
  zone: string;
}

function zones(): string[] {
  return Intl.supportedValuesOf("timeZone");
}

export default function ValidatePage() {
  const { t } = useTranslation("validate");
  const may = useMay();
  const [search, setSearch] = useSearchParams();
  const services = useQuery({ ...servicesQuery, enabled: may("ges.service.view") });
  const question: Question = {
    service: search.get("service") ?? "",
    phone: search.get("phone") ?? "",
    at: search.get("at") ?? "",
    zone: search.get("zone") ?? HERE,
  };
  const check = useMutation({
    mutationFn: ({ service, phone, at, zone }: Question) => {
      const [day = "", time = ""] = at.split("T");
      return post<Verdict>("callbacks/check", {
        serviceName: service,
        phoneNumber: phone,
        ...(at ? { desiredTime: instantOf(day, time, zone).toISOString() } : {}),
      });
    },
  });
  const change = (more: Partial<Question>) => {
    const next = { ...question, ...more };
    setSearch(Object.fromEntries(Object.entries(next).filter(([name, value]) => value !== "" && !(name === "zone" && value === HERE))), {
      replace: true,
    });
  };
  const ready = question.service !== "" && question.phone !== "";
  // A link to a question asks it at once.
  useEffect(() => {
    if (ready) check.mutate(question);
    // Only when one comes here.
  }, []);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (ready) check.mutate(question);
  };
  const names = services.data?.services.map((one) => one.name) ?? [];
  return (
    <Page title={t("title")} lead={t("lead")}>
      <div className={classes["two"]}>
        <Panel title={t("question")}>
          <form className={classes["form"]} onSubmit={submit}>
            <Autocomplete
              label={t("service")}
              data={names}
              value={question.service}
              onChange={(service) => change({ service })}
              required
              withAsterisk={false}
            />
            <TextInput
              label={t("phone")}
              type="tel"
              placeholder="+1 202 555 0123"
              value={question.phone}
              onChange={(event) => change({ phone: event.currentTarget.value })}
              required
              withAsterisk={false}
            />
            <TextInput
              label={t("at")}
              description={t("atHint")}
              type="datetime-local"
              min={`${dayIn(new Date(), question.zone)}T00:00`}
              value={question.at}
              onChange={(event) => change({ at: event.currentTarget.value })}
            />
            <Select
              label={t("zone")}
              data={zones()}
              value={question.zone}
              onChange={(zone) => change({ zone: zone ?? HERE })}
              searchable
              limit={50}
              allowDeselect={false}
              disabled={question.at === ""}
            />
            <Button type="submit" disabled={!ready} loading={check.isPending}>
              {t("check")}
            </Button>
          </form>
        </Panel>
        <div aria-live="polite">
          {check.isError ? (
            <Failing error={check.error} retry={() => check.mutate(question)} />
          ) : check.data ? (
            <Answered verdict={check.data} service={question.service} />
          ) : (
            <Empty title={t("nothing")} text={t("nothingText")} />
          )}
        </div>
      </div>
    </Page>
  );
}

function Answered({ verdict, service }: { verdict: Verdict; service: string }) {
  const { t } = useTranslation("validate");
  const { t: parts, i18n } = useTranslation("parts");
  const may = useMay();
  const words = (step: Step) => {
    const key = `codes.${step.code ?? 0}`;
    return i18n.exists(key, { ns: "parts" }) ? parts(key) : step.message;
  };
  const refused = verdict.steps.find((step) => step.outcome === "refused");
  return (
    <Panel
      title={
        <span className={classes["verdict"]} data-accepted={verdict.accepted || undefined}>
          {verdict.accepted ? <IconCircleCheck size={22} /> : <IconCircleX size={22} />}
          {verdict.accepted ? t("accepted") : t("refused")}
        </span>
      }
      lead={verdict.accepted ? t("acceptedHint") : refused ? words(refused) : undefined}
      actions={
        verdict.accepted && may("ges.callback.create") ? (
          <Button component={Link} to="/callbacks/new" variant="default">
            {t("book", { service })}
          </Button>
        ) : undefined
      }
    >
      <ol className={classes["steps"]}>
        {verdict.steps.map((step) => {
          const Sign = { passed: IconCheck, refused: IconX, skipped: IconMinus }[step.outcome];
          return (
            <li key={step.step} data-outcome={step.outcome}>
              <span className={classes["sign"]} aria-hidden>
                <Sign size={14} stroke={2.6} />
              </span>
              <div>
                <b>{t(`steps.${step.step}`)}</b> <span className={classes["outcome"]}>{t(`outcomes.${step.outcome}`)}</span>
                <p>{t(`hints.${step.step}`)}</p>
                {step.outcome === "refused" && (
                  <p className={classes["why"]}>
                    {words(step)}
                    {step.message && words(step) !== step.message && <span> ({step.message})</span>}
                    {step.code !== undefined && (
                      <>
                        {" "}
                        <code>{step.code}</code>
                      </>
                    )}
                  </p>
                )}
                {step.detail !== undefined && step.detail !== null && <Detail value={step.detail} />}
              </div>
            </li>
          );
        })}
      </ol>
      <Free slots={verdict.slots ?? {}} />
    </Panel>
  );
}

/** What a step has looked at, in words. */
function Detail({ value }: { value: unknown }) {
  const { t, i18n } = useTranslation("validate");
  const format = useFormat();
  const text = () => {
    if (typeof value !== "object" || value === null) {
      const word = String(value);
      return i18n.exists(`looked.${word}`, { ns: "validate" }) ? t(`looked.${word}`) : word;
    }
    const found = value as Record<string, string | number>;
    const shown = Object.fromEntries(
      Object.entries(found).map(([name, one]) => [name, typeof one === "number" ? format.number(one) : format.short(one)]),
    );
    if ("earliest" in found) return t("looked.window", shown);
    if ("slot" in found) return t("looked.slot", shown);
    if ("open" in found) return t("looked.open", shown);
    if ("waiting" in found) return t("looked.waiting", shown);
    if ("retryAfterSeconds" in found) return t("looked.retry", { time: format.duration(Number(found["retryAfterSeconds"])) });
    return JSON.stringify(value);
  };
  return <p className={classes["detail"]}>{text()}</p>;
}

/** Free slots near the wanted one: places left by their start. */
function Free({ slots }: { slots: Record<string, number> }) {
  const { t } = useTranslation("validate");
  const format = useFormat();
  const free = Object.entries(slots);
  if (free.length === 0) return null;
  return (
    <>
      <h3 className={classes["free"]}>{t("free")}</h3>
      <ul className={classes["slots"]}>
        {free.map(([start, left]) => (
          <li key={start}>
            <b>{format.short(start)}</b> {t("left", { count: left, n: format.number(left) })}
          </li>
        ))}
      </ul>
    </>
  );
}
