// The way between screens: only those that the person may see.
import { useTranslation } from "react-i18next";
import { NavLink } from "react-router";
import { useMay } from "@/api/session";
import { GROUPS, SCREENS } from "@/screens";
import classes from "./shell.module.css";

export function Navigation({ open, onClose }: { open: boolean; onClose: () => void }) {
  const { t } = useTranslation("shell");
  const may = useMay();
  const visible = SCREENS.filter((screen) => may(screen.needs));
  return (
    <nav className={classes["nav"]} data-open={open || undefined} aria-label={t("navigation")}>
      {GROUPS.map((group) => {
        const screens = visible.filter((screen) => screen.group === group);
        if (screens.length === 0) return null;
        return (
          <section key={group}>
            {group !== "work" && <h2>{t(`groups.${group}`)}</h2>}
            <ul>
              {screens.map(({ id, path, icon: Icon }) => (
                <li key={id}>
                  <NavLink
                    to={`/${path}`}
                    end={path === ""}
                    className={classes["link"] ?? ""}
                    title={t(`screens.${id}`)}
                    onClick={onClose}
                  >
                    <Icon size={18} stroke={1.7} />
                    <span>{t(`screens.${id}`)}</span>
                  </NavLink>
                </li>
              ))}
            </ul>
          </section>
        );
      })}
    </nav>
  );
}
