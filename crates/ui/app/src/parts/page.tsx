// A screen's own frame: its name, what it is for, what can be done, and the content.
import { type ReactNode, useEffect, useRef, useState } from "react";
import classes from "./page.module.css";

interface PageProps {
  title: string;
  lead?: ReactNode;
  actions?: ReactNode;
  /** Filters and the like, between the name and the content. */
  bar?: ReactNode;
  /** The content fills the height and scrolls inside itself: tables, boards. */
  fill?: boolean;
  children: ReactNode;
}

export function Page({ title, lead, actions, bar, fill = false, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · GES`;
  }, [title]);
  return (
    <div className={classes["page"]} data-fill={fill || undefined}>
      <header className={classes["head"]}>
        <div className={classes["name"]}>
          <h1>{title}</h1>
          {lead && <p>{lead}</p>}
        </div>
        {actions && <div className={classes["actions"]}>{actions}</div>}
      </header>
      {bar && <div className={classes["bar"]}>{bar}</div>}
      <div className={classes["body"]}>{children}</div>
    </div>
  );
}

interface PanelProps {
  title?: ReactNode;
  lead?: ReactNode;
  actions?: ReactNode;
  /** Without inner space: for tables that reach the edges. */
  flush?: boolean;
  children: ReactNode;
}

/** A card on the page. */
export function Panel({ title, lead, actions, flush = false, children }: PanelProps) {
  return (
    <section className={classes["panel"]} data-flush={flush || undefined}>
      {(title || actions) && (
        <header>
          <div>
            {title && <h2>{title}</h2>}
            {lead && <p>{lead}</p>}
          </div>
          {actions && <div className={classes["actions"]}>{actions}</div>}
        </header>
      )}
      <Inner>{children}</Inner>
    </section>
  );
}

/** What is wider than its panel can be scrolled, then also with the keyboard. */
function Inner({ children }: { children: ReactNode }) {
  const box = useRef<HTMLDivElement>(null);
  const [wide, setWide] = useState(false);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const observer = new ResizeObserver(() => setWide(element.scrollWidth > element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return (
    <div ref={box} className={classes["inner"]} tabIndex={wide ? 0 : undefined}>
      {children}
    </div>
  );
}

/** Cards beside each other, as many as fit. `min` in pixels. */
export function Cards({ min = 280, children }: { min?: number; children: ReactNode }) {
  return (
    <div className={classes["cards"]} style={{ gridTemplateColumns: `repeat(auto-fill, minmax(min(${min}px, 100%), 1fr))` }}>
      {children}
    </div>
  );
}

/** Names and values, for documents that are read. */
export function Facts({ rows }: { rows: readonly (readonly [ReactNode, ReactNode] | undefined | false)[] }) {
  const shown = rows.filter((row): row is readonly [ReactNode, ReactNode] => Boolean(row));
  return (
    <dl className={classes["facts"]}>
      {shown.map(([name, value], index) => (
        <div key={index}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
