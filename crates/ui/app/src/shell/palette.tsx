// Everything that can be done, by a few letters of its name.
import { Kbd, Modal, TextInput } from "@mantine/core";
import { IconArrowRight, IconBolt, IconSearch } from "@tabler/icons-react";
import { type KeyboardEvent, type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { live, useLiveState } from "@/api/live";
import { useMay } from "@/api/session";
import { LANGUAGES, changeLanguage } from "@/i18n";
import { SCREENS } from "@/screens";
import { SCHEMES, useScheme } from "@/theme/scheme";
import { useAllCommands } from "./commands";
import { matching } from "./matching";
import classes from "./shell.module.css";

interface Entry {
  id: string;
  label: string;
  key?: string;
  icon: ReactNode;
  run: () => void;
}

export default function Palette({ onClose, onShortcuts }: { onClose: () => void; onShortcuts: () => void }) {
  const { t } = useTranslation("shell");
  const may = useMay();
  const navigate = useNavigate();
  const commands = useAllCommands();
  const { state } = useLiveState();
  const { setColorScheme } = useScheme();
  const [query, setQuery] = useState("");
  const [chosen, setChosen] = useState(0);

  const bolt = <IconBolt size={16} />;
  const entries: Entry[] = [
    ...commands.map((command) => ({ ...command, icon: bolt })),
    ...SCREENS.filter((screen) => may(screen.needs)).map((screen) => ({
      id: `go-${screen.id}`,
      label: t("palette.go", { screen: t(`screens.${screen.id}`) }),
      ...(screen.shortcut ? { key: `g ${screen.shortcut}` } : {}),
      icon: <IconArrowRight size={16} />,
      run: () => void navigate(`/${screen.path}`),
    })),
    state === "paused"
      ? { id: "resume", label: t("palette.resume"), key: "p", icon: bolt, run: () => live.resume() }
      : { id: "pause", label: t("palette.pause"), key: "p", icon: bolt, run: () => live.pause() },
    ...SCHEMES.map((scheme) => ({
      id: `theme-${scheme}`,
      label: `${t("theme.label")}: ${t(`theme.${scheme}`)}`,
      icon: bolt,
      run: () => setColorScheme(scheme),
    })),
    ...LANGUAGES.map(({ code, name }) => ({
      id: `language-${code}`,
      label: `${t("language")}: ${name}`,
      icon: bolt,
      run: () => void changeLanguage(code),
    })),
    { id: "shortcuts", label: t("shortcuts.title"), key: "?", icon: bolt, run: onShortcuts },
  ];
  const shown = matching(entries, query);
  const current = Math.min(chosen, shown.length - 1);
  const run = (entry: Entry | undefined) => {
    if (!entry) return;
    onClose();
    entry.run();
  };
  const pressed = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "ArrowDown") setChosen(Math.min(current + 1, shown.length - 1));
    else if (event.key === "ArrowUp") setChosen(Math.max(current - 1, 0));
    else if (event.key === "Enter") run(shown[current]);
    else return;
    event.preventDefault();
  };
  return (
    <Modal opened onClose={onClose} withCloseButton={false} padding="sm" size="lg" yOffset="12vh" attributes={{ content: { "aria-label": t("palette.open") } }}>
      <TextInput
        aria-label={t("palette.open")}
        placeholder={t("palette.placeholder")}
        leftSection={<IconSearch size={16} />}
        value={query}
        onChange={(event) => {
          setQuery(event.currentTarget.value);
          setChosen(0);
        }}
        onKeyDown={pressed}
        data-autofocus
        size="sm"
        role="combobox"
        aria-expanded
        aria-controls="palette-results"
        aria-activedescendant={shown[current] ? `palette-${shown[current].id}` : undefined}
      />
      <ul className={classes["results"]} id="palette-results" role="listbox" aria-label={t("palette.open")}>
        {shown.map((entry, index) => (
          <li
            key={entry.id}
            id={`palette-${entry.id}`}
            role="option"
            aria-selected={index === current}
            className={classes["result"]}
            ref={(element) => {
              if (index === current) element?.scrollIntoView({ block: "nearest" });
            }}
            onMouseMove={() => setChosen(index)}
            onClick={() => run(entry)}
          >
            {entry.icon}
            {entry.label}
            {entry.key && (
              <small>
                {entry.key.split(" ").map((key) => (
                  <Kbd key={key} size="xs" ml={4}>
                    {key}
                  </Kbd>
                ))}
              </small>
            )}
          </li>
        ))}
      </ul>
      {shown.length === 0 && <p>{t("palette.nothing")}</p>}
    </Modal>
  );
}
