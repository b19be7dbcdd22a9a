// What the screen of numbers asks.
import { queryOptions } from "@tanstack/react-query";
import { get, post, put } from "@/api/client";
import type * as Api from "@/api/schema";
import type { Narrow } from "@/api/types";

export type RuleEdit = Required<Api.NumberRule>;

export type Rule = Required<Api.KnownNumberRule>;

export type Rules = Narrow<Api.KnownNumberRules, { rules: Rule[] }>;

export const rulesQuery = queryOptions({
  queryKey: ["number-rules"],
  queryFn: ({ signal }) => get<Rules>("number-rules", undefined, signal),
});

export const saveRule = (id: string | undefined, edit: RuleEdit, seen: number) =>
  id === undefined
    ? post("number-rules", edit, { ifMatch: seen })
    : put(`number-rules/${id}`, edit, { ifMatch: seen });

export type Verdict = Narrow<Api.Tried, { verdict: "permitted" | "blocked" | "country" | "impossible" | "premium" }>;

export type Test = Narrow<Api.Trial, { rule?: RuleEdit }>;

/** A rule that is tried may have no name yet. */
export const test = ({ rule, ...rest }: Test) =>
  post<Verdict>("number-rules/test", { ...rest, ...(rule ? { rule: { ...rule, name: rule.name || "-" } } : {}) });
