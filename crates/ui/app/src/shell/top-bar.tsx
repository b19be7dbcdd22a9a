// What is always in sight: where one is signed in, whether what one sees is live, and the ways to everything else.
import { ActionIcon, Kbd, Menu, Tooltip } from "@mantine/core";
import {
  IconCheck,
  IconCircleFilled,
  IconDeviceDesktop,
  IconLogout,
  IconMenu2,
  IconMoon,
  IconPlayerPauseFilled,
  IconPlugConnectedX,
  IconRefresh,
  IconSearch,
  IconSun,
  IconUserCircle,
  IconWorld,
} from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { live, useLiveState } from "@/api/live";
import { useSignOut } from "@/api/session";
import type { Me } from "@/api/types";
import { LANGUAGES, changeLanguage } from "@/i18n";
import { useFormat } from "@/parts/format";
import { useScheme } from "@/theme/scheme";
import classes from "./shell.module.css";

interface TopBarProps {
  me: Me;
  onMenu: () => void;
  onPalette: () => void;
}

export function TopBar({ me, onMenu, onPalette }: TopBarProps) {
  const { t } = useTranslation("shell");
  return (
    <header className={classes["top"]}>
      <ActionIcon className={classes["burger"]} onClick={onMenu} aria-label={t("menu")}>
        <IconMenu2 size={20} />
      </ActionIcon>
      <Link to="/" className={classes["brand"]}>
        <img src="/ges/favicon.svg" width={26} height={26} alt="" />
        GES
        <span className={classes["tenant"]}>{me.tenant.name}</span>
      </Link>
      <button type="button" className={classes["seek"]} onClick={onPalette}>
        <IconSearch size={15} />
        <span>{t("palette.open")}</span>
        <Kbd size="xs" aria-hidden>{navigator.platform.startsWith("Mac") ? "⌘ K" : "Ctrl K"}</Kbd>
      </button>
      <span className={classes["grow"]} />
      <LivePill />
      <Brightness />
      <Languages />
      <Person me={me} />
    </header>
  );
}

export function LivePill() {
  const { t } = useTranslation("shell");
  const { number } = useFormat();
  const { state, held } = useLiveState();
  const icons = {
    off: <IconCircleFilled size={9} />,
    connecting: <IconRefresh size={14} />,
    live: <IconCircleFilled size={9} />,
    paused: <IconPlayerPauseFilled size={13} />,
    down: <IconPlugConnectedX size={15} />,
  };
  const act = () => {
    if (state === "live") live.pause();
    else if (state === "paused") live.resume();
    else live.retryNow();
  };
  const text = state === "paused" && held > 0 ? t("live.held", { count: held, n: number(held) }) : t(`live.${state}`);
  return (
    <Tooltip label={t(`live.${state}Hint`)}>
      <button type="button" className={classes["live"]} data-state={state} onClick={act} aria-label={text}>
        {icons[state]}
        <span>{text}</span>
      </button>
    </Tooltip>
  );
}

function Brightness() {
  const { t } = useTranslation("shell");
  const { colorScheme, setColorScheme } = useScheme();
  const choices = [
    { value: "light", icon: IconSun },
    { value: "dark", icon: IconMoon },
    { value: "auto", icon: IconDeviceDesktop },
  ] as const;
  const Chosen = choices.find((choice) => choice.value === colorScheme)?.icon ?? IconSun;
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon aria-label={t("theme.label")}>
          <Chosen size={18} stroke={1.7} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {choices.map(({ value, icon: Icon }) => (
          <Menu.Item
            key={value}
            leftSection={<Icon size={16} />}
            rightSection={value === colorScheme ? <IconCheck size={14} /> : null}
            onClick={() => setColorScheme(value)}
          >
            {t(`theme.${value}`)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

function Languages() {
  const { t, i18n } = useTranslation("shell");
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon aria-label={t("language")}>
          <IconWorld size={18} stroke={1.7} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {LANGUAGES.map(({ code, name }) => (
          <Menu.Item
            key={code}
            lang={code}
            rightSection={code === i18n.language ? <IconCheck size={14} /> : null}
            onClick={() => void changeLanguage(code)}
          >
            {name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

function Person({ me }: { me: Me }) {
  const { t } = useTranslation("shell");
  const signOut = useSignOut();
  const role = (name: string) => t(`roles.${name}`, { defaultValue: name });
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon aria-label={t("person", { name: me.displayName })}>
          <IconUserCircle size={20} stroke={1.6} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {me.displayName}
          <br />
          {me.roles.map(role).join(", ")}
          <br />
          {me.lines.kind === "all" ? t("lines.all") : t(`lines.${me.lines.kind}`, { queues: (me.lines.queues ?? []).join(", ") })}
        </Menu.Label>
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={() => signOut.mutate()}>
          {t("signOut")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
