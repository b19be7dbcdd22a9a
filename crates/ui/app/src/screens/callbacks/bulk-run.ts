// Changing many. A filter is the service's job, which goes on without this page; marked rows are asked one by one.
import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { get, post } from "@/api/client";
import { isRefused } from "@/api/errors";
import { useNudged } from "@/api/nudged";
import type { BulkList, BulkPreview, BulkResult, BulkResults } from "@/api/schema";
import type { Bulk, CallbackRow, Narrow } from "@/api/types";
import { type Filter, toDocument } from "./filter";

export interface Progress {
  total: number;
  done: number;
  succeeded: number;
  refused: number;
  /** Gone: the service knows it no longer. */
  state: Bulk["state"] | "gone";
  refusedRows: BulkResult[];
}

type Preview = Narrow<BulkPreview, { sample: CallbackRow[] }>;

export interface Order {
  action: "cancel" | "reschedule";
  note?: string;
  shiftMinutes?: number;
}

/** How many requests are under way at once. */
const AT_ONCE = 4;

/** Asks for each row by itself, a few at a time, and tells how it goes. */
export async function changeEach(
  rows: readonly CallbackRow[],
  change: (row: CallbackRow) => Promise<unknown>,
  tell: (progress: Progress) => void,
  stopped: () => boolean,
): Promise<Progress> {
  const progress: Progress = { total: rows.length, done: 0, succeeded: 0, refused: 0, state: "running", refusedRows: [] };
  let next = 0;
  const worker = async () => {
    while (!stopped()) {
      const row = rows[next];
      next += 1;
      if (!row) return;
      try {
        await change(row);
        progress.succeeded += 1;
      } catch (error) {
        progress.refused += 1;
        const refused = isRefused(error) ? { code: error.code, message: error.message } : { message: String(error) };
        progress.refusedRows.push({ callbackId: row.id, ok: false, ...refused });
      }
      progress.done += 1;
      tell({ ...progress });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  progress.state = progress.done < progress.total ? "stopped" : "done";
  tell({ ...progress });
  return progress;
}

const shifted = (row: CallbackRow, minutes: number) =>
  new Date(Math.max(Date.parse(row.desiredTime), Date.now()) + minutes * 60_000).toISOString();

/** For marked rows. */
export function useEach() {
  const client = useQueryClient();
  const [progress, setProgress] = useState<Progress>();
  const stop = useRef(false);
  const start = async (rows: readonly CallbackRow[], order: Order) => {
    stop.current = false;
    const change = (row: CallbackRow) =>
      order.action === "cancel"
        ? post(`callbacks/${row.id}/cancel`, { ...(order.note ? { note: order.note } : {}), revision: row.revision })
        : post(`callbacks/${row.id}/reschedule`, { desiredTime: shifted(row, order.shiftMinutes ?? 0), revision: row.revision });
    await changeEach(rows, change, setProgress, () => stop.current);
    void client.invalidateQueries({ queryKey: ["callbacks"] });
  };
  return { progress, start, stop: () => (stop.current = true) };
}

/** However much a job tells of itself, it is asked about at most every so often. */
const NUDGED_MS = 500;

const isGone = (error: unknown) => isRefused(error) && error.status === 404;
const jobKey = (id: string | undefined) => ["bulk", "job", id] as const;

/** The changes of many of the last week, the newest first. */
export const jobsQuery = queryOptions({
  queryKey: ["bulk", "list"],
  queryFn: ({ signal }) => get<Narrow<BulkList, { bulks: Bulk[] }>>("bulk", { limit: 8 }, signal),
  refetchInterval: ({ state }) => (state.data?.bulks.some((one) => one.state === "running") ? 3_000 : 60_000),
});

const GONE: Progress = { total: 0, done: 0, succeeded: 0, refused: 0, state: "gone", refusedRows: [] };

/** How a job fares that goes on without this page. */
export function useWatched(id: string | undefined) {
  const client = useQueryClient();
  const key = jobKey(id);
  const job = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => get<Bulk>(`bulk/${id ?? ""}`, undefined, signal),
    enabled: id !== undefined,
    // The stream may be paused or cut: the job is asked after, too.
    refetchInterval: ({ state }) => (state.data?.state === "running" && !isGone(state.error) ? 1_500 : false),
  });
  useNudged(
    ["bulk"],
    NUDGED_MS,
    () => void client.invalidateQueries({ queryKey: key, exact: true }),
    (data) => [undefined, id].includes((data as { id?: string }).id),
  );
  const gone = isGone(job.error);
  const over = gone || (job.data !== undefined && job.data.state !== "running");
  useEffect(() => {
    if (!over) return;
    void client.invalidateQueries({ queryKey: ["callbacks"] });
    void client.invalidateQueries({ queryKey: jobsQuery.queryKey });
  }, [over, client]);
  const refused = useQuery({
    queryKey: [...key, "refused"],
    queryFn: ({ signal }) => get<BulkResults>(`bulk/${id ?? ""}/rows`, { onlyRefused: true, limit: 100 }, signal),
    enabled: over && !gone && (job.data?.refused ?? 0) > 0,
  });
  const stop = useMutation({
    mutationFn: () => post<Bulk>(`bulk/${id ?? ""}/stop`),
    onSuccess: (one) => client.setQueryData(key, one),
  });
  const progress: Progress | undefined = gone ? GONE : job.data && { ...job.data, refusedRows: refused.data?.rows ?? [] };
  return { job, progress, stop: () => id !== undefined && stop.mutate() };
}

/** For all that a filter finds. */
export function useJob(filter: Filter | undefined, action: "cancel" | "reschedule") {
  const client = useQueryClient();
  const [now] = useState(() => new Date());
  // One key for one order, so that a lost answer begins it once; what was refused is another order.
  const [key, setKey] = useState(() => crypto.randomUUID());
  const document = filter && toDocument(filter, now);
  const preview = useQuery({
    queryKey: ["bulk", "preview", action, JSON.stringify(document)],
    queryFn: () => post<Preview>("bulk/preview", { action, filter: document }),
    enabled: document !== undefined,
    staleTime: 0,
    gcTime: 0,
  });
  const start = useMutation({
    mutationFn: (order: Order) =>
      post<Bulk>("bulk", { ...order, filter: document, expectedCount: preview.data?.count ?? 0 }, { idempotencyKey: key }),
    onSuccess: (job) => {
      client.setQueryData(jobKey(job.id), job);
      void client.invalidateQueries({ queryKey: jobsQuery.queryKey });
    },
    onError: (error) => {
      if (isRefused(error)) setKey(crypto.randomUUID());
      void preview.refetch();
    },
  });
  const { progress, stop } = useWatched(start.data?.id);
  return { preview, start, progress, stop };
}
