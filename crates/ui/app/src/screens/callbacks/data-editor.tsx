// What is attached to a callback, as names and values.
import { ActionIcon, Button, TextInput } from "@mantine/core";
import { IconPlus, IconX } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import classes from "./callbacks.module.css";

export type Pairs = [string, string][];

export const toPairs = (data: Record<string, unknown>): Pairs =>
  Object.entries(data).map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]);

/** A value that reads as JSON of another kind than text is that; everything else is text. */
export function fromPairs(pairs: Pairs): Record<string, unknown> {
  const parsed = (value: string): unknown => {
    try {
      const found: unknown = JSON.parse(value);
      // A number that would not be written the same is a name of something, like 007.
      return typeof found === "string" || JSON.stringify(found) !== value ? value : found;
    } catch {
      return value;
    }
  };
  return Object.fromEntries(pairs.filter(([name]) => name.trim() !== "").map(([name, value]) => [name.trim(), parsed(value)]));
}

export function DataEditor({ pairs, onChange }: { pairs: Pairs; onChange: (pairs: Pairs) => void }) {
  const { t } = useTranslation("callbacks");
  const set = (index: number, pair: [string, string]) => onChange(pairs.map((one, at) => (at === index ? pair : one)));
  return (
    <fieldset className={classes["data"]}>
      <legend>{t("data.label")}</legend>
      {pairs.map(([name, value], index) => (
        <div key={index}>
          <TextInput
            aria-label={t("data.name")}
            placeholder={t("data.name")}
            value={name}
            onChange={(event) => set(index, [event.currentTarget.value, value])}
          />
          <TextInput
            aria-label={t("data.value", { name })}
            placeholder={t("data.valueHint")}
            value={value}
            onChange={(event) => set(index, [name, event.currentTarget.value])}
          />
          <ActionIcon onClick={() => onChange(pairs.filter((_, at) => at !== index))} aria-label={t("data.remove", { name })}>
            <IconX size={15} />
          </ActionIcon>
        </div>
      ))}
      <Button variant="subtle" leftSection={<IconPlus size={15} />} onClick={() => onChange([...pairs, ["", ""]])}>
        {t("data.add")}
      </Button>
    </fieldset>
  );
}
