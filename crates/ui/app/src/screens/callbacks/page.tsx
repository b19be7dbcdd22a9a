// The callbacks: what is shown stands in the address, one of them may be open beside the list.
import { Button, Menu } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { IconChevronDown, IconDownload, IconPlus } from "@tabler/icons-react";
import { Suspense, lazy, useCallback, useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate, useParams, useSearchParams } from "react-router";
import { address } from "@/api/client";
import { usePreference } from "@/api/preferences";
import { servicesQuery } from "@/api/queries";
import { useMay } from "@/api/session";
import type { CallbackRow } from "@/api/types";
import { ColumnChooser } from "@/parts/column-chooser";
import { type ColumnChoice, DataTable } from "@/parts/data-table";
import { useFormat } from "@/parts/format";
import { Guarded } from "@/parts/guarded";
import { useNarrow } from "@/parts/narrow";
import { Page } from "@/parts/page";
import { Empty, Failing, Loading } from "@/parts/states";
import { useCommands } from "@/shell/commands";
import { BulkBar } from "./bulk-bar";
import { FIRST_CHOICE, useColumns, useSummary } from "./columns";
import { FilterBar } from "./filter-bar";
import { type Filter, type Order, fromAddress, toAddress, toQuery } from "./filter";
import { Jobs } from "./jobs";
import { useCallbackList } from "./list";
import { Views } from "./views";
import classes from "./callbacks.module.css";

const Details = lazy(() => import("./details"));
const Create = lazy(() => import("./create"));

export default function CallbacksPage() {
  const { t } = useTranslation("callbacks");
  const { number } = useFormat();
  const may = useMay();
  const navigate = useNavigate();
  const path = useParams()["*"] ?? "";
  const [search, setSearch] = useSearchParams();
  const searchText = search.toString();
  const filter = useMemo(() => fromAddress(new URLSearchParams(searchText)), [searchText]);
  const change = useCallback((next: Filter) => setSearch(toAddress(next)), [setSearch]);
  const open = path !== "" && path !== "new" ? path : undefined;
  const creating = path === "new";

  const { list, rows, count } = useCallbackList(filter);
  const columns = useColumns();
  const summary = useSummary();
  const narrow = useNarrow();
  const [choice, setChoice] = usePreference<ColumnChoice>("callback-columns", FIRST_CHOICE);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const filterText = toAddress(filter).toString();
  useEffect(() => setSelected(new Set()), [filterText]);

  const go = useCallback(
    (to: string) => void navigate({ pathname: `/callbacks${to === "" ? "" : `/${to}`}`, search: searchText }),
    [navigate, searchText],
  );
  const show = useCallback((row: CallbackRow) => go(row.id), [go]);
  const canCreate = may("ges.callback.create");
  // Read ahead: the form should not wait for it.
  useQuery({ ...servicesQuery, enabled: canCreate });
  useCommands(canCreate ? [{ id: "create", label: t("create.command"), key: "n", run: () => go("new") }] : []);
  const more = useCallback(() => {
    if (list.hasNextPage && !list.isFetchingNextPage) void list.fetchNextPage();
  }, [list.hasNextPage, list.isFetchingNextPage, list.fetchNextPage]);

  const total = count?.count ?? rows.length;
  return (
    <div className={classes["split"]} data-open={open !== undefined || undefined}>
      <Page
        title={t("title")}
        lead={
          <span role="status" className="num">
            {count && !count.exact ? t("moreThan", { n: number(total) }) : t("count", { count: total, n: number(total) })}
            {rows.length < total && rows.length > 0 && ` · ${t("loaded", { n: number(rows.length) })}`}
          </span>
        }
        fill
        actions={
          <>
            <Jobs />
            <Export filter={filter} choice={choice} />
            {!narrow && <ColumnChooser columns={columns} choice={choice} initial={FIRST_CHOICE} onChange={setChoice} />}
            <Guarded needs="ges.callback.create">
              <Button leftSection={<IconPlus size={16} />} onClick={() => go("new")}>
                {t("create.act")}
              </Button>
            </Guarded>
          </>
        }
        bar={
          <div className={classes["bar"]}>
            <Views filter={filter} />
            <FilterBar filter={filter} onChange={change} />
          </div>
        }
      >
        {list.isError && rows.length === 0 ? (
          <Failing error={list.error} retry={() => void list.refetch()} />
        ) : list.isPending ? (
          <Loading />
        ) : (
          <div className={classes["table"]} aria-busy={list.isPlaceholderData}>
            <DataTable
              label={t("title")}
              rows={rows}
              rowId={rowId}
              {...(narrow ? { columns: summary, rowHeight: 60 } : { columns, choice })}
              sort={filter.order === "-created" ? "-created" : filter.order}
              onSort={(sort) => change({ ...filter, order: (sort === "created" ? "-created" : sort) as Order })}
              onOpen={show}
              active={open}
              total={total}
              onEnd={more}
              loadingMore={list.isFetchingNextPage}
              empty={<Empty title={t("empty.title")} text={t("empty.text")} />}
              fill
              {...(may(["ges.callback.cancel", "ges.callback.reschedule"]) ? { selected, onSelect: setSelected } : {})}
            />
            <BulkBar filter={filter} rows={rows} total={total} selected={selected} onClear={() => setSelected(new Set())} />
          </div>
        )}
      </Page>
      <Suspense fallback={<div className={classes["panel"]} />}>
        {open !== undefined && <Details id={open} onClose={() => go("")} onOpen={go} />}
        {creating && <Create onClose={() => go("")} onDone={(row) => go(row.id)} />}
      </Suspense>
    </div>
  );
}

const rowId = (row: CallbackRow) => row.id;

/** The shown columns of all rows of the filter, as a file. The service streams it; nothing is held here. */
function Export({ filter, choice }: { filter: Filter; choice: ColumnChoice }) {
  const { t } = useTranslation("callbacks");
  const columns = useColumns();
  const may = useMay();
  const shown = columns.map((column) => column.id).filter((id) => !choice.hidden.includes(id));
  const wanted = ["id", ...shown.filter((id) => id !== "id"), ...(shown.includes("state") ? ["reason"] : [])];
  const href = (format: string) =>
    address("callbacks/export", { ...toQuery(filter, new Date()), format, columns: wanted.join(",") });
  if (!may("ges.callback.export")) {
    return (
      <Guarded needs="ges.callback.export">
        <Button variant="default" leftSection={<IconDownload size={16} />}>
          {t("export.act")}
        </Button>
      </Guarded>
    );
  }
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button variant="default" leftSection={<IconDownload size={16} />} rightSection={<IconChevronDown size={14} />}>
          {t("export.act")}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t("export.hint")}</Menu.Label>
        <Menu.Item component="a" href={href("csv")} download>
          {t("export.csv")}
        </Menu.Item>
        <Menu.Item component="a" href={href("jsonl")} download>
          {t("export.jsonl")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
