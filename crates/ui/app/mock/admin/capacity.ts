// Capacity rules, what they would offer, how full slots are, and the planner.
import {
  type Plan,
  type Shorthand,
  exceptionsShorthand,
  planOf,
  readShorthand,
  slotsPerDay,
  weekShorthand,
} from "../../src/screens/capacity/plan.ts";
import { Refusal, type Router } from "../http.ts";
import { DAY, type World, dice, iso } from "../world.ts";
import { type Rule, RuleBook, ruleRoutes } from "./rules.ts";

interface CapacityRule extends Rule {
  slotMinutes: number;
  week: Shorthand;
  exceptions: Shorthand;
}

const SALES = "5d3a6b0e-2f2f-4a7a-9c52-0b9b6b5a1a01";
const SUPPORT = "5d3a6b0e-2f2f-4a7a-9c52-0b9b6b5a1a02";

const steps = (start: number, ...places: number[]) =>
  Object.fromEntries(places.map((value, at) => [`${String(start + at).padStart(2, "0")}00`, value]));

function read(body: Record<string, unknown>) {
  const document = { ...(body["week"] as object), ...(body["exceptions"] as object) };
  const found = readShorthand(document, Number(body["slotMinutes"] ?? 30));
  if ("trouble" in found) throw new Refusal(40001, `week: ${found.trouble.kind} ${found.trouble.word}`);
  return written(found);
}

const written = (plan: Plan) => ({
  slotMinutes: plan.slotMinutes,
  week: weekShorthand(plan),
  exceptions: exceptionsShorthand(plan),
});

/** Whole places, shared out by overlap; each hour keeps its total. */
export function resized(plan: Plan, slotMinutes: number): Plan {
  const change = (column: readonly number[]) => {
    const perHour = 60 / plan.slotMinutes;
    const next = 60 / slotMinutes;
    return Array.from({ length: 24 }, (_, hour) => {
      const total = column.slice(hour * perHour, (hour + 1) * perHour).reduce((a, b) => a + b, 0);
      return Array.from({ length: next }, (_, at) => Math.floor(total / next) + (at < total % next ? 1 : 0));
    }).flat();
  };
  return {
    slotMinutes,
    week: plan.week.map(change),
    exceptions: Object.fromEntries(Object.entries(plan.exceptions).map(([day, column]) => [day, change(column)])),
  };
}

const two = (n: number) => String(n).padStart(2, "0");

export function capacityRoutes(router: Router, world: World) {
  const book = new RuleBook<CapacityRule>(
    [
      {
        id: SALES,
        name: "Sales, weekdays",
        revision: 31,
        slotMinutes: 30,
        week: { "mon-thu": steps(9, 3, 4, 4, 2, 3, 5, 5, 4, 0), fri: steps(9, 2, 2, 2, 2, 0), sat: steps(10, 1, 1, 0) },
        exceptions: { "2026-12-24": steps(9, 2, 2, 1, 0), "2026-12-25": { "0000": 0 }, "2026-12-26": { "0000": 0 } },
      },
      {
        id: SUPPORT,
        name: "Support around the clock",
        revision: 38,
        slotMinutes: 60,
        week: { "mon-sun": { "0000": 2, "0700": 6, "1000": 12, "1800": 6, "2200": 2 } },
        exceptions: {},
      },
    ],
    { VQ_Sales: SALES, VQ_Support: SUPPORT, VQ_Technical: SUPPORT },
  );
  const queues = () => [...new Set(world.services.map((service) => service.virtualQueue))];

  /** Slots of days in a row, with bookings that stay the same from one question to the next. */
  function slots(plan: Plan, current: Plan | undefined, from: string, days: number) {
    const all = [];
    for (let index = 0; index < days; index += 1) {
      const date = new Date(Date.parse(`${from}T12:00:00Z`) + index * DAY).toISOString().slice(0, 10);
      const weekday = (new Date(`${date}T12:00:00Z`).getUTCDay() + 6) % 7;
      const column = plan.exceptions[date] ?? plan.week[weekday] ?? [];
      const now = current && (current.exceptions[date] ?? current.week[weekday]);
      const roll = dice(Date.parse(date) / DAY);
      for (let slot = 0; slot < slotsPerDay(plan.slotMinutes); slot += 1) {
        const total = column[slot] ?? 0;
        const old = now && current?.slotMinutes === plan.slotMinutes ? (now[slot] ?? 0) : undefined;
        const random = roll();
        const base = old ?? total;
        if (total === 0 && base === 0) continue;
        const minute = slot * plan.slotMinutes;
        const local = `${date}T${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
        const start = Date.parse(`${local}:00-05:00`);
        all.push({
          start: iso(start),
          end: iso(start + plan.slotMinutes * 60_000),
          localStart: `${local}:00.000-05:00`,
          total,
          booked: Math.min(base, Math.floor(random * 1.5 * (base + 1) * Math.max(0, 1 - index / 9))),
          ...(old === undefined ? {} : { current: old }),
        });
      }
    }
    return all;
  }

  const effect = (body: Record<string, unknown>) => {
    if (!body["week"]) return { effect: { overbooked: [], slotsChanged: 36 } };
    const found = planOf(body as unknown as CapacityRule);
    const total = found.week.flat().reduce((a, b) => a + b, 0);
    const start = iso(Math.ceil(Date.now() / DAY) * DAY + 15 * 3_600_000);
    const overbooked = total < 120 ? [{ service: "sales_callback", start, booked: 3, total: 1 }] : [];
    return { effect: { overbooked, slotsChanged: total === 0 ? 0 : 24 } };
  };

  router.on("GET", "capacity-rules", () => book.all(queues()));
  router.on("POST", "capacity-rules/parse", ({ body }) => {
    const lines = String(body.text).match(/_capacity_[1-7]\s*=\s*\{[^\n]*\}/g);
    if (!lines) throw new Refusal(40001, "text is neither JSON nor `_capacity_1={…}`");
    const document = Object.assign({}, ...lines.map((line) => JSON.parse(line.slice(line.indexOf("{")))));
    return { rule: { ...read({ week: document, slotMinutes: body.slotMinutes }), exceptions: {} } };
  });
  router.on("POST", "capacity-rules/convert", ({ body }) => ({
    rule: { ...body.rule, ...written(resized(planOf(body.rule), Number(body.slotMinutes))) },
  }));
  router.on("POST", "capacity-rules/preview", ({ body }) => {
    const service = world.services.find((one) => one.name === body.service);
    const id = service && book.of.get(service.virtualQueue);
    const current = id ? planOf(book.find(id)) : undefined;
    const plan = planOf(body.rule ?? book.find(body.ruleId));
    return { zone: service?.zone ?? "UTC", slots: slots(plan, current, body.from, Number(body.days ?? 7)) };
  });
  router.on("GET", "capacity-rules/load", ({ query }) => {
    const id = book.of.get(query.get("queue") ?? "");
    const plan = id ? planOf(book.find(id)) : planOf({ slotMinutes: 30, week: { "mon-fri": steps(8, 3, 3, 3, 3, 3, 3, 3, 3, 0) } });
    return { slots: slots(plan, undefined, query.get("from") ?? "", Number(query.get("days") ?? 7)) };
  });
  ruleRoutes(router, "capacity-rules", book, read, effect);

  router.on("POST", "planner", ({ body }) => {
    const minutes = Number(body.slotMinutes);
    const at = (time: string) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));
    const of = <T extends { from: string; to: string }>(rows: T[], minute: number) =>
      rows.find((row) => at(row.from) <= minute && minute < at(row.to));
    const out = [];
    const week: Record<string, number> = {};
    for (let minute = 0; minute < 1_440; minute += minutes) {
      const agents = of<{ from: string; to: string; agents: number }>(body.staffing, minute)?.agents ?? 0;
      const calls = of<{ from: string; to: string; calls: number }>(body.callsPerHour, minute)?.calls ?? 0;
      if (agents === 0 && calls === 0) continue;
      const load = (calls * body.handlingSeconds) / 3_600;
      const left = Math.max(0, agents * 0.88 - load);
      const capacity = Math.floor((left * minutes * 60) / body.handlingSeconds);
      const local = `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
      week[local.replace(":", "")] = capacity;
      out.push({
        start: iso(Date.parse(`${body.date}T${local}:00-05:00`)),
        localStart: `${body.date}T${local}:00.000-05:00`,
        agents,
        offered: Math.round(load * 10) / 10,
        utilisation: agents === 0 ? 0 : Math.min(0.99, (load + left * 0.85) / agents),
        capacity,
        current: minutes === 30 ? 3 : 6,
        p90Secs: Math.round(40 + 300 * Math.min(1, load / Math.max(agents, 1))),
      });
    }
    const day = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"][new Date(`${body.date}T12:00:00Z`).getUTCDay()] ?? "mon";
    return { zone: "America/New_York", slots: out, week: { [day]: week }, method: "erlang-a" };
  });
}
