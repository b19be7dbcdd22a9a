// The audit log: newest first, filtered by who, what, when and how it ended.
import { Badge, TextInput } from "@mantine/core";
import { IconBan, IconCheck, IconListSearch, IconX } from "@tabler/icons-react";
import { infiniteQueryOptions, useInfiniteQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { type Query, get } from "@/api/client";
import type * as Api from "@/api/schema";
import type { Narrow } from "@/api/types";
import classes from "@/editing/editing.module.css";
import { FilterChoice, FilterLine } from "@/editing/filter-line";
import { Paged } from "@/editing/paged";
import { Rows } from "@/editing/rows";
import { sinceDay, untilDay, useFilter } from "@/editing/use-filter";
import { Copy } from "@/parts/copy";
import { Page, Panel } from "@/parts/page";
import { Empty } from "@/parts/states";
import { When } from "@/parts/when";

type Outcome = "done" | "refused" | "failed";

type Entry = Narrow<Api.AuditLine, { outcome: Outcome }>;

const auditQuery = (filter: Query) =>
  infiniteQueryOptions({
    queryKey: ["audit", filter],
    queryFn: ({ signal, pageParam }) =>
      get<Narrow<Api.AuditLog, { entries: Entry[] }>>("audit", { ...filter, cursor: pageParam }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next,
  });

const OUTCOMES = ["done", "refused", "failed"] as const;
const LOOKS = {
  done: { color: "green", icon: IconCheck },
  refused: { color: "yellow", icon: IconBan },
  failed: { color: "red", icon: IconX },
} as const;

/** Parts of the log that people ask for; each finds all that begins with it. */
const WHATS = [
  "callback",
  "bulk",
  "capacity",
  "numbers",
  "regions",
  "service",
  "hours",
  "call-in",
  "credential",
  "apikey",
  "webhook",
  "number",
  "tenant",
  "sign-in",
];

export default function Audit() {
  const { t, i18n } = useTranslation(["audit", "editing"]);
  const filter = useFilter(["who", "what", "outcome", "from", "to"]);
  const { who, what, outcome, from, to } = filter.values;
  const entries = useInfiniteQuery(auditQuery({ who, what, outcome, from: sinceDay(from), to: untilDay(to) }));
  const whatText = (name: string) => (i18n.exists(`whats.${name}`, { ns: "audit" }) ? t(`whats.${name}`) : name);
  return (
    <Page title={t("title")} lead={t("lead")}>
      <FilterLine filter={filter}>
        <TextInput
          label={t("who")}
          value={who}
          onChange={(event) => filter.put({ who: event.currentTarget.value })}
          w={170}
        />
        <FilterChoice
          label={t("what")}
          data={[...new Set([...WHATS, ...(what ? [what] : [])])].map((value) => ({ value, label: whatText(value) }))}
          value={what}
          onChange={(value) => filter.put({ what: value })}
          searchable
          w={190}
        />
        <FilterChoice
          label={t("outcome")}
          data={OUTCOMES.map((value) => ({ value, label: t(`outcomes.${value}`) }))}
          value={outcome}
          onChange={(value) => filter.put({ outcome: value })}
          w={150}
        />
      </FilterLine>
      <Panel flush>
        <Paged
          query={entries}
          rows={(page) => page.entries}
          empty={
            <Empty
              icon={<IconListSearch size={28} />}
              title={filter.used ? t("editing:filter.none") : t("none")}
              text={filter.used ? t("editing:filter.noneText") : t("noneText")}
            />
          }
        >
          {(rows) => (
            <Rows<Entry>
              label={t("title")}
              rows={rows}
              rowKey={(entry) => entry.id}
              columns={[
                { key: "at", label: t("at"), head: true, cell: (entry) => <When at={entry.at} /> },
                {
                  key: "who",
                  label: t("who"),
                  cell: (entry) => (
                    <>
                      {entry.who}
                      {entry.address && <div className={classes["dim"]}>{entry.address}</div>}
                    </>
                  ),
                },
                {
                  key: "what",
                  label: t("what"),
                  cell: (entry) => <span className={classes["mono"]}>{entry.what}</span>,
                },
                {
                  key: "on",
                  label: t("on"),
                  cell: (entry) => (
                    <>
                      {entry.on ? <span className={classes["mono"]}>{entry.on}</span> : "–"}
                      {entry.note && <div className={classes["dim"]}>“{entry.note}”</div>}
                    </>
                  ),
                },
                {
                  key: "outcome",
                  label: t("outcome"),
                  cell: (entry) => {
                    const { color, icon: Icon } = LOOKS[entry.outcome];
                    return (
                      <Badge color={color} leftSection={<Icon size={12} />}>
                        {t(`outcomes.${entry.outcome}`)}
                        {entry.code !== undefined && entry.outcome !== "done" && ` · ${entry.code}`}
                      </Badge>
                    );
                  },
                },
                {
                  key: "corr",
                  label: t("corrId"),
                  cell: (entry) => (
                    <span className={classes["line"]} style={{ flexWrap: "nowrap", gap: 2 }}>
                      <span className={classes["code"]}>{entry.corrId.slice(0, 8)}</span>
                      <Copy text={entry.corrId} label={t("copyCorrId", { id: entry.corrId.slice(0, 8) })} />
                    </span>
                  ),
                },
              ]}
            />
          )}
        </Paged>
      </Panel>
    </Page>
  );
}
