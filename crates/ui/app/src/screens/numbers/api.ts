// What the screen of numbers asks.
import { queryOptions } from "@tanstack/react-query";
import { get, post, put } from "@/api/client";
import type { Assigned } from "@/editing/assign";

export interface RuleEdit {
  name: string;
  countries: string[];
  blocked: string[];
}

export interface Rule extends RuleEdit {
  id: string;
  queues: string[];
  revision?: number;
}

export interface Rules {
  rules: Rule[];
  queues: (Assigned | string)[];
  revision: number;
}

export const rulesQuery = queryOptions({
  queryKey: ["number-rules"],
  queryFn: ({ signal }) => get<Rules>("number-rules", undefined, signal),
});

export const saveRule = (id: string | undefined, edit: RuleEdit, seen: number) =>
  id === undefined
    ? post("number-rules", edit, { ifMatch: seen })
    : put(`number-rules/${id}`, edit, { ifMatch: seen });

export interface Verdict {
  verdict: "permitted" | "blocked" | "country" | "impossible" | "premium";
  e164?: string;
  country?: string;
  pattern?: string;
}

export interface Test {
  rule?: RuleEdit;
  ruleId?: string;
  queue?: string;
  number: string;
  defaultCountry?: string;
}

/** A rule that is tried may have no name yet. */
export const test = ({ rule, ...rest }: Test) =>
  post<Verdict>("number-rules/test", { ...rest, ...(rule ? { rule: { ...rule, name: rule.name || "-" } } : {}) });
