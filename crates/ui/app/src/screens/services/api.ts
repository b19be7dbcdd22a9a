// What the screen of services asks.
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { get, post, put } from "@/api/client";
import type { Instant, ServiceRow } from "@/api/types";
import type { Settings } from "./fields";

export interface ServiceDetail extends ServiceRow {
  settings: Settings;
}

export interface Revision {
  revision: number;
  at: Instant;
  by?: string;
  note?: string;
  changed: string[];
  removed: string[];
}

export interface DiffRow {
  service?: string;
  hours?: string;
  /** Its kind and its name: `capacity Weekdays`. */
  rule?: string;
  /** Nothing is all of it. */
  path: string;
  before?: unknown;
  after?: unknown;
}

export const serviceQuery = (name: string) =>
  queryOptions({
    queryKey: ["services", name],
    queryFn: ({ signal }) => get<ServiceDetail>(`services/${encodeURIComponent(name)}`, undefined, signal),
  });

export const revisionsQuery = infiniteQueryOptions({
  queryKey: ["services", "revisions", "all"],
  queryFn: ({ signal, pageParam }) =>
    get<{ revisions: Revision[]; next?: string }>("services/revisions", { cursor: pageParam }, signal),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page) => page.next,
});

export const revisionQuery = (revision: string) =>
  queryOptions({
    queryKey: ["services", "revisions", revision],
    queryFn: ({ signal }) => get<{ revision: number; diff: DiffRow[] }>(`services/revisions/${revision}`, undefined, signal),
    staleTime: Infinity,
  });

export const hoursNamesQuery = queryOptions({
  queryKey: ["office-hours"],
  queryFn: ({ signal }) => get<{ hours: { name: string }[]; revision: number }>("office-hours", undefined, signal),
});

export const saveService = (name: string, settings: Settings, seen: number) =>
  put<ServiceDetail>(`services/${encodeURIComponent(name)}`, { settings }, { ifMatch: seen });

export const declareEmergency = (name: string, on: boolean, note: string) =>
  post(`services/${encodeURIComponent(name)}/emergency`, { on, ...(note ? { note } : {}) });
