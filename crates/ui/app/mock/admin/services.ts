// Services with all their settings, what changed when, and office hours with the clocks that change in them.
import { Refusal, type Router } from "../http.ts";
import { DAY, HOUR, type World, iso } from "../world.ts";

const SETTINGS = {
  enabled: true,
  immediateCallbackEnabled: true,
  scheduledCallbackEnabled: true,
  callDirection: "USERTERMINATED",
  scxmlUrl: "https://designer.example/apps/callback/main.scxml",
  routePoint: "9100",
  outboundCallerId: "+14155550000",
  callerDisplayName: "Example Telecom",
  timezone: "America/New_York",
  slotMinutes: 30,
  capacityPerSlot: 20,
  minLeadMinutes: 15,
  maxDaysAhead: 14,
  queueTtlSeconds: 86_400,
  maxDialAttempts: 3,
  redialIntervalSeconds: 600,
  ringTimeoutSeconds: 60,
  priority: { initial: 100, increment: 10, intervalSeconds: 60, limit: 1_000 },
  offerEwtThresholdSeconds: 120,
  pushNotificationThresholdMinutes: 5,
  maxQueued: 1_000,
  duplicatePolicy: "max_two",
  language: "en-US",
  defaultCountry: "US",
  allowPremiumRate: false,
  maxEarlySubmitSeconds: 900,
  maxAttempts: 5,
  maxBookingsPerTenMinutes: 500,
  maxImmediatePerNumberPerDay: 6,
  upcoming: [{ language: "en-US", title: "Your call is near", body: "We will call you in a few minutes." }],
};

const WORK = [{ start: "09:00", end: "12:00" }, { start: "13:00", end: "18:00" }];

const minuteOf = (time: string) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));

export function serviceRoutes(router: Router, world: World) {
  const edited = new Map<string, Record<string, unknown>>();
  const row = (name: string | undefined) => {
    const found = world.services.find((one) => one.name === name);
    if (!found) throw new Refusal(40400, "there is no such service");
    return found;
  };
  const detail = (name: string | undefined) => {
    const found = row(name);
    const { virtualQueue, zone, businessHours, capacityPerSlot, slotMinutes } = found;
    const base = { ...SETTINGS, virtualQueue, timezone: zone, businessHours, capacityPerSlot, slotMinutes };
    return { ...found, settings: edited.get(found.name) ?? base };
  };
  router.on("GET", "services/revisions", () => ({
    revisions: [
      { revision: 42, at: iso(Date.now() - 2 * HOUR), by: "designer", changed: ["sales_callback", "office_hours"], removed: [] },
      { revision: 41, at: iso(Date.now() - 3 * DAY), by: "administrator", changed: ["premium_care"], removed: [] },
      { revision: 40, at: iso(Date.now() - 9 * DAY), by: "designer", changed: ["technical_help"], removed: ["old_help"] },
    ],
  }));
  router.on("GET", "services/revisions/{revision}", ({ path }) => {
    if (path["revision"] !== "42") return { revision: Number(path["revision"]), diff: [{ service: "premium_care", path: "ringTimeoutSeconds", before: 45, after: 60 }] };
    return {
      revision: 42,
      diff: [
        { service: "sales_callback", path: "capacityPerSlot", before: 15, after: 20 },
        { service: "sales_callback", path: "priority.limit", before: 500, after: 1000 },
        { service: "sales_callback", path: "pushNotificationThresholdMinutes", after: 5 },
        { service: "sales_callback", path: "surveyRP", before: "9177" },
        { hours: "office_hours", path: "specialDays", before: [], after: [{ name: "Christmas", date: "2026-12-25", hours: [] }] },
      ],
    };
  });
  router.on("GET", "services/{name}", ({ path }) => detail(path["name"]));
  router.on("PUT", "services/{name}", (asked) => {
    const name = asked.path["name"] ?? "";
    const found = world.services.find((one) => one.name === name);
    if (found?.managedBy === "designer") throw new Refusal(40907, "Designer rules here");
    if (asked.ifMatch === undefined) throw new Refusal(40001, "If-Match is missing");
    if (found && asked.ifMatch < found.revision) throw new Refusal(40901, "changed meanwhile", { now: detail(name) });
    const settings = asked.body.settings;
    edited.set(name, settings);
    const next = {
      name,
      virtualQueue: settings.virtualQueue,
      ...(settings.businessHours ? { businessHours: settings.businessHours } : {}),
      zone: settings.timezone,
      retired: false,
      emergency: found?.emergency ?? false,
      immediate: settings.enabled && settings.immediateCallbackEnabled,
      scheduled: settings.enabled && settings.scheduledCallbackEnabled,
      slotMinutes: settings.slotMinutes,
      capacityPerSlot: settings.capacityPerSlot,
      managedBy: "here" as const,
      revision: (found?.revision ?? 42) + 1,
    };
    if (found) Object.assign(found, next);
    else world.services.push(next);
    return detail(name);
  });
  router.on("DELETE", "services/{name}", ({ path }) => {
    const found = row(path["name"]);
    if (found.managedBy === "designer") throw new Refusal(40907, "Designer rules here");
    world.services = world.services.filter((one) => one !== found);
    return {};
  });
  router.on("POST", "services/{name}/emergency", ({ path, body }) => {
    row(path["name"]).emergency = body.on === true;
    return {};
  });

  const week = { mon: WORK, tue: WORK, wed: WORK, thu: WORK, fri: [{ start: "09:00", end: "15:00" }], sat: [], sun: [] };
  const christmas = { name: "Christmas", date: "2026-12-25", recursYearly: true, hours: [] };
  const all = { openAllDay: true };
  const hours = [
    { name: "office_hours", timezone: "America/New_York", week, specialDays: [christmas] },
    { name: "night_desk", timezone: "Europe/Berlin", week: { mon: [all], tue: [all], wed: [all], thu: [all], fri: [all], sat: [all], sun: [all] }, specialDays: [] },
  ].map((document, at) => ({
    name: document.name,
    zone: document.timezone,
    document: document as any,
    usedBy: at === 0 ? ["sales_callback", "billing_callback"] : ["technical_help"],
    managedBy: at === 0 ? "here" : "designer",
    revision: 12 + at,
  }));
  router.on("GET", "office-hours", () => ({ hours, revision: 42 }));
  router.on("POST", "office-hours/preview", ({ body }) => {
    const document = body.document ?? hours.find((one) => one.name === body.name)?.document;
    const names = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
    const days = Array.from({ length: Number(body.days) }, (_, index) => {
      const date = new Date(Date.parse(`${body.from}T12:00:00Z`) + index * DAY).toISOString().slice(0, 10);
      const special = document.specialDays?.find((one: any) => (one.recursYearly ? date.slice(5) === one.date.slice(5) : one.date === date));
      const intervals = special ? special.hours : (document.week[names[new Date(`${date}T12:00:00Z`).getUTCDay()] ?? "mon"] ?? []);
      const at = (minute: number) => {
        const next = new Date(Date.parse(`${date}T00:00:00Z`) + minute * 60_000).toISOString();
        return { instant: iso(Date.parse(next) + 5 * HOUR), local: `${next.slice(0, 19)}.000-05:00` };
      };
      const openings = intervals.map((one: any) => {
        const start = at(one.openAllDay ? 0 : minuteOf(one.start));
        const end = at(one.openAllDay || !one.end ? 1_440 : minuteOf(one.end));
        return { start: start.instant, end: end.instant, localStart: start.local, localEnd: end.local };
      });
      const shift = date.endsWith("-11-29") || index === 7;
      return {
        date,
        openings,
        ...(special ? { special: special.name } : {}),
        ...(shift ? { change: { at: `${date}T06:00:00.000Z`, before: "-04:00", after: "-05:00", kind: "overlap" } } : {}),
      };
    });
    return { zone: document.timezone, days };
  });
  router.on("PUT", "office-hours/{name}", (asked) => {
    const found = hours.find((one) => one.name === asked.path["name"]);
    if (asked.ifMatch === undefined) throw new Refusal(40001, "If-Match is missing");
    if (found?.managedBy === "designer") throw new Refusal(40907, "Designer rules here");
    if (found && asked.ifMatch < found.revision) throw new Refusal(40901, "changed meanwhile", { now: found });
    const document = asked.body.document;
    const next = { name: asked.path["name"] ?? "", zone: document.timezone, document, usedBy: found?.usedBy ?? [], managedBy: "here", revision: 43 };
    if (found) Object.assign(found, next, { revision: found.revision + 1 });
    else hours.push(next);
    return next;
  });
  router.on("DELETE", "office-hours/{name}", ({ path }) => {
    const at = hours.findIndex((one) => one.name === path["name"]);
    if (at < 0) throw new Refusal(40400, "there are no such office hours");
    if ((hours[at]?.usedBy.length ?? 0) > 0) throw new Refusal(40906, "services still use the office hours");
    hours.splice(at, 1);
    return {};
  });
}
