// The callbacks of a filter: pages of 250, kept up to date by the stream.
import { type InfiniteData, keepPreviousData, useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import { get } from "@/api/client";
import { useLive } from "@/api/live";
import type { Counted } from "@/api/schema";
import type { CallbackPage, CallbackRow } from "@/api/types";
import { type Filter, compare, matches, toAddress, toQuery } from "./filter";
import { type News, patched } from "./patch";

const PAGE = 250;


export const callbackKey = (id: string) => ["callback", id] as const;

export function useCallbackList(filter: Filter) {
  const client = useQueryClient();
  const address = toAddress(filter).toString();
  const listKey = ["callbacks", "list", address];
  const countKey = ["callbacks", "count", address];
  const list = useInfiniteQuery({
    queryKey: listKey,
    queryFn: ({ pageParam, signal }) =>
      get<CallbackPage>("callbacks", { ...toQuery(filter, new Date()), limit: PAGE, cursor: pageParam }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next,
    staleTime: 30_000,
    gcTime: 60_000,
    placeholderData: keepPreviousData,
    // Comparing ten thousand rows deeply at every change would cost more than it saves: `patched` keeps what is the same.
    structuralSharing: false,
  });
  const count = useQuery({
    queryKey: countKey,
    queryFn: ({ signal }) => {
      const { order: _, ...query } = toQuery(filter, new Date());
      return get<Counted>("callbacks/count", query, signal);
    },
    // The stream tells only of what is loaded; the whole is counted again now and then.
    refetchInterval: 30_000,
    placeholderData: keepPreviousData,
  });

  useLive(
    ["callback"],
    (changes) => {
      const news = changes.map(({ data }) => data as News);
      const now = new Date();
      let more = 0;
      client.setQueryData<InfiniteData<CallbackPage, string | undefined>>(listKey, (before) => {
        if (!before) return before;
        const after = patched(before.pages, news, (row) => matches(row, filter, now), compare(filter.order));
        more = after.more;
        return { ...before, pages: after.pages };
      });
      if (more !== 0) {
        client.setQueryData<Counted>(countKey, (before) => before && { ...before, count: Math.max(0, before.count + more) });
      }
      for (const one of news) {
        const known = client.getQueryData<CallbackRow>(callbackKey(one.id));
        if (known && known.revision !== one.revision) void client.invalidateQueries({ queryKey: callbackKey(one.id) });
      }
    },
    () => void client.invalidateQueries({ queryKey: ["callbacks"] }),
  );

  const pages = list.data?.pages;
  const rows = useMemo(() => (pages ?? []).flatMap((page) => page.callbacks), [pages]);
  return { list, rows, count: count.data };
}
