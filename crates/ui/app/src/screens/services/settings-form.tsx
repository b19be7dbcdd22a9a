// The settings of a service as a form, or as names and values where they are only read.
import { ActionIcon, Button, NumberInput, Select, Switch, TextInput, Textarea } from "@mantine/core";
import { IconPlus, IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import classes from "@/editing/editing.module.css";
import { countryNames } from "@/editing/countries";
import { Zone } from "@/editing/zone";
import { useFormat } from "@/parts/format";
import { Facts, Panel } from "@/parts/page";
import { hoursNamesQuery } from "./api";
import { type Field, GROUPS, type Notice, type Settings, settingOf, withSetting } from "./fields";

interface SettingsProps {
  settings: Settings;
}

/** Switches have no label above them: they stand together, in a line of their own. */
const isFlag = ({ kind }: Field) => kind === "flag";

const keyOf = (field: Field) => `fields.${field.key.replaceAll(".", "-")}`;

export function SettingsFacts({ settings }: SettingsProps) {
  const { t } = useTranslation(["services", "editing"]);
  const format = useFormat();
  const shown = (field: Field) => {
    const value = settingOf(settings, field.key);
    if (value === undefined || value === null || value === "") return t(`absent.${field.key}`, { defaultValue: "–" });
    if (field.kind === "flag") return value ? t("editing:yes") : t("editing:no");
    if (field.kind === "number") {
      if (field.unit === "seconds") return format.duration(Number(value));
      const n = format.number(Number(value));
      return field.unit ? t(`units.${field.unit}`, { n }) : n;
    }
    if (field.key === "slotMinutes") return t("units.minutes", { n: format.number(Number(value)) });
    if (field.kind === "choice") return t(`choices.${String(value)}`);
    return String(value);
  };
  const notices = (settings["upcoming"] ?? []) as Notice[];
  return (
    <div className={classes["columns"]}>
      {GROUPS.map((group) => (
        <Panel key={group.id} title={t(`groups.${group.id}`)}>
          <Facts
            rows={[
              ...group.fields.map((field) => [t(keyOf(field)), shown(field)] as const),
              ...(group.id === "notice"
                ? notices.map(({ language, title, body }) => [`${t("notice.words")} (${language})`, `${title}: ${body}`] as const)
                : []),
            ]}
          />
        </Panel>
      ))}
    </div>
  );
}

interface FormProps extends SettingsProps {
  onChange: (settings: Settings) => void;
  faults: readonly string[];
}

export function SettingsForm({ settings, onChange, faults }: FormProps) {
  const { t } = useTranslation("services");
  const one = (field: Field) => (
    <One
      key={field.key}
      field={field}
      value={settingOf(settings, field.key)}
      odd={faults.includes(field.key)}
      onChange={(value) => onChange(withSetting(settings, field.key, value))}
    />
  );
  return (
    <>
      {GROUPS.map((group) => (
        <Panel key={group.id} title={t(`groups.${group.id}`)}>
          <div className={classes["form"]}>
            {group.fields.some(isFlag) && (
              <div className={classes["form"]} data-wide>
                {group.fields.filter(isFlag).map(one)}
              </div>
            )}
            {group.fields.filter((field) => !isFlag(field)).map(one)}
            {group.id === "notice" && (
              <Notices
                notices={(settings["upcoming"] ?? []) as Notice[]}
                faults={faults}
                onChange={(upcoming) => onChange({ ...settings, upcoming })}
              />
            )}
          </div>
        </Panel>
      ))}
    </>
  );
}

interface OneProps {
  field: Field;
  value: unknown;
  odd: boolean;
  onChange: (value: unknown) => void;
}

function One({ field, value, odd, onChange }: OneProps) {
  const { t } = useTranslation("services");
  const { number } = useFormat();
  const label = t(keyOf(field));
  switch (field.kind) {
    case "flag":
      return (
        <Switch
          label={label}
          checked={value === true}
          onChange={(event) => onChange(event.currentTarget.checked)}
        />
      );
    case "number":
      return (
        <NumberInput
          label={label}
          value={value === undefined || value === null ? "" : Number(value)}
          onChange={(next) => onChange(next === "" ? undefined : Number(next))}
          min={field.min}
          max={field.max}
          allowDecimal={false}
          clampBehavior="none"
          suffix={field.unit ? ` ${t(`suffixes.${field.unit}`)}` : ""}
          placeholder={field.optional ? t("noLimit") : ""}
          error={odd && t("between", { min: number(field.min), max: number(field.max) })}
          required={!field.optional}
          withAsterisk={false}
        />
      );
    case "text":
      return (
        <TextInput
          label={label}
          value={typeof value === "string" ? value : ""}
          onChange={(event) => onChange(event.currentTarget.value || (field.key === "scxmlUrl" ? "" : undefined))}
          maxLength={field.most}
          error={odd && (field.address ? t("needsAddress") : t("needed"))}
          required={!field.optional}
        />
      );
    case "choice":
      return (
        <Select
          label={label}
          data={field.of.map((one) => ({
            value: String(one),
            label: typeof one === "number" ? t("units.minutes", { n: number(one) }) : t(`choices.${one}`),
          }))}
          value={String(value ?? "")}
          onChange={(next) => next && onChange(typeof field.of[0] === "number" ? Number(next) : next)}
          allowDeselect={false}
        />
      );
    case "zone":
      return <Zone label={label} value={String(value ?? "UTC")} onChange={onChange} />;
    case "country":
      return <Country label={label} value={String(value ?? "US")} onChange={onChange} />;
    case "hours":
      return <Hours label={label} value={typeof value === "string" ? value : null} onChange={onChange} />;
  }
}

interface PickProps<V> {
  label: string;
  value: V;
  onChange: (value: unknown) => void;
}

function Country({ label, value, onChange }: PickProps<string>) {
  const { i18n } = useTranslation();
  const names = useMemo(() => countryNames(i18n.language), [i18n.language]);
  const data = [...names].map(([code, name]) => ({ value: code, label: name }));
  return <Select label={label} data={data} value={value} onChange={onChange} searchable allowDeselect={false} />;
}

function Hours({ label, value, onChange }: PickProps<string | null>) {
  const { t } = useTranslation("services");
  const hours = useQuery(hoursNamesQuery);
  const names = hours.data?.hours.map((one) => one.name) ?? [];
  const data = [...new Set([...names, ...(value ? [value] : [])])];
  return (
    <Select
      label={label}
      data={data}
      value={value}
      onChange={(next) => onChange(next ?? undefined)}
      placeholder={t("alwaysOpen")}
      clearable
      searchable
    />
  );
}

interface NoticesProps {
  notices: readonly Notice[];
  faults: readonly string[];
  onChange: (notices: Notice[]) => void;
}

function Notices({ notices, faults, onChange }: NoticesProps) {
  const { t } = useTranslation(["services", "editing"]);
  const put = (at: number, change: Partial<Notice>) =>
    onChange(notices.map((notice, index) => (index === at ? { ...notice, ...change } : notice)));
  return (
    <div className={classes["stack"]} data-wide>
      <p className={classes["dim"]}>{t("notice.lead")}</p>
      {notices.map((notice, at) => (
        <div key={at} className={classes["line"]} data-end>
          <TextInput
            label={t("notice.language")}
            value={notice.language}
            onChange={(event) => put(at, { language: event.currentTarget.value })}
            w={90}
            maxLength={35}
          />
          <TextInput
            label={t("notice.title")}
            value={notice.title}
            onChange={(event) => put(at, { title: event.currentTarget.value })}
            w={220}
            maxLength={255}
          />
          <Textarea
            label={t("notice.body")}
            value={notice.body}
            onChange={(event) => put(at, { body: event.currentTarget.value })}
            style={{ flex: "1 1 240px" }}
            autosize
            minRows={1}
            maxLength={1_024}
            error={faults.includes(`upcoming.${at}`) && t("notice.whole")}
          />
          <ActionIcon
            onClick={() => onChange(notices.filter((_, index) => index !== at))}
            aria-label={t("editing:takeAway", { name: notice.language || String(at + 1) })}
            mb={2}
          >
            <IconX size={16} />
          </ActionIcon>
        </div>
      ))}
      <div>
        <Button
          variant="default"
          leftSection={<IconPlus size={16} />}
          onClick={() => onChange([...notices, { language: "", title: "", body: "" }])}
        >
          {t("notice.add")}
        </Button>
      </div>
    </div>
  );
}
