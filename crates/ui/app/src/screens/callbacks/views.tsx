// Filters with a name: those that everybody has, and one's own.
import { ActionIcon, Button, Menu, Popover, TextInput } from "@mantine/core";
import { IconBookmark, IconDots, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { usePreference } from "@/api/preferences";
import { EVERYTHING, type Filter, INITIAL, toAddress } from "./filter";
import classes from "./callbacks.module.css";

interface View {
  name: string;
  address: string;
}

const BUILT_IN: readonly [string, Filter][] = [
  ["open", INITIAL],
  ["nextHour", { ...INITIAL, desired: "next-hour" }],
  ["today", { ...EVERYTHING, desired: "today" }],
  ["late", { ...INITIAL, desired: "past" }],
  ["ended", { ...EVERYTHING, state: ["COMPLETED"], desired: "today", order: "-desired" }],
  ["all", { ...EVERYTHING, order: "-created" }],
];

export function Views({ filter }: { filter: Filter }) {
  const { t } = useTranslation("callbacks");
  const [views, setViews] = usePreference<View[]>("callback-views", []);
  const [name, setName] = useState("");
  const [saving, setSaving] = useState(false);
  const address = toAddress(filter).toString();
  const links: View[] = [
    ...BUILT_IN.map(([id, one]) => ({ name: t(`views.${id}`), address: toAddress(one).toString() })),
    ...views,
  ];
  const known = links.some((view) => view.address === address);
  return (
    <nav className={classes["views"]} aria-label={t("views.label")}>
      {links.map((view) => (
        <Link
          key={view.name + view.address}
          to={{ pathname: "/callbacks", search: view.address }}
          aria-current={view.address === address ? "true" : undefined}
        >
          {view.name}
        </Link>
      ))}
      {!known && (
        <Popover opened={saving} onChange={setSaving} trapFocus position="bottom-start">
          <Popover.Target>
            <Button variant="subtle" leftSection={<IconBookmark size={15} />} onClick={() => setSaving(!saving)}>
              {t("views.save")}
            </Button>
          </Popover.Target>
          <Popover.Dropdown>
            <form
              className={classes["days"]}
              onSubmit={(event) => {
                event.preventDefault();
                setViews([...views.filter((view) => view.name !== name.trim()), { name: name.trim(), address }]);
                setSaving(false);
                setName("");
              }}
            >
              <TextInput
                label={t("views.name")}
                value={name}
                onChange={(event) => setName(event.currentTarget.value)}
                maxLength={40}
                required
                withAsterisk={false}
              />
              <Button type="submit">{t("views.keep")}</Button>
            </form>
          </Popover.Dropdown>
        </Popover>
      )}
      {views.length > 0 && (
        <Menu>
          <Menu.Target>
            <ActionIcon aria-label={t("views.manage")}>
              <IconDots size={16} />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            {views.map((view) => (
              <Menu.Item
                key={view.name}
                leftSection={<IconTrash size={15} />}
                onClick={() => setViews(views.filter((one) => one !== view))}
              >
                {t("views.remove", { name: view.name })}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      )}
    </nav>
  );
}
