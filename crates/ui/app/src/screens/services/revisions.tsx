// What was published or edited when, and how one revision differs from the one before it.
import { Badge } from "@mantine/core";
import { IconHistory, IconMinus, IconPencil, IconPlus } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link, useParams } from "react-router";
import { Back } from "@/editing/gone";
import classes from "@/editing/editing.module.css";
import { Paged } from "@/editing/paged";
import { Rows } from "@/editing/rows";
import { useFormat } from "@/parts/format";
import { Page, Panel } from "@/parts/page";
import { Answer, Empty } from "@/parts/states";
import { When } from "@/parts/when";
import { type DiffRow, type Revision, revisionQuery, revisionsQuery } from "./api";
import { ServiceSections } from "./services";

export function Revisions() {
  const { t } = useTranslation(["services", "editing"]);
  const { number, list } = useFormat();
  const revisions = useInfiniteQuery(revisionsQuery);
  return (
    <Page title={t("title")} lead={t("revisionsLead")} bar={<ServiceSections />}>
      <Paged
        query={revisions}
        rows={(page) => page.revisions}
        empty={<Empty icon={<IconHistory size={28} />} title={t("noRevisions")} />}
      >
        {(rows) => (
          <Panel flush>
            <Rows<Revision>
              label={t("sections.revisions")}
              rows={rows}
              rowKey={(row) => String(row.revision)}
              columns={[
                {
                  key: "revision",
                  label: t("revisionWord"),
                  head: true,
                  cell: (row) => <Link to={`/services/revisions/${row.revision}`}>{number(row.revision)}</Link>,
                },
                { key: "at", label: t("at"), cell: (row) => <When at={row.at} /> },
                { key: "by", label: t("by"), cell: (row) => (
                    <>
                      {row.by ?? "–"}
                      {row.note && <div className={classes["dim"]}>“{row.note}”</div>}
                    </>
                  ),
                },
                { key: "changed", label: t("changed"), cell: (row) => list(row.changed) || "–" },
                { key: "removed", label: t("removed"), cell: (row) => list(row.removed) || "–" },
              ]}
            />
          </Panel>
        )}
      </Paged>
    </Page>
  );
}

const written = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));

/** The rows of a diff by what they are about. */
export function grouped(diff: readonly DiffRow[]): [string, DiffRow[]][] {
  const groups = new Map<string, DiffRow[]>();
  for (const row of diff) {
    const of = row.service ?? row.hours ?? row.rule ?? "";
    groups.set(of, [...(groups.get(of) ?? []), row]);
  }
  return [...groups];
}

export function RevisionDiff() {
  const { t } = useTranslation("services");
  const { revision = "" } = useParams();
  const query = useQuery(revisionQuery(revision));
  return (
    <Page
      title={t("revision", { n: revision })}
      lead={t("diffLead")}
      actions={<Back to="/services/revisions" />}
      bar={<ServiceSections />}
    >
      <Answer query={query}>
        {(data) =>
          data.diff.length === 0 ? (
            <Empty title={t("noDiff")} />
          ) : (
            <>
              {grouped(data.diff).map(([of, rows]) => (
                <Panel key={of} title={of} lead={rows[0]?.rule ? t("diffRule") : rows[0]?.hours ? t("diffHours") : t("diffService")} flush>
                  <Rows<DiffRow>
                    label={of}
                    rows={rows}
                    rowKey={(row) => row.path}
                    columns={[
                      { key: "path", label: t("setting"), head: true, cell: (row) => <SettingName path={row.path} /> },
                      { key: "kind", label: t("change"), cell: (row) => <Kind row={row} /> },
                      {
                        key: "before",
                        label: t("before"),
                        cell: (row) => (row.before === undefined ? "–" : <del className={classes["mono"]}>{written(row.before)}</del>),
                      },
                      {
                        key: "after",
                        label: t("after"),
                        cell: (row) => (row.after === undefined ? "–" : <ins className={classes["mono"]}>{written(row.after)}</ins>),
                      },
                    ]}
                  />
                </Panel>
              ))}
            </>
          )
        }
      </Answer>
    </Page>
  );
}

function Kind({ row }: { row: DiffRow }) {
  const { t } = useTranslation("services");
  const kind = row.before === undefined ? "added" : row.after === undefined ? "gone" : "edited";
  const looks = {
    added: { color: "green", icon: <IconPlus size={12} /> },
    gone: { color: "red", icon: <IconMinus size={12} /> },
    edited: { color: "blue", icon: <IconPencil size={12} /> },
  }[kind];
  return (
    <Badge color={looks.color} leftSection={looks.icon}>
      {t(`kinds.${kind}`)}
    </Badge>
  );
}

/** What the history calls by another name than the settings do. */
const ALSO: Record<string, string> = {
  immediate: "immediateCallbackEnabled",
  scheduled: "scheduledCallbackEnabled",
  surveyRoutePoint: "surveyRP",
  zone: "timezone",
  slotLength: "slotMinutes",
};

/** The name in the words of this page, of a setting and of what else changes of a service, hours or a rule. */
export function nameOf(path: string): string {
  const setting = path.replace(/^settings\./, "");
  return `fields.${(ALSO[setting] ?? setting).replaceAll(".", "-")}`;
}

function SettingName({ path }: { path: string }) {
  const { t, i18n } = useTranslation("services");
  const key = nameOf(path);
  if (path === "") return t("everything");
  if (path.startsWith("queues.")) return `${t("fields.virtualQueue")} ${path.slice("queues.".length)}`;
  if (!i18n.exists(key, { ns: "services" })) return <span className={classes["mono"]}>{path}</span>;
  return key.startsWith("fields.priority-") ? `${t("groups.priority")}: ${t(key)}` : t(key);
}
