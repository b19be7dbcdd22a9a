// What the capacity screen and the planner ask.
import { queryOptions } from "@tanstack/react-query";
import { get, post, put } from "@/api/client";
import type * as Api from "@/api/schema";
import type { Narrow } from "@/api/types";
import { type Plan, type Shorthand, exceptionsShorthand, planOf, weekShorthand } from "./plan";

export type Rule = Narrow<Api.KnownRule, { week: Shorthand; exceptions?: Shorthand }>;

export type Rules = Narrow<Api.KnownRules, { rules: Rule[] }>;

/** What is edited of a rule. */
export type RuleEdit = Narrow<Required<Api.RuleDocument>, { week: Shorthand; exceptions: Shorthand }>;

export const editOf = (rule: Rule): RuleEdit => ({
  name: rule.name,
  slotMinutes: rule.slotMinutes,
  week: rule.week,
  exceptions: rule.exceptions ?? {},
});

export const withPlan = (edit: RuleEdit, plan: Plan): RuleEdit => ({
  ...edit,
  slotMinutes: plan.slotMinutes,
  week: weekShorthand(plan),
  exceptions: exceptionsShorthand(plan),
});

export const planOfEdit = (edit: RuleEdit): Plan => planOf(edit);

export const rulesQuery = queryOptions({
  queryKey: ["capacity-rules"],
  queryFn: ({ signal }) => get<Rules>("capacity-rules", undefined, signal),
});

type SavedRule = Narrow<Api.EditedRule, { rule?: Rule }>;

export const saveRule = (id: string | undefined, edit: RuleEdit, seen: number, dryRun: boolean) => {
  const more = { ifMatch: seen, query: dryRun ? { dryRun } : {} };
  return id === undefined
    ? post<SavedRule>("capacity-rules", edit, more)
    : put<SavedRule>(`capacity-rules/${id}`, edit, more);
};

/** What is only tried needs a name as well: a new rule has none yet. */
const tried = (rule: RuleEdit): RuleEdit => ({ ...rule, name: rule.name.trim() || "-" });

export const convert = (rule: RuleEdit, slotMinutes: number) =>
  post<Narrow<Api.ReadRule, { rule: RuleEdit }>>("capacity-rules/convert", { rule: tried(rule), slotMinutes });

export const parse = (text: string, slotMinutes: number) =>
  post<Narrow<Api.ReadRule, { rule: RuleEdit }>>("capacity-rules/parse", { text, slotMinutes });

export type PreviewSlot = Api.SlotAhead;

export const preview = (rule: RuleEdit, service: string, from: string, days: number, signal: AbortSignal) =>
  post<Api.SlotsAhead>("capacity-rules/preview", { rule: tried(rule), service, from, days }, { signal });

export const loadQuery = (queue: string, from: string, days: number) =>
  queryOptions({
    queryKey: ["capacity-rules", "load", queue, from, days],
    queryFn: ({ signal }) =>
      get<Api.SlotsAhead>("capacity-rules/load", { queue, from, days }, signal),
    enabled: queue !== "",
  });
