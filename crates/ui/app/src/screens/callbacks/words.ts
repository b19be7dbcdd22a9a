// From what somebody types to what the filter can say: `cancelled today`, `sales`, a number, an id.
import type { CallbackState } from "@/api/types";
import { matching } from "@/shell/matching";
import { type Filter, OPEN, SPANS, STATES, type Span, asNumber } from "./filter";

export interface Suggestion {
  id: string;
  /** Under which heading it is shown. */
  group: "number" | "state" | "reason" | "service" | "queue" | "desired" | "created" | "kind";
  label: string;
  apply: (filter: Filter) => Filter;
}

export interface Vocabulary {
  services: readonly string[];
  queues: readonly string[];
  reasons: readonly string[];
  state: (state: CallbackState) => string;
  open: string;
  reason: (reason: string) => string;
  kind: (kind: "immediate" | "scheduled") => string;
  desired: (span: Span) => string;
  created: (span: Span) => string;
  number: (number: string) => string;
}

const toggled = <T>(list: readonly T[], one: T): T[] => (list.includes(one) ? list.filter((each) => each !== one) : [...list, one]);

/** Everything that can be said, in the order in which it is offered. */
function all(words: Vocabulary): Suggestion[] {
  return [
    { id: "open", group: "state", label: words.open, apply: (filter) => ({ ...filter, state: [...OPEN], reason: [] }) },
    ...STATES.map((state): Suggestion => ({
      id: `state-${state}`,
      group: "state",
      label: words.state(state),
      // After `open`, a single state narrows; beside others it adds.
      apply: (filter) => ({ ...filter, state: filter.state.length === OPEN.length ? [state] : toggled(filter.state, state) }),
    })),
    ...SPANS.map((span): Suggestion => ({
      id: `desired-${span}`,
      group: "desired",
      label: words.desired(span),
      apply: (filter) => ({ ...filter, desired: span }),
    })),
    ...words.services.map((service): Suggestion => ({
      id: `service-${service}`,
      group: "service",
      label: service,
      apply: (filter) => ({ ...filter, service: toggled(filter.service, service) }),
    })),
    ...words.queues.map((queue): Suggestion => ({
      id: `queue-${queue}`,
      group: "queue",
      label: queue,
      apply: (filter) => ({ ...filter, queue: toggled(filter.queue, queue) }),
    })),
    ...words.reasons.map((reason): Suggestion => ({
      id: `reason-${reason}`,
      group: "reason",
      label: words.reason(reason),
      apply: (filter) => ({ ...filter, state: ["COMPLETED"], reason: toggled(filter.reason, reason) }),
    })),
    ...(["immediate", "scheduled"] as const).map((kind): Suggestion => ({
      id: `kind-${kind}`,
      group: "kind",
      label: words.kind(kind),
      apply: (filter) => ({ ...filter, kind }),
    })),
    ...(["today", "yesterday", "last-7", "last-30"] as const).map((span): Suggestion => ({
      id: `created-${span}`,
      group: "created",
      label: words.created(span),
      apply: (filter) => ({ ...filter, created: span }),
    })),
  ];
}

/** What the typed text may mean, the likeliest first. */
export function suggestions(text: string, words: Vocabulary): Suggestion[] {
  const phone = asNumber(text);
  if (phone) {
    return [{ id: "number", group: "number", label: words.number(phone), apply: (filter) => ({ ...filter, phone }) }];
  }
  const whole = matching(all(words), text);
  const parts = text.trim().split(/\s+/);
  if (whole.length > 0 || parts.length < 2) return whole;
  // Several things at once: each word its likeliest meaning, all of them one suggestion.
  const meant = parts.map((part) => matching(all(words), part)[0]);
  if (meant.some((one) => !one)) return [];
  const known = meant as Suggestion[];
  return [
    {
      id: known.map((one) => one.id).join("+"),
      group: known[0]?.group ?? "state",
      label: known.map((one) => one.label).join(" · "),
      apply: (filter) => known.reduce((before, one) => one.apply(before), filter),
    },
  ];
}

export interface Said {
  id: string;
  text: string;
  without: (filter: Filter) => Filter;
}

/** What the filter says now, in words, each with the way to take it back. */
export function said(filter: Filter, words: Vocabulary, or: (list: readonly string[]) => string): Said[] {
  const result: Said[] = [];
  const add = (id: string, text: string, without: (filter: Filter) => Filter) => result.push({ id, text, without });
  const drop = (name: "phone" | "kind" | "desired" | "created") => (before: Filter) => {
    const { [name]: _, ...rest } = before;
    return rest;
  };
  if (filter.phone) add("phone", words.number(filter.phone), drop("phone"));
  if (filter.state.length > 0) {
    const open = filter.state.length === OPEN.length && OPEN.every((one) => filter.state.includes(one));
    const text = open ? words.open : or(filter.state.map(words.state));
    add("state", text, (before) => ({ ...before, state: [] }));
  }
  if (filter.reason.length > 0) add("reason", or(filter.reason.map(words.reason)), (before) => ({ ...before, reason: [] }));
  if (filter.service.length > 0) add("service", or(filter.service), (before) => ({ ...before, service: [] }));
  if (filter.queue.length > 0) add("queue", or(filter.queue), (before) => ({ ...before, queue: [] }));
  if (filter.kind) add("kind", words.kind(filter.kind), drop("kind"));
  if (filter.desired) add("desired", words.desired(filter.desired), drop("desired"));
  if (filter.created) add("created", words.created(filter.created), drop("created"));
  return result;
}
