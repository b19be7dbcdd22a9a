// The parts of a screen, each with an address of its own.
import { NavLink } from "react-router";
import classes from "./editing.module.css";

interface SectionsProps {
  label: string;
  /** Addresses below /ges/. */
  of: readonly ({ to: string; label: string; end?: boolean } | false)[];
}

export function Sections({ label, of }: SectionsProps) {
  const shown = of.filter((one) => one !== false);
  if (shown.length < 2) return null;
  return (
    <nav className={classes["sections"]} aria-label={label}>
      {shown.map(({ to, label, end = true }) => (
        <NavLink key={to} to={to} end={end}>
          {label}
        </NavLink>
      ))}
    </nav>
  );
}
