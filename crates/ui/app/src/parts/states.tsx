// The four things a list or a document can be instead of there: loading, empty, failing, not permitted.
import { Button, Loader } from "@mantine/core";
import { IconAlertTriangle, IconInbox, IconLock, IconPlugConnectedX } from "@tabler/icons-react";
import type { UseQueryResult } from "@tanstack/react-query";
import { type ReactNode, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { NOT_PERMITTED, NO_SUCH_ADDRESS, Unreachable, isRefused } from "@/api/errors";
import { useErrorText } from "./errors";
import classes from "./states.module.css";

/** Waits a moment before it shows, so that fast answers do not flicker. */
export function Loading({ full = false }: { full?: boolean }) {
  const { t } = useTranslation("parts");
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), 150);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div className={classes["loading"]} data-full={full || undefined} role="status" aria-live="polite">
      {late && (
        <>
          <Loader size="sm" aria-hidden />
          <span className="sr-only">{t("states.loading")}</span>
        </>
      )}
    </div>
  );
}

interface MessageProps {
  icon: ReactNode;
  title: string;
  text?: ReactNode;
  detail?: string | undefined;
  bad?: boolean;
  small?: boolean;
  children?: ReactNode;
}

export function Message({ icon, title, text, detail, bad = false, small = false, children }: MessageProps) {
  return (
    <div className={classes["message"]} data-bad={bad || undefined} data-small={small || undefined} role={bad ? "alert" : undefined}>
      <span className={classes["icon"]} aria-hidden>
        {icon}
      </span>
      <h2>{title}</h2>
      {text && <p>{text}</p>}
      {detail && <code>{detail}</code>}
      {children && <div className={classes["act"]}>{children}</div>}
    </div>
  );
}

interface EmptyProps {
  title: string;
  text?: string;
  icon?: ReactNode;
  small?: boolean;
  children?: ReactNode;
}

export function Empty({ title, text, icon, small = false, children }: EmptyProps) {
  return (
    <Message icon={icon ?? <IconInbox size={28} />} title={title} text={text} small={small}>
      {children}
    </Message>
  );
}

export function Failing({ error, retry, small = false }: { error: unknown; retry?: () => void; small?: boolean }) {
  const { t } = useTranslation("parts");
  const errorText = useErrorText();
  if (isRefused(error, NOT_PERMITTED)) return <NotPermitted small={small} />;
  if (isRefused(error, NO_SUCH_ADDRESS)) {
    return <Message icon={<IconPlugConnectedX size={28} />} title={t("states.absent")} text={t("states.absentText")} small={small} />;
  }
  const gone = error instanceof Unreachable;
  return (
    <Message
      icon={gone ? <IconPlugConnectedX size={28} /> : <IconAlertTriangle size={28} />}
      title={gone ? t("states.gone") : t("states.failing")}
      text={gone ? t("states.goneText") : errorText(error)}
      detail={isRefused(error) && error.corrId ? `${error.code} · ${error.corrId}` : undefined}
      small={small}
      bad
    >
      {retry && (
        <Button variant="default" onClick={retry}>
          {t("states.retry")}
        </Button>
      )}
    </Message>
  );
}

export function NotPermitted({ small = false }: { small?: boolean }) {
  const { t } = useTranslation("parts");
  return <Message icon={<IconLock size={28} />} title={t("states.notPermitted")} text={t("states.notPermittedText")} small={small} />;
}

interface AnswerProps<T> {
  query: UseQueryResult<T>;
  children: (data: T) => ReactNode;
  small?: boolean;
}

/** A question's answer, or the state it is in instead. An old answer stays when asking again fails. */
export function Answer<T>({ query, children, small = false }: AnswerProps<T>) {
  if (query.data !== undefined) return children(query.data);
  if (query.isError) return <Failing error={query.error} retry={() => void query.refetch()} small={small} />;
  return <Loading />;
}
