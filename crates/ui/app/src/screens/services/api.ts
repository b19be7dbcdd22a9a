// What the screen of services asks.
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { get, post, put } from "@/api/client";
import type * as Api from "@/api/schema";
import type { ServiceRow } from "@/api/types";
import type { Settings } from "./fields";

export type ServiceDetail = ServiceRow & Pick<Api.OneService, "settings">;

export type Revision = Api.RevisionRow;

export type DiffRow = Api.DiffLine;

export const serviceQuery = (name: string) =>
  queryOptions({
    queryKey: ["services", name],
    queryFn: ({ signal }) => get<ServiceDetail>(`services/${encodeURIComponent(name)}`, undefined, signal),
  });

export const revisionsQuery = infiniteQueryOptions({
  queryKey: ["services", "revisions", "all"],
  queryFn: ({ signal, pageParam }) =>
    get<Api.Revisions>("services/revisions", { cursor: pageParam }, signal),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page) => page.next,
});

export const revisionQuery = (revision: string) =>
  queryOptions({
    queryKey: ["services", "revisions", revision],
    queryFn: ({ signal }) => get<Api.RevisionDiff>(`services/revisions/${revision}`, undefined, signal),
    staleTime: Infinity,
  });

export const hoursNamesQuery = queryOptions({
  queryKey: ["office-hours"],
  queryFn: ({ signal }) => get<Api.AllHours>("office-hours", undefined, signal),
});

export const saveService = (name: string, settings: Settings, seen: number) =>
  put<ServiceDetail>(`services/${encodeURIComponent(name)}`, { settings }, { ifMatch: seen });

export const declareEmergency = (name: string, on: boolean, note: string) =>
  post(`services/${encodeURIComponent(name)}/emergency`, { on, ...(note ? { note } : {}) });
