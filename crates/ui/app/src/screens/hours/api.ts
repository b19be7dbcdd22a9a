// What the screen of office hours asks.
import { queryOptions } from "@tanstack/react-query";
import { get, post, put } from "@/api/client";
import type { Instant } from "@/api/types";
import type { HoursDocument } from "./intervals";

export interface HoursRow {
  name: string;
  zone: string;
  document: HoursDocument;
  usedBy: string[];
  managedBy?: "designer" | "here";
  revision?: number;
}

export interface Opening {
  start: Instant;
  end: Instant;
  localStart: string;
  localEnd: string;
}

export interface PreviewDay {
  date: string;
  openings: Opening[];
  change?: { at: Instant; before: string; after: string; kind: "gap" | "overlap" };
  special?: string;
}

export const hoursQuery = queryOptions({
  queryKey: ["office-hours"],
  queryFn: ({ signal }) => get<{ hours: HoursRow[]; revision: number }>("office-hours", undefined, signal),
});

export const previewQuery = (document: HoursDocument, from: string, days: number) =>
  queryOptions({
    queryKey: ["office-hours", "preview", document, from, days],
    queryFn: ({ signal }) =>
      post<{ zone: string; days: PreviewDay[] }>("office-hours/preview", { document, from, days }, { signal }),
    enabled: from !== "",
  });

export const saveHours = (document: HoursDocument, seen: number) =>
  put<HoursRow>(`office-hours/${encodeURIComponent(document.name)}`, { document }, { ifMatch: seen });
