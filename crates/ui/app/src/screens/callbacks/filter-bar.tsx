// One line that says what is shown, in words, and takes more words.
import { ActionIcon, Button, Combobox, Pill, PillsInput, Popover, TextInput, useCombobox } from "@mantine/core";
import { IconCalendar, IconFilter, IconX } from "@tabler/icons-react";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { dayIn } from "@/parts/civil";
import { useFormat } from "@/parts/format";
import { useCommands } from "@/shell/commands";
import { EVERYTHING, type Filter, toAddress } from "./filter";
import { useVocabulary } from "./vocabulary";
import { type Suggestion, said, suggestions } from "./words";
import classes from "./callbacks.module.css";

interface FilterBarProps {
  filter: Filter;
  onChange: (filter: Filter) => void;
}

const GROUPS: readonly Suggestion["group"][] = ["number", "state", "desired", "service", "queue", "reason", "kind", "created"];

export function FilterBar({ filter, onChange }: FilterBarProps) {
  const { t } = useTranslation("callbacks");
  const format = useFormat();
  const words = useVocabulary();
  const [text, setText] = useState("");
  const input = useRef<HTMLInputElement>(null);
  const combobox = useCombobox({ onDropdownClose: () => combobox.resetSelectedOption() });
  const shown = suggestions(text, words);
  const or = new Intl.ListFormat(format.locale.slice(0, 2), { type: "disjunction", style: "short" });
  const pieces = said(filter, words, (list) => or.format(list));

  useCommands([{ id: "filter", label: t("filter.focus"), key: "/", run: () => input.current?.focus() }]);

  const choose = (id: string) => {
    const one = shown.find((each) => each.id === id);
    if (!one) return;
    onChange(one.apply(filter));
    setText("");
    combobox.resetSelectedOption();
  };
  return (
    <div className={classes["filter"]}>
      <Combobox store={combobox} onOptionSubmit={choose} position="bottom-start" width={340} shadow="md">
        <Combobox.DropdownTarget>
          <PillsInput
            size="xs"
            className={classes["pills"] ?? ""}
            leftSection={<IconFilter size={15} />}
            onClick={() => {
              combobox.openDropdown();
              input.current?.focus();
            }}
          >
            <Pill.Group>
              {pieces.map((piece) => (
                <Pill
                  key={piece.id}
                  withRemoveButton
                  onRemove={() => onChange(piece.without(filter))}
                  removeButtonProps={{ "aria-label": t("filter.remove", { piece: piece.text }), "aria-hidden": false }}
                >
                  {piece.text}
                </Pill>
              ))}
              <Combobox.EventsTarget>
                <PillsInput.Field
                  ref={input}
                  aria-label={t("filter.label")}
                  placeholder={pieces.length === 0 ? t("filter.everything") : t("filter.more")}
                  value={text}
                  onFocus={() => combobox.openDropdown()}
                  onBlur={() => combobox.closeDropdown()}
                  onChange={(event) => {
                    setText(event.currentTarget.value);
                    combobox.openDropdown();
                    combobox.selectFirstOption();
                  }}
                  onKeyDown={(event) => {
                    const last = pieces.at(-1);
                    if (event.key === "Backspace" && text === "" && last) onChange(last.without(filter));
                    if (event.key === "Escape" && !combobox.dropdownOpened) input.current?.blur();
                  }}
                />
              </Combobox.EventsTarget>
            </Pill.Group>
          </PillsInput>
        </Combobox.DropdownTarget>
        <Combobox.Dropdown>
          <Combobox.Options mah={340} aria-label={t("filter.label")} tabIndex={0} className={classes["options"] ?? ""}>
            {shown.length === 0 && <Combobox.Empty>{t("filter.nothing")}</Combobox.Empty>}
            {GROUPS.map((group) => {
              const options = shown.filter((one) => one.group === group);
              if (options.length === 0) return null;
              return (
                <Combobox.Group key={group} label={t(`groups.${group}`)}>
                  {options.map((one) => (
                    <Combobox.Option key={one.id} value={one.id}>
                      {one.label}
                    </Combobox.Option>
                  ))}
                </Combobox.Group>
              );
            })}
          </Combobox.Options>
        </Combobox.Dropdown>
      </Combobox>
      <Days filter={filter} onChange={onChange} />
      {toAddress(filter).toString() !== "" && (
        <ActionIcon onClick={() => onChange({ ...EVERYTHING, order: filter.order })} aria-label={t("filter.clear")}>
          <IconX size={16} />
        </ActionIcon>
      )}
    </div>
  );
}

/** Days from a calendar, for what no word names. */
function Days({ filter, onChange }: FilterBarProps) {
  const { t } = useTranslation("callbacks");
  const today = dayIn(new Date());
  const [first, last] = filter.desired?.includes("..") ? filter.desired.split("..") : [today, today];
  const [from, setFrom] = useState(first ?? today);
  const [to, setTo] = useState(last ?? today);
  const [opened, setOpened] = useState(false);
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-start" trapFocus>
      <Popover.Target>
        <ActionIcon onClick={() => setOpened(!opened)} aria-label={t("days.label")} variant="default" size={30}>
          <IconCalendar size={16} />
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown>
        <form
          className={classes["days"]}
          onSubmit={(event) => {
            event.preventDefault();
            onChange({ ...filter, desired: from <= to ? `${from}..${to}` : `${to}..${from}` });
            setOpened(false);
          }}
        >
          <TextInput type="date" label={t("days.from")} value={from} onChange={(event) => setFrom(event.currentTarget.value)} required withAsterisk={false} />
          <TextInput type="date" label={t("days.to")} value={to} onChange={(event) => setTo(event.currentTarget.value)} required withAsterisk={false} />
          <Button type="submit">{t("days.apply")}</Button>
        </form>
      </Popover.Dropdown>
    </Popover>
  );
}
