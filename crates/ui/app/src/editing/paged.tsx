// Lists that come page by page: the first page in its states, then more on demand.
import { Button } from "@mantine/core";
import type { InfiniteData, UseInfiniteQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Failing, Loading } from "@/parts/states";
import classes from "./editing.module.css";

interface PagedProps<P, R> {
  query: UseInfiniteQueryResult<InfiniteData<P>>;
  rows: (page: P) => readonly R[];
  /** Shown where there are none. */
  empty: ReactNode;
  children: (rows: R[]) => ReactNode;
}

export function Paged<P, R>({ query, rows, empty, children }: PagedProps<P, R>) {
  const { t } = useTranslation("editing");
  if (query.data === undefined) {
    return query.isError ? <Failing error={query.error} retry={() => void query.refetch()} /> : <Loading />;
  }
  const all = query.data.pages.flatMap((page) => [...rows(page)]);
  return (
    <>
      {all.length === 0 ? empty : children(all)}
      {query.hasNextPage && (
        <div className={classes["end"]} style={{ padding: "8px 16px 12px" }}>
          <Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            {t("more")}
          </Button>
        </div>
      )}
    </>
  );
}
