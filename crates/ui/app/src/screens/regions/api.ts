// What the screen of regions asks.
import { queryOptions } from "@tanstack/react-query";
import { get, post, put } from "@/api/client";
import type { Assigned } from "@/editing/assign";

export interface RuleEdit {
  name: string;
  regions: string[];
}

export interface Rule extends RuleEdit {
  id: string;
  queues: string[];
  revision?: number;
}

export interface Region {
  name: string;
  routers: { healthy: number; all: number };
  orchestrators: { healthy: number; all: number };
}

export interface Rules {
  rules: Rule[];
  queues: (Assigned | string)[];
  regions: Region[];
  revision: number;
}

export const rulesQuery = queryOptions({
  queryKey: ["region-rules"],
  queryFn: ({ signal }) => get<Rules>("region-rules", undefined, signal),
  refetchInterval: 15_000,
});

export const saveRule = (id: string | undefined, edit: RuleEdit, seen: number) =>
  id === undefined
    ? post("region-rules", edit, { ifMatch: seen })
    : put(`region-rules/${id}`, edit, { ifMatch: seen });
