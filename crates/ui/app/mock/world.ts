// A contact centre in memory: callbacks that live, queues that fill, people who may more or less.
import { randomUUID } from "node:crypto";
import type { Bulk, CallbackDetail, CallbackRow, CallbackState, Permission, QueueRow, ServiceRow } from "../src/api/types.ts";

/** The same numbers in the same order every time. */
export function dice(seed: number) {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
}

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
export const iso = (at: number) => new Date(at).toISOString();

const VIEW: Permission[] = ["ges.callback.view", "ges.queue.view", "ges.callin.view", "ges.service.view"];
const RULES: Permission[] = ["ges.admin.capacity.view", "ges.admin.numbers.view"];
const WORK: Permission[] = [
  "ges.callback.create",
  "ges.callback.reschedule",
  "ges.callback.cancel",
  "ges.callback.edit",
  "ges.callback.bulk",
  "ges.callback.export",
  "ges.admin.numbers",
];
const BUILD: Permission[] = [
  "ges.dev.apikeys",
  "ges.dev.push",
  "ges.dev.captcha",
  "ges.dev.statistics",
  "ges.dev.webhooks",
  "ges.dev.tools",
  "ges.dev.refetch",
];
const ADMIN: Permission[] = [
  "ges.admin.capacity",
  "ges.admin.regions.view",
  "ges.admin.regions",
  "ges.service.edit",
  "ges.service.emergency",
  "ges.callin.groups.view",
  "ges.callin.groups.edit",
  "ges.audit",
  "ges.privacy.forget",
  "ges.privacy.export",
];
export const ROLES: Record<string, Permission[]> = {
  administrator: [...VIEW, ...RULES, ...WORK, ...BUILD, ...ADMIN],
  supervisor: [...VIEW, ...RULES, ...WORK],
  developer: [...RULES, "ges.admin.numbers", ...BUILD],
  monitor: [...VIEW, ...RULES],
};

const SERVICES = [
  ["sales_callback", "VQ_Sales", "America/New_York", 20],
  ["support_callback", "VQ_Support", "America/New_York", 30],
  ["billing_callback", "VQ_Billing", "America/Chicago", 10],
  ["technical_help", "VQ_Technical", "Europe/Berlin", 15],
  ["premium_care", "VQ_Premium", "America/Los_Angeles", 8],
  ["retention", "VQ_Retention", "America/New_York", 12],
] as const;

const REASONS = ["AGENT_CONNECTED", "AGENT_CONNECTED", "AGENT_CONNECTED", "CANCELLED", "FAIL_CALL_TO_CUSTOMER", "CUSTOMER_CALLED_IN"];

export type News = { event: "callback" | "queue" | "bulk" | "settings" | "resync"; data: unknown };

export class World {
  sessions = new Set<string>(["administrator", "supervisor", "developer", "monitor"]);
  down = false;
  preferences = new Map<string, unknown>();
  callbacks = new Map<string, CallbackDetail>();
  queues: QueueRow[] = [];
  services: ServiceRow[] = [];
  bulks: Bulk[] = [];
  /** Changes a second. */
  rate = 0.5;
  #listeners = new Set<(news: News) => void>();
  #roll = dice(7);
  #timer: NodeJS.Timeout | undefined;

  constructor(size = Number(process.env["GES_MOCK_SIZE"] ?? 1_200)) {
    this.services = SERVICES.map(([name, virtualQueue, zone, capacityPerSlot], index) => ({
      name,
      virtualQueue,
      businessHours: index === 3 ? "berlin_hours" : "office_hours",
      zone,
      retired: false,
      emergency: false,
      immediate: index !== 4,
      scheduled: true,
      slotMinutes: 30,
      capacityPerSlot,
      managedBy: index === 5 ? "here" : "designer",
      revision: 3 + index,
    }));
    for (let index = 0; index < size; index += 1) this.make(index);
    this.queues = SERVICES.map(([service, queue], index) => this.#queue(queue, [service], index));
  }

  start() {
    this.#timer ??= setInterval(() => this.tick(), 1_000);
    this.#timer.unref();
  }

  roll = () => this.#roll();
  pick = <T>(from: readonly T[]): T => from[Math.floor(this.#roll() * from.length)] as T;

  tell(news: News) {
    for (const listener of this.#listeners) listener(news);
  }

  listen(listener: (news: News) => void) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  make(index: number, now = Date.now()): CallbackDetail {
    const service = this.services[Math.min(Math.floor(this.#roll() ** 1.6 * this.services.length), 5)] as ServiceRow;
    const scheduled = this.#roll() < 0.65;
    const at = Math.round((now + (this.#roll() - 0.42) * 2.2 * DAY) / (5 * MINUTE)) * 5 * MINUTE;
    const desired = scheduled ? at : Math.min(at, now - this.#roll() * 2 * HOUR);
    const state: CallbackState =
      desired > now ? "SCHEDULED" : desired > now - 25 * MINUTE ? this.pick(["QUEUED", "QUEUED", "ROUTING", "PROCESSING"] as const) : "COMPLETED";
    const created = desired - (scheduled ? (0.2 + this.#roll() * 2) * DAY : 0);
    const reason = state === "COMPLETED" ? this.pick(REASONS) : undefined;
    const attempt = state === "SCHEDULED" ? 0 : 1 + (this.#roll() < 0.12 ? 1 : 0);
    const completed = state === "COMPLETED" ? desired + this.#roll() * 20 * MINUTE : undefined;
    const phone = `+1${this.pick(["202", "212", "312", "415", "617", "206"])}555${String(100 + (index % 100)).padStart(4, "0")}`;
    const id = randomUUID();
    const row: CallbackRow = {
      id,
      revision: 1 + attempt * 3,
      serviceName: service.name,
      virtualQueue: service.virtualQueue,
      state,
      ...(reason ? { reason } : {}),
      kind: scheduled ? "scheduled" : "immediate",
      phoneNumber: phone,
      desiredTime: iso(desired),
      createdTime: iso(created),
      updatedTime: iso(completed ?? Math.min(now, Math.max(created, desired))),
      ...(completed ? { completedTime: iso(completed) } : {}),
      expirationTime: iso(desired + DAY),
      ...(state === "SCHEDULED" ? { dueTime: iso(desired - 6 * MINUTE) } : {}),
      attempt,
      ...(state === "QUEUED" ? { positionInQueue: 1 + Math.floor(this.#roll() * 14), estimatedWaitTime: 60 + Math.floor(this.#roll() * 700) } : {}),
      priority: 10 * Math.floor(this.#roll() * 5),
      source: this.pick(["api", "api", "api", "ui", "call-in"]),
      actions: ACTIONS[state],
    };
    const detail: CallbackDetail = {
      ...row,
      userData: { customerId: `C-${40_000 + index}`, topic: this.pick(["Invoice", "Delivery", "Contract", "Router", "Upgrade"]), language: "en-US", vip: this.#roll() < 0.1 },
      pushTargets: this.#roll() < 0.5 ? [{ channel: "fcm", language: "en" }] : [],
      settings: {
        name: service.name,
        virtualQueue: service.virtualQueue,
        immediateCallbackEnabled: service.immediate,
        slotMinutes: 30,
        capacityPerSlot: service.capacityPerSlot,
        maxAttempts: 5,
        duplicatePolicy: "max_two",
        queueTtlSeconds: 86_400,
      },
      outcomes: [],
      diagnostics: { unanswered: 0, lost: 0, putOff: 0, outcomeUnknown: false },
      timeline: [],
      attempts: [],
      ...(attempt > 0 ? { sessionId: `00A2R${id.slice(0, 12).toUpperCase()}`, node: "ors-1" } : {}),
    };
    this.#history(detail, created, desired, completed);
    this.callbacks.set(id, detail);
    return detail;
  }

  #history(detail: CallbackDetail, created: number, desired: number, completed: number | undefined) {
    let revision = 0;
    const add = (at: number, what: string, more: Partial<CallbackDetail["timeline"][number]> = {}) => {
      revision += 1;
      detail.timeline.push({ revision, at: iso(at), what, to: detail.state, by: { kind: "system" }, ...more });
    };
    add(created, "BOOKED", { by: detail.source === "ui" ? { kind: "user", name: "supervisor" } : { kind: "api" }, to: "SCHEDULED" });
    if (detail.attempt === 0) return;
    for (let attempt = 1; attempt <= detail.attempt; attempt += 1) {
      const at = desired - 6 * MINUTE + (attempt - 1) * 4 * MINUTE;
      add(at, "SUBMITTED", { attempt });
      add(at + 900, "STARTED", { attempt, from: "SCHEDULED", to: "QUEUED", by: { kind: "session" } });
      const last = attempt === detail.attempt;
      const outcome = last ? (completed ? "COMPLETED" : "running") : "LAPSED";
      if (!last) add(at + 3 * MINUTE, "DIALLED", { attempt, from: "ROUTING", to: "QUEUED", by: { kind: "session" }, note: "NO_ANSWER" });
      detail.attempts.push({
        attempt,
        submittedAt: iso(at),
        startedAt: iso(at + 900),
        ...(last ? (completed ? { endedAt: iso(completed) } : {}) : { endedAt: iso(at + 3 * MINUTE) }),
        sessionId: detail.sessionId ?? "",
        outcome,
      });
    }
    if (detail.state === "ROUTING" || detail.state === "PROCESSING" || detail.state === "COMPLETED") {
      add(desired, "MOVED", { from: "QUEUED", to: "ROUTING", by: { kind: "session" }, attempt: detail.attempt });
    }
    if (detail.state === "PROCESSING") add(desired + MINUTE, "MOVED", { from: "ROUTING", to: "PROCESSING", by: { kind: "session" } });
    if (completed) {
      const cancelled = detail.reason === "CANCELLED";
      add(completed, "COMPLETED", {
        to: "COMPLETED",
        ...(detail.reason ? { reason: detail.reason } : {}),
        by: cancelled ? { kind: "user", name: "supervisor" } : { kind: "session" },
        ...(cancelled ? { note: "Customer asked by e-mail" } : {}),
      });
    }
    detail.revision = revision;
  }

  #queue(queue: string, services: string[], index: number): QueueRow {
    const all = [...this.callbacks.values()].filter((one) => one.virtualQueue === queue);
    const waiting = all.filter((one) => one.state === "QUEUED").length;
    const base = 140 + index * 95;
    const closed = index === 3;
    const now = Date.now();
    return {
      queue,
      services,
      waiting: waiting + 3 + index,
      live: 2 + index,
      scheduled: all.filter((one) => one.state === "SCHEDULED").length,
      scheduledToday: Math.round(all.filter((one) => one.state === "SCHEDULED").length / 3),
      ...(closed
        ? {}
        : {
            estimatedWaitTime: base,
            band: { low: Math.round(base * 0.7), high: Math.round(base * 1.45), confidence: 0.8, basis: "conformal" },
            coverage: { nominal: 0.8, measured: index === 2 ? 0.71 : 0.79 + index * 0.01, observations: 820 - index * 90 },
          }),
      agents: closed ? { loggedIn: 0, ready: 0 } : { loggedIn: 14 - index, ready: Math.max(0, 3 - index) },
      offered: { immediate: !closed && index !== 4, scheduled: true },
      open: !closed,
      ...(closed ? { opensAt: iso(now + 9 * HOUR) } : { closesAt: iso(now + 5 * HOUR) }),
      emergency: index === 5,
      ...(closed ? {} : { promise: { count: 210 - index * 22, medianSecs: 25 + index * 20, p90Secs: 140 + index * 70, withinFiveMinutes: 0.97 - index * 0.04 } }),
      trend: Array.from({ length: 60 }, (_, minute) => ({
        at: iso(now - (59 - minute) * MINUTE),
        ...(closed ? {} : { estimatedWaitTime: Math.max(20, Math.round(base * (0.8 + 0.5 * Math.sin(minute / 9 + index) + this.#roll() * 0.2))) }),
        waiting: Math.max(0, Math.round(6 + 4 * Math.sin(minute / 7 + index))),
      })),
      at: iso(now),
    };
  }

  /** A change of one callback that happened now; listeners hear of it. */
  changed(detail: CallbackDetail) {
    detail.revision += 1;
    detail.updatedTime = iso(Date.now());
    detail.actions = ACTIONS[detail.state];
    this.tell({ event: "callback", data: rowOf(detail) });
  }

  tick() {
    const open = [...this.callbacks.values()].filter((one) => one.state !== "COMPLETED");
    const changes = Math.floor(this.rate) + (this.#roll() < this.rate % 1 ? 1 : 0);
    for (let index = 0; index < changes; index += 1) {
      const one = this.pick(open);
      if (!one) break;
      const next = { SCHEDULED: "SCHEDULED", QUEUED: "ROUTING", ROUTING: "PROCESSING", PROCESSING: "COMPLETED", COMPLETED: "COMPLETED" } as const;
      one.state = next[one.state];
      if (one.state === "COMPLETED") {
        one.reason = "AGENT_CONNECTED";
        one.completedTime = iso(Date.now());
      }
      this.changed(one);
    }
    const queue = this.pick(this.queues);
    if (queue.estimatedWaitTime !== undefined) {
      queue.estimatedWaitTime = Math.max(15, Math.round(queue.estimatedWaitTime * (0.95 + this.#roll() * 0.1)));
      queue.at = iso(Date.now());
    }
    this.tell({ event: "queue", data: queue });
  }
}

export const ACTIONS: Record<CallbackState, CallbackRow["actions"]> = {
  SCHEDULED: ["cancel", "reschedule", "edit"],
  QUEUED: ["cancel", "reschedule"],
  ROUTING: ["cancel"],
  PROCESSING: [],
  COMPLETED: ["recreate"],
};

/** The row of a list, without what only the details have. */
export function rowOf(detail: CallbackDetail): CallbackRow {
  const { userData: _u, pushTargets: _p, settings: _s, outcomes: _o, diagnostics: _d, timeline: _t, attempts: _a, sessionId: _i, node: _n, ...row } = detail;
  return row;
}
