// Which columns, in which order.
import { ActionIcon, Button, Checkbox, Popover } from "@mantine/core";
import { IconChevronDown, IconChevronUp, IconColumns3 } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Column, ColumnChoice } from "./data-table";
import classes from "./column-chooser.module.css";

interface ColumnChooserProps<T> {
  columns: readonly Column<T>[];
  choice: ColumnChoice;
  initial: ColumnChoice;
  onChange: (choice: ColumnChoice) => void;
}

export function ColumnChooser<T>({ columns, choice, initial, onChange }: ColumnChooserProps<T>) {
  const { t } = useTranslation("parts");
  const ids = columns.map((column) => column.id);
  const chosen = choice.order.filter((id) => ids.includes(id));
  const order = [...chosen, ...ids.filter((id) => !chosen.includes(id))];
  const move = (index: number, by: number) => {
    const next = [...order];
    const [id] = next.splice(index, 1);
    if (id === undefined) return;
    next.splice(index + by, 0, id);
    onChange({ ...choice, order: next });
  };
  const toggle = (id: string) => {
    const hidden = choice.hidden.includes(id) ? choice.hidden.filter((one) => one !== id) : [...choice.hidden, id];
    if (hidden.length < ids.length) onChange({ ...choice, hidden });
  };
  return (
    <Popover position="bottom-end" trapFocus>
      <Popover.Target>
        <Button variant="default" leftSection={<IconColumns3 size={16} />}>
          {t("table.columns")}
        </Button>
      </Popover.Target>
      <Popover.Dropdown p="xs">
        <ul className={classes["list"]}>
          {order.map((id, index) => {
            const name = columns.find((column) => column.id === id)?.header ?? id;
            return (
              <li key={id}>
                <Checkbox label={name} checked={!choice.hidden.includes(id)} onChange={() => toggle(id)} />
                <ActionIcon
                  size="sm"
                  disabled={index === 0}
                  onClick={() => move(index, -1)}
                  aria-label={t("table.moveUp", { column: name })}
                >
                  <IconChevronUp size={14} />
                </ActionIcon>
                <ActionIcon
                  size="sm"
                  disabled={index === order.length - 1}
                  onClick={() => move(index, 1)}
                  aria-label={t("table.moveDown", { column: name })}
                >
                  <IconChevronDown size={14} />
                </ActionIcon>
              </li>
            );
          })}
        </ul>
        <Button variant="subtle" fullWidth onClick={() => onChange(initial)}>
          {t("table.reset")}
        </Button>
      </Popover.Dropdown>
    </Popover>
  );
}
