// Which callbacks are shown: as a value, as an address, as a question to the service, and as a test of one row.
// The four must agree, so they live together.
import type { CallbackRow, CallbackState } from "@/api/types";
import { addDays, dayIn, instantOf } from "@/parts/civil";

export const STATES: readonly CallbackState[] = ["SCHEDULED", "QUEUED", "ROUTING", "PROCESSING", "COMPLETED"];
export const OPEN: readonly CallbackState[] = ["SCHEDULED", "QUEUED", "ROUTING", "PROCESSING"];

/** Stretches of time that move with the clock. */
export const SPANS = ["next-hour", "today", "tomorrow", "next-7", "yesterday", "last-7", "last-30", "past"] as const;
export type SpanName = (typeof SPANS)[number];

/** A span by name, or days `YYYY-MM-DD..YYYY-MM-DD`, both included. */
export type Span = SpanName | `${string}..${string}`;

export type Order = "desired" | "-desired" | "-created";

export interface Filter {
  phone?: string;
  service: string[];
  queue: string[];
  state: CallbackState[];
  reason: string[];
  kind?: "immediate" | "scheduled";
  desired?: Span;
  created?: Span;
  order: Order;
}

export const EVERYTHING: Filter = { service: [], queue: [], state: [], reason: [], order: "desired" };
export const INITIAL: Filter = { ...EVERYTHING, state: [...OPEN] };

const isState = (text: string): text is CallbackState => (STATES as readonly string[]).includes(text);
const isSpan = (text: string): text is Span =>
  (SPANS as readonly string[]).includes(text) || /^\d{4}-\d\d-\d\d\.\.\d{4}-\d\d-\d\d$/.test(text);
const isOrder = (text: string): text is Order => ["desired", "-desired", "-created"].includes(text);

export function toAddress(filter: Filter): URLSearchParams {
  const parameters = new URLSearchParams();
  if (filter.phone) parameters.set("phone", filter.phone);
  for (const name of ["service", "queue", "reason"] as const) for (const one of filter[name]) parameters.append(name, one);
  const open = filter.state.length === OPEN.length && OPEN.every((one) => filter.state.includes(one));
  if (open) parameters.append("state", "open");
  else for (const one of filter.state) parameters.append("state", one);
  if (filter.kind) parameters.set("kind", filter.kind);
  if (filter.desired) parameters.set("desired", filter.desired);
  if (filter.created) parameters.set("created", filter.created);
  if (filter.order !== "desired") parameters.set("order", filter.order);
  if (parameters.size === 0) parameters.set("all", "1");
  // What one sees when one comes needs no words.
  if (parameters.toString() === "state=open") parameters.delete("state");
  return parameters;
}

const NAMES = ["phone", "service", "queue", "state", "reason", "kind", "desired", "created", "order", "all"];

export function fromAddress(parameters: URLSearchParams): Filter {
  if (!NAMES.some((name) => parameters.has(name))) return INITIAL;
  const phone = parameters.get("phone");
  const kind = parameters.get("kind");
  const desired = parameters.get("desired") ?? "";
  const created = parameters.get("created") ?? "";
  const order = parameters.get("order") ?? "";
  const states = parameters.getAll("state");
  return {
    ...(phone ? { phone } : {}),
    service: parameters.getAll("service"),
    queue: parameters.getAll("queue"),
    state: states.includes("open") ? [...OPEN] : states.filter(isState),
    reason: parameters.getAll("reason"),
    ...(kind === "immediate" || kind === "scheduled" ? { kind } : {}),
    ...(isSpan(desired) ? { desired } : {}),
    ...(isSpan(created) ? { created } : {}),
    order: isOrder(order) ? order : "desired",
  };
}

export interface Interval {
  from?: string;
  to?: string;
}

/** The instants of a span in a zone, as of now: from the first on, up to but without the second. */
export function resolve(span: Span | undefined, now: Date, zone?: string): Interval {
  if (!span) return {};
  const today = dayIn(now, zone);
  const at = (day: string) => instantOf(day, "00:00", zone).toISOString();
  const days = (first: number, after: number): Interval => ({ from: at(addDays(today, first)), to: at(addDays(today, after)) });
  switch (span) {
    case "today":
      return days(0, 1);
    case "tomorrow":
      return days(1, 2);
    case "yesterday":
      return days(-1, 0);
    case "next-7":
      return days(0, 8);
    case "last-7":
      return days(-7, 1);
    case "last-30":
      return days(-30, 1);
    case "next-hour":
      return { from: now.toISOString(), to: new Date(now.getTime() + 3_600_000).toISOString() };
    case "past":
      return { to: now.toISOString() };
    default: {
      const [first = today, last = first] = span.split("..");
      return { from: at(first), to: at(addDays(last, 1)) };
    }
  }
}

/** The question to the service. */
export function toQuery(filter: Filter, now: Date): Record<string, string | string[] | undefined> {
  const desired = resolve(filter.desired, now);
  const created = resolve(filter.created, now);
  return {
    phone: filter.phone,
    service: filter.service,
    queue: filter.queue,
    state: filter.state,
    reason: filter.reason,
    kind: filter.kind,
    desiredFrom: desired.from,
    desiredTo: desired.to,
    createdFrom: created.from,
    createdTo: created.to,
    order: filter.order,
  };
}

/** The same as a document, for changes of many; the order does not matter there. */
export function toDocument(filter: Filter, now: Date): Record<string, unknown> {
  const { order: _, ...query } = toQuery(filter, now);
  return Object.fromEntries(
    Object.entries(query).filter(([, value]) => value !== undefined && (typeof value === "string" || value.length > 0)),
  );
}

/** Whether a row that changed belongs to what is shown. */
export function matches(row: CallbackRow, filter: Filter, now: Date): boolean {
  const among = (wanted: readonly string[], value: string | undefined) =>
    wanted.length === 0 || (value !== undefined && wanted.includes(value));
  const within = (span: Span | undefined, at: string) => {
    const { from, to } = resolve(span, now);
    const instant = Date.parse(at);
    return (!from || instant >= Date.parse(from)) && (!to || instant < Date.parse(to));
  };
  return (
    (!filter.phone || row.phoneNumber === filter.phone) &&
    among(filter.service, row.serviceName) &&
    among(filter.queue, row.virtualQueue) &&
    among(filter.state, row.state) &&
    among(filter.reason, row.reason) &&
    (!filter.kind || row.kind === filter.kind) &&
    within(filter.desired, row.desiredTime) &&
    within(filter.created, row.createdTime)
  );
}

/** Which of two rows comes first. */
export function compare(order: Order): (a: CallbackRow, b: CallbackRow) => number {
  const key = order === "-created" ? "createdTime" : "desiredTime";
  const sign = order.startsWith("-") ? -1 : 1;
  return (a, b) => sign * (a[key] < b[key] ? -1 : a[key] > b[key] ? 1 : a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

/** A number as people write it, as the service keeps it; nothing if it cannot be a whole one. */
export function asNumber(text: string): string | undefined {
  const digits = text.replace(/[^\d+]/g, "");
  if (!/^[\d\s()+./-]+$/.test(text.trim()) || digits.replace("+", "").length < 7) return undefined;
  if (digits.startsWith("+")) return digits;
  if (digits.startsWith("00")) return `+${digits.slice(2)}`;
  // Ten digits are a number of the North American plan, where most services are.
  return digits.length === 10 ? `+1${digits}` : `+${digits}`;
}
