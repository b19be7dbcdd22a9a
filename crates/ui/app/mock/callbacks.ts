// Callbacks: list, details, changes, bulk, dry run.
import { randomUUID } from "node:crypto";
import type { Bulk, CallbackDetail, CallbackRow } from "../src/api/types.ts";
import { type Asked, HANDLED, Refusal, type Router, checkRevision, paged } from "./http.ts";
import { slotsOf } from "./queues.ts";
import { MINUTE, type World, iso, rowOf } from "./world.ts";

type Filter = Record<string, string | string[] | undefined>;

const fromQuery = (query: URLSearchParams): Filter =>
  Object.fromEntries([...new Set(query.keys())].map((key) => [key, query.getAll(key)]));

const list = (value: string | string[] | undefined): string[] =>
  value === undefined ? [] : typeof value === "string" ? [value] : value;

function matches(row: CallbackRow, filter: Filter): boolean {
  const among = (name: string, value: string | undefined) => {
    const wanted = list(filter[name]);
    return wanted.length === 0 || (value !== undefined && wanted.includes(value));
  };
  const within = (name: string, value: string) => {
    const from = list(filter[`${name}From`])[0];
    const to = list(filter[`${name}To`])[0];
    return (!from || Date.parse(value) >= Date.parse(from)) && (!to || Date.parse(value) < Date.parse(to));
  };
  return (
    among("phone", row.phoneNumber) &&
    among("service", row.serviceName) &&
    among("queue", row.virtualQueue) &&
    among("state", row.state) &&
    among("reason", row.reason) &&
    among("kind", row.kind) &&
    within("desired", row.desiredTime) &&
    within("created", row.createdTime)
  );
}

export function callbackRoutes(router: Router, world: World) {
  const found = (filter: Filter): CallbackRow[] => {
    const order = list(filter["order"])[0] ?? "desired";
    const key = order.replace("-", "") === "created" ? "createdTime" : "desiredTime";
    const sign = order.startsWith("-") ? -1 : 1;
    return [...world.callbacks.values()]
      .filter((one) => matches(one, filter))
      .sort((a, b) => sign * (a[key] < b[key] ? -1 : a[key] > b[key] ? 1 : a.id < b.id ? -1 : 1))
      .map(rowOf);
  };
  const one = ({ path }: Asked): CallbackDetail => {
    const detail = world.callbacks.get(path["id"] ?? "");
    if (!detail) throw new Refusal(40400, "no such callback");
    return detail;
  };
  const event = (detail: CallbackDetail, what: string, more: Partial<CallbackDetail["timeline"][number]> = {}) => {
    detail.timeline.push({ revision: detail.revision + 1, at: iso(Date.now()), what, to: detail.state, by: { kind: "user", name: "supervisor" }, ...more });
    world.changed(detail);
    return rowOf(detail);
  };

  router.on("GET", "callbacks", ({ query }) => {
    const { items, next } = paged(found(fromQuery(query)), query);
    return { callbacks: items, ...(next ? { next } : {}) };
  });
  router.on("GET", "callbacks/count", ({ query }) => ({ count: found(fromQuery(query)).length, exact: true }));
  router.on("GET", "callbacks/export", ({ query, response }) => {
    response.writeHead(200, { "content-type": "text/csv", "content-disposition": 'attachment; filename="callbacks.csv"' });
    response.end(`id,phoneNumber\n${found(fromQuery(query)).map((row) => `${row.id},${row.phoneNumber}`).join("\n")}`);
    return HANDLED;
  });
  router.on("GET", "callbacks/{id}", (asked) => one(asked));
  router.on("POST", "callbacks/check", ({ body }) => {
    const service = world.services.find((each) => each.name === body.serviceName);
    const order = ["service", "kind", "number", "numberRule", "time", "hours", "duplicates", "throttle", "capacity"] as const;
    const refusedAt = !service ? 0 : !/^\+?[\d ()-]{7,}$/.test(body.phoneNumber ?? "") ? 2 : String(body.phoneNumber).startsWith("+1900") ? 3 : body.desiredTime && Date.parse(body.desiredTime) < Date.now() ? 4 : -1;
    const codes: Record<number, [number, string]> = { 0: [40005, "no such service"], 2: [40002, "cannot be a phone number"], 3: [40004, "the number is blocked by +1900*"], 4: [40009, "the desired time is past"] };
    return {
      accepted: refusedAt === -1,
      steps: order.map((step, index) => ({
        step,
        outcome: refusedAt === -1 || index < refusedAt ? (step === "capacity" && !body.desiredTime ? "skipped" : "passed") : index === refusedAt ? "refused" : "skipped",
        ...(index === refusedAt ? { code: codes[index]?.[0], message: codes[index]?.[1] } : { message: "" }),
      })),
    };
  });
  router.on("POST", "callbacks", ({ body }) => {
    const service = world.services.find((each) => each.name === body.serviceName);
    if (!service) throw new Refusal(40005, "no such service");
    if (!/^\+?[\d ()-]{7,}$/.test(body.phoneNumber ?? "")) throw new Refusal(40002, "cannot be a phone number");
    const detail = world.make(9_000 + world.callbacks.size);
    const now = iso(Date.now());
    Object.assign(detail, {
      serviceName: service.name,
      virtualQueue: service.virtualQueue,
      state: "SCHEDULED",
      kind: body.desiredTime ? "scheduled" : "immediate",
      phoneNumber: body.phoneNumber,
      desiredTime: body.desiredTime ?? now,
      createdTime: now,
      attempt: 0,
      attempts: [],
      timeline: [],
      userData: body.userData ?? {},
    });
    delete detail.reason;
    delete detail.completedTime;
    return event(detail, "BOOKED", { to: "SCHEDULED" });
  });
  router.on("POST", "callbacks/{id}/cancel", (asked) => {
    const detail = one(asked);
    if (!detail.actions.includes("cancel")) throw new Refusal(40016, "its state does not allow this");
    const from = detail.state;
    Object.assign(detail, { state: "COMPLETED", reason: "CANCELLED", completedTime: iso(Date.now()) });
    return event(detail, "COMPLETED", { from, to: "COMPLETED", reason: "CANCELLED", note: asked.body.note });
  });
  router.on("POST", "callbacks/{id}/reschedule", (asked) => {
    const detail = one(asked);
    if (!detail.actions.includes("reschedule")) throw new Refusal(40016, "its state does not allow this");
    const slots = slotsOf(world, detail.serviceName, Date.now(), 14).slots;
    const at = Date.parse(asked.body.desiredTime);
    const slot = slots.find((each) => Date.parse(each.start) <= at && at < Date.parse(each.end));
    if (!slot) throw new Refusal(40010, "outside office hours");
    if (slot.left <= 0) throw new Refusal(42900, "the slot is full", { slots: {} });
    Object.assign(detail, { desiredTime: asked.body.desiredTime, kind: "scheduled", state: "SCHEDULED" });
    return event(detail, "RESCHEDULED");
  });
  router.on("PATCH", "callbacks/{id}", (asked) => {
    const detail = one(asked);
    checkRevision(asked, detail);
    Object.assign(detail, asked.body);
    return event(detail, "EDITED");
  });
  router.on("POST", "callbacks/{id}/recreate", (asked) => {
    const old = one(asked);
    const detail = world.make(20_000 + world.callbacks.size);
    const now = iso(Date.now());
    Object.assign(detail, { ...old, id: detail.id, state: "SCHEDULED", kind: asked.body.desiredTime ? "scheduled" : "immediate", desiredTime: asked.body.desiredTime ?? now, createdTime: now, attempt: 0, attempts: [], timeline: [] });
    delete detail.reason;
    delete detail.completedTime;
    return event(detail, "BOOKED", { to: "SCHEDULED" });
  });

  router.on("POST", "bulk/preview", ({ body }) => {
    const rows = found(body.filter ?? {}).filter((row) => row.actions.includes(body.action));
    return { count: rows.length, exact: true, sample: rows.slice(0, 5) };
  });
  router.on("POST", "bulk", ({ body, user }) => {
    const rows = found(body.filter ?? {}).filter((row) => row.actions.includes(body.action));
    if (Math.abs(rows.length - body.expectedCount) > 5) throw new Refusal(40901, "changed meanwhile", { count: rows.length });
    const bulk: Bulk = { id: randomUUID(), action: body.action, state: "running", total: rows.length, done: 0, succeeded: 0, refused: 0, by: user ?? "", startedAt: iso(Date.now()) };
    world.bulks.unshift(bulk);
    const results: { callbackId: string; ok: boolean; code?: number; message?: string }[] = [];
    bulkRows.set(bulk.id, results);
    const step = setInterval(() => {
      for (const row of rows.slice(bulk.done, bulk.done + Math.max(3, Math.ceil(rows.length / 12)))) {
        if (bulk.state === "stopped") break;
        const detail = world.callbacks.get(row.id);
        const ok = detail !== undefined && detail.actions.includes(body.action);
        if (ok && body.action === "cancel") {
          Object.assign(detail, { state: "COMPLETED", reason: "CANCELLED", completedTime: iso(Date.now()) });
          event(detail, "COMPLETED", { to: "COMPLETED", note: body.note });
        } else if (ok) {
          detail.desiredTime = body.desiredTime ?? iso(Date.parse(detail.desiredTime) + (body.shiftMinutes ?? 0) * MINUTE);
          event(detail, "RESCHEDULED");
        }
        results.push({ callbackId: row.id, ok, ...(ok ? {} : { code: 40016, message: "its state does not allow this" }) });
        bulk.done += 1;
        if (ok) bulk.succeeded += 1;
        else bulk.refused += 1;
      }
      if (bulk.done >= bulk.total && bulk.state === "running") bulk.state = "done";
      if (bulk.state !== "running") {
        bulk.finishedAt = iso(Date.now());
        clearInterval(step);
      }
      world.tell({ event: "bulk", data: { ...bulk } });
    }, 250);
    return { ...bulk };
  });
  const bulkRows = new Map<string, { callbackId: string; ok: boolean; code?: number; message?: string }[]>();
  const bulk = ({ path }: Asked) => {
    const job = world.bulks.find((each) => each.id === path["id"]);
    if (!job) throw new Refusal(40401, "no such job");
    return job;
  };
  router.on("GET", "bulk", ({ query }) => {
    const { items, next } = paged(world.bulks, query);
    return { bulks: items, ...(next ? { next } : {}) };
  });
  router.on("GET", "bulk/{id}", (asked) => bulk(asked));
  router.on("GET", "bulk/{id}/rows", (asked) => {
    const all = bulkRows.get(bulk(asked).id) ?? [];
    const only = asked.query.has("onlyRefused") && asked.query.get("onlyRefused") !== "false";
    const { items, next } = paged(only ? all.filter((row) => !row.ok) : all, asked.query);
    return { rows: items, ...(next ? { next } : {}) };
  });
  router.on("POST", "bulk/{id}/stop", (asked) => {
    bulk(asked).state = "stopped";
    return bulk(asked);
  });
}
