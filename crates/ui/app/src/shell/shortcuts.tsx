// The keys that work here, told on `?`.
import { Kbd, Modal } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useMay } from "@/api/session";
import { SCREENS } from "@/screens";
import { useAllCommands } from "./commands";
import classes from "./shell.module.css";

export default function Shortcuts({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation("shell");
  const may = useMay();
  const commands = useAllCommands();
  const rows: [string, string][] = [
    ["mod K", t("palette.open")],
    ["?", t("shortcuts.title")],
    ["p", t("shortcuts.pause")],
    ...commands.flatMap((command): [string, string][] => (command.key ? [[command.key, command.label]] : [])),
    ...SCREENS.filter((screen) => screen.shortcut && may(screen.needs)).map((screen): [string, string] => [
      `g ${screen.shortcut ?? ""}`,
      t("palette.go", { screen: t(`screens.${screen.id}`) }),
    ]),
  ];
  const name = (key: string) => (key === "mod" ? (navigator.platform.startsWith("Mac") ? "⌘" : "Ctrl") : key);
  return (
    <Modal opened onClose={onClose} title={t("shortcuts.title")} size="md">
      <dl className={classes["keys"]}>
        {rows.map(([keys, label]) => (
          <div key={keys + label} style={{ display: "contents" }}>
            <dt>
              {keys.split(/[ +]/).map((key) => (
                <Kbd key={key} mr={4}>
                  {name(key)}
                </Kbd>
              ))}
            </dt>
            <dd>{label}</dd>
          </div>
        ))}
      </dl>
    </Modal>
  );
}
