// What the screen of regions asks.
import { queryOptions } from "@tanstack/react-query";
import { get, post, put } from "@/api/client";
import type * as Api from "@/api/schema";

export type RuleEdit = Api.RegionRule;

export type Rule = Api.KnownRegionRule;

export type Region = Api.KnownRegion;

export type Rules = Api.KnownRegionRules;

export const rulesQuery = queryOptions({
  queryKey: ["region-rules"],
  queryFn: ({ signal }) => get<Rules>("region-rules", undefined, signal),
  refetchInterval: 15_000,
});

export const saveRule = (id: string | undefined, edit: RuleEdit, seen: number) =>
  id === undefined
    ? post("region-rules", edit, { ifMatch: seen })
    : put(`region-rules/${id}`, edit, { ifMatch: seen });
