// What the screen of office hours asks.
import { queryOptions } from "@tanstack/react-query";
import { get, post, put } from "@/api/client";
import type * as Api from "@/api/schema";
import type { Narrow } from "@/api/types";
import type { HoursDocument } from "./intervals";

export type HoursRow = Narrow<Api.KnownHours, { managedBy: "designer" | "here" }>;

export type Opening = Api.OpeningAhead;

export type PreviewDay = Narrow<Api.DayAhead, { change?: Narrow<Api.ChangeAhead, { kind: "gap" | "overlap" }> }>;

export const hoursQuery = queryOptions({
  queryKey: ["office-hours"],
  queryFn: ({ signal }) => get<Narrow<Api.AllHours, { hours: HoursRow[] }>>("office-hours", undefined, signal),
});

export const previewQuery = (document: HoursDocument, from: string, days: number) =>
  queryOptions({
    queryKey: ["office-hours", "preview", document, from, days],
    queryFn: ({ signal }) =>
      post<Narrow<Api.DaysAhead, { days: PreviewDay[] }>>("office-hours/preview", { document, from, days }, { signal }),
    enabled: from !== "",
  });

export const saveHours = (document: HoursDocument, seen: number) =>
  put<HoursRow>(`office-hours/${encodeURIComponent(document.name)}`, { document }, { ifMatch: seen });
