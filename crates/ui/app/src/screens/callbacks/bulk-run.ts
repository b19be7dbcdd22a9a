// Changing many. A filter is the service's job, which goes on without this page; marked rows are asked one by one.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { get, post } from "@/api/client";
import { isRefused } from "@/api/errors";
import { useLive } from "@/api/live";
import type { Bulk, CallbackRow } from "@/api/types";
import { type Filter, toDocument } from "./filter";

export interface RowResult {
  callbackId: string;
  ok: boolean;
  code?: number;
  message?: string;
}

export interface Progress {
  total: number;
  done: number;
  succeeded: number;
  refused: number;
  state: "running" | "done" | "stopped";
  refusedRows: RowResult[];
}

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

/** For all that a filter finds. */
export function useJob(filter: Filter | undefined, action: "cancel" | "reschedule") {
  const client = useQueryClient();
  const [now] = useState(() => new Date());
  const [key] = useState(() => crypto.randomUUID());
  const [job, setJob] = useState<Bulk>();
  const document = filter && toDocument(filter, now);
  const preview = useQuery({
    queryKey: ["bulk", "preview", action, JSON.stringify(document)],
    queryFn: () => post<{ count: number; exact: boolean; sample: CallbackRow[] }>("bulk/preview", { action, filter: document }),
    enabled: document !== undefined,
    staleTime: 0,
    gcTime: 0,
  });
  const start = useMutation({
    mutationFn: (order: Order) =>
      post<Bulk>("bulk", { ...order, filter: document, expectedCount: preview.data?.count ?? 0 }, { idempotencyKey: key }),
    onSuccess: setJob,
    onError: () => void preview.refetch(),
  });
  const stop = useMutation({ mutationFn: (id: string) => post<Bulk>(`bulk/${id}/stop`), onSuccess: setJob });
  const newer = (one: Bulk | undefined) => {
    if (one && (!job || one.done >= job.done || one.state !== "running")) setJob(one);
  };
  useLive(
    ["bulk"],
    (changes) => newer(changes.map(({ data }) => data as Bulk).filter((one) => one.id === job?.id).at(-1)),
    () => undefined,
  );
  // The stream may be paused or cut; the job is asked after, too.
  useQuery({
    queryKey: ["bulk", job?.id],
    queryFn: async ({ signal }) => {
      const one = await get<Bulk>(`bulk/${job?.id ?? ""}`, undefined, signal);
      newer(one);
      if (one.state !== "running") void client.invalidateQueries({ queryKey: ["callbacks"] });
      return one;
    },
    enabled: job?.state === "running",
    refetchInterval: 1_500,
  });
  const refused = useQuery({
    queryKey: ["bulk", job?.id, "refused"],
    queryFn: ({ signal }) => get<{ rows: RowResult[] }>(`bulk/${job?.id ?? ""}/rows`, { onlyRefused: true, limit: 100 }, signal),
    enabled: job !== undefined && job.state !== "running" && job.refused > 0,
  });
  const progress: Progress | undefined = job && {
    total: job.total,
    done: job.done,
    succeeded: job.succeeded,
    refused: job.refused,
    state: job.state,
    refusedRows: refused.data?.rows ?? [],
  };
  return { preview, start, progress, stop: () => job && stop.mutate(job.id) };
}
