// Two people edited the same document: both sides, difference by difference, and a choice.
import { Button, Modal, Table } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { CHANGED_MEANWHILE, isRefused } from "@/api/errors";
import { type Difference, differences } from "./differences";
import classes from "./confirm.module.css";

interface ConflictProps<T> {
  /** What was refused; anything but a conflict shows nothing. */
  error: unknown;
  /** What one wanted to save. */
  mine: T;
  /** Keeps one's own version, on top of the newer revision. */
  onMine: (now: T) => void;
  /** Takes what somebody else saved. */
  onTheirs: (now: T) => void;
  onClose: () => void;
  /** A field's name for people. */
  label?: (path: string) => string;
}

/** The current document of a refusal by revision. */
export function nowOf<T>(error: unknown): T | undefined {
  if (!isRefused(error, CHANGED_MEANWHILE)) return undefined;
  return (error.data as { now?: T } | undefined)?.now;
}

export function Conflict<T extends object>({ error, mine, onMine, onTheirs, onClose, label }: ConflictProps<T>) {
  const { t } = useTranslation("parts");
  const now = nowOf<T>(error);
  if (!now) return null;
  const rows: Difference[] = differences(mine, now).filter((row) => row.path !== "revision");
  return (
    <Modal opened onClose={onClose} title={t("conflict.title")} size="lg" zIndex={350}>
      <div className={classes["form"]}>
        <div>{t("conflict.text")}</div>
        <Table withTableBorder>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t("conflict.field")}</Table.Th>
              <Table.Th>{t("conflict.mine")}</Table.Th>
              <Table.Th>{t("conflict.theirs")}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows.map((row) => (
              <Table.Tr key={row.path}>
                <Table.Th scope="row">{label?.(row.path) ?? row.path}</Table.Th>
                <Table.Td>{row.before ?? "–"}</Table.Td>
                <Table.Td>{row.after ?? "–"}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
        <div className={classes["buttons"]}>
          <Button variant="default" onClick={() => onTheirs(now)}>
            {t("conflict.takeTheirs")}
          </Button>
          <Button onClick={() => onMine(now)}>{t("conflict.keepMine")}</Button>
        </div>
      </div>
    </Modal>
  );
}
