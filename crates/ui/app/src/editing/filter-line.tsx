// The line above a list that says what to see: the screen's own fields, a stretch of days, and the way back to all.
import { Button, Select, type SelectProps, TextInput } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import classes from "./editing.module.css";
import type { Filter } from "./use-filter";

interface FilterLineProps {
  filter: Filter<"from" | "to">;
  children: ReactNode;
}

export function FilterLine({ filter, children }: FilterLineProps) {
  const { t } = useTranslation("editing");
  return (
    <div className={classes["filter"]} role="search" aria-label={t("filter.label")}>
      {children}
      {(["from", "to"] as const).map((end) => (
        <TextInput
          key={end}
          type="date"
          label={t(end)}
          value={filter.values[end]}
          onChange={(event) => filter.put({ [end]: event.currentTarget.value })}
        />
      ))}
      {filter.used && (
        <Button variant="default" onClick={filter.clear}>
          {t("filter.clear")}
        </Button>
      )}
    </div>
  );
}

/** One of a few, or any. */
export function FilterChoice({ value, ...props }: SelectProps) {
  const { t } = useTranslation("editing");
  return <Select {...props} value={value || null} placeholder={t("filter.any")} clearable />;
}
