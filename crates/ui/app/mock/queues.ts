// Queues, services, slots.
import { addDays, dayIn, instantOf } from "../src/parts/civil.ts";
import { Refusal, type Router } from "./http.ts";
import { DAY, MINUTE, type World, dice, iso } from "./world.ts";

export function slotsOf(world: World, service: string, from: number, days: number) {
  const found = world.services.find((one) => one.name === service);
  if (!found) throw new Refusal(40005, "no such service");
  const taken = new Map<number, number>();
  for (const one of world.callbacks.values()) {
    if (one.serviceName !== service || one.state === "COMPLETED" || one.kind !== "scheduled") continue;
    const slot = Math.floor(Date.parse(one.desiredTime) / (30 * MINUTE)) * 30 * MINUTE;
    taken.set(slot, (taken.get(slot) ?? 0) + 1);
  }
  const slots = [];
  const first = dayIn(iso(from), found.zone);
  for (let day = 0; day < days; day += 1) {
    const name = addDays(first, day);
    const weekday = new Date(`${name}T12:00:00Z`).getUTCDay();
    if (weekday === 0) continue;
    for (let half = 16; half < (weekday === 6 ? 26 : 36); half += 1) {
      const local = `${String(Math.floor(half / 2)).padStart(2, "0")}:${half % 2 ? "30" : "00"}`;
      const start = instantOf(name, local, found.zone).getTime();
      const random = dice(half * 31 + weekday * 7 + service.length)();
      const total = Math.max(2, Math.round(found.capacityPerSlot / 4));
      const booked = Math.min(total, (taken.get(start) ?? 0) + Math.floor(random ** 2 * (total + 1)));
      slots.push({
        start: iso(start),
        end: iso(start + 30 * MINUTE),
        localStart: `${name}T${local}`,
        total,
        booked,
        left: total - booked,
        open: start > Date.now(),
      });
    }
  }
  return { zone: found.zone, slotMinutes: 30, slots };
}

export function queueRoutes(router: Router, world: World) {
  router.on("GET", "queues", () => ({ queues: world.queues }));
  router.on("GET", "services", () => ({ services: world.services, revision: 12, published: 42 }));
  router.on("GET", "slots", ({ query }) => {
    const from = query.get("from") ?? iso(Date.now());
    return slotsOf(world, query.get("service") ?? "", Date.parse(from), Number(query.get("days") ?? 7));
  });
  router.on("GET", "queues/{queue}/promises", ({ query }) => {
    const roll = dice(5);
    const from = Date.parse(query.get("from") ?? iso(Date.now() - 14 * DAY));
    const to = Date.parse(query.get("to") ?? iso(Date.now()));
    const days = [];
    for (let at = from; at <= to; at += DAY) {
      const median = Math.round(20 + roll() * 60);
      const shape = [2, 6, 18, 46, 70, 38, 17, 8, 4, 2];
      days.push({
        date: iso(at).slice(0, 10),
        count: Math.round(150 + roll() * 90),
        medianSecs: median,
        p10Secs: median - 70 - Math.round(roll() * 30),
        p90Secs: median + 110 + Math.round(roll() * 120),
        earlySecs: 15,
        histogram: shape.map((count, index) => ({
          fromSecs: (index - 4) * 60,
          toSecs: (index - 3) * 60,
          count: Math.round(count * (0.7 + roll() * 0.6)),
        })),
      });
    }
    return { days };
  });
  router.on("GET", "queues/{queue}/coverage", () => {
    const roll = dice(9);
    return {
      nominal: 0.8,
      measured: 0.803,
      observations: 4_112,
      days: Array.from({ length: 14 }, (_, index) => ({
        date: iso(Date.now() - (13 - index) * DAY).slice(0, 10),
        measured: 0.76 + roll() * 0.08,
        count: Math.round(200 + roll() * 150),
      })),
    };
  });
}
