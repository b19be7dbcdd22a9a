// Every setting of a service, in groups that people think in. The order, the bounds and the units live here alone.

export type Settings = Record<string, unknown>;

export type Field =
  | { key: string; kind: "flag" }
  | { key: string; kind: "text"; most: number; optional?: boolean; address?: boolean }
  | { key: string; kind: "number"; min: number; max: number; unit?: "seconds" | "minutes" | "days"; optional?: boolean }
  | { key: string; kind: "choice"; of: readonly (string | number)[] }
  | { key: string; kind: "zone" | "country" | "hours" };

const WEEK = 7 * 86_400;
const MANY = 4_294_967_295;

const flag = (key: string): Field => ({ key, kind: "flag" });
const text = (key: string, most: number, optional = true): Field => ({ key, kind: "text", most, optional });
const number = (key: string, min: number, max: number, unit?: "seconds" | "minutes" | "days"): Field => ({
  key,
  kind: "number",
  min,
  max,
  ...(unit ? { unit } : {}),
});
const perhaps = (key: string, min: number, max: number, unit?: "minutes"): Field => ({
  key,
  kind: "number",
  min,
  max,
  optional: true,
  ...(unit ? { unit } : {}),
});

export const GROUPS: readonly { id: string; fields: readonly Field[] }[] = [
  {
    id: "offer",
    fields: [
      flag("enabled"),
      flag("immediateCallbackEnabled"),
      flag("scheduledCallbackEnabled"),
      number("offerEwtThresholdSeconds", 0, WEEK, "seconds"),
    ],
  },
  {
    id: "time",
    fields: [
      { key: "businessHours", kind: "hours" },
      { key: "timezone", kind: "zone" },
      number("minLeadMinutes", 0, 366 * 24 * 60, "minutes"),
      number("maxDaysAhead", 0, 366, "days"),
      { key: "slotMinutes", kind: "choice", of: [5, 10, 15, 20, 30, 60] },
      number("capacityPerSlot", 0, 100_000),
    ],
  },
  {
    id: "call",
    fields: [
      text("virtualQueue", 255, false),
      { key: "callDirection", kind: "choice", of: ["USERTERMINATED", "USERORIGINATED"] },
      { key: "scxmlUrl", kind: "text", most: 2_048, optional: true, address: true },
      text("routePoint", 255),
      text("outboundCallerId", 64),
      text("callerDisplayName", 255),
      text("surveyRP", 255),
      text("language", 35, false),
      { key: "defaultCountry", kind: "country" },
      flag("allowPremiumRate"),
    ],
  },
  {
    id: "tries",
    fields: [
      number("maxDialAttempts", 1, 100),
      number("redialIntervalSeconds", 0, WEEK, "seconds"),
      number("ringTimeoutSeconds", 1, 600, "seconds"),
      number("maxAttempts", 1, 100),
      number("maxEarlySubmitSeconds", 0, 86_400, "seconds"),
      number("queueTtlSeconds", 60, 366 * 86_400, "seconds"),
    ],
  },
  {
    id: "limits",
    fields: [
      number("maxQueued", 0, MANY),
      { key: "duplicatePolicy", kind: "choice", of: ["allow", "max_two", "reject"] },
      number("maxBookingsPerTenMinutes", 1, MANY),
      number("maxImmediatePerNumberPerDay", 1, MANY),
      perhaps("maxReleasePerMinute", 1, MANY),
    ],
  },
  {
    id: "priority",
    fields: [
      number("priority.initial", 0, MANY),
      number("priority.increment", 0, MANY),
      number("priority.intervalSeconds", 0, MANY, "seconds"),
      number("priority.limit", 0, MANY),
    ],
  },
  { id: "notice", fields: [perhaps("pushNotificationThresholdMinutes", 0, 24 * 60, "minutes")] },
];

const FIELDS = GROUPS.flatMap((group) => group.fields);

export interface Notice {
  language: string;
  title: string;
  body: string;
}

export const NEW: Settings = {
  virtualQueue: "",
  enabled: true,
  immediateCallbackEnabled: true,
  scheduledCallbackEnabled: true,
  callDirection: "USERTERMINATED",
  scxmlUrl: "",
  timezone: "UTC",
  slotMinutes: 30,
  capacityPerSlot: 100,
  minLeadMinutes: 15,
  maxDaysAhead: 14,
  queueTtlSeconds: 86_400,
  maxDialAttempts: 3,
  redialIntervalSeconds: 600,
  ringTimeoutSeconds: 60,
  priority: { initial: 100, increment: 10, intervalSeconds: 60, limit: 1_000 },
  offerEwtThresholdSeconds: 120,
  maxQueued: 1_000,
  duplicatePolicy: "max_two",
  language: "en-US",
  defaultCountry: "US",
  allowPremiumRate: false,
  maxEarlySubmitSeconds: 900,
  maxAttempts: 5,
  maxBookingsPerTenMinutes: 500,
  maxImmediatePerNumberPerDay: 6,
  upcoming: [],
};

/** A setting by its path. */
export function settingOf(settings: Settings, path: string): unknown {
  return path.split(".").reduce<unknown>(
    (value, name) => (typeof value === "object" && value !== null ? (value as Settings)[name] : undefined),
    settings,
  );
}

/** The settings with another value at a path; nothing takes it away. */
export function withSetting(settings: Settings, path: string, value: unknown): Settings {
  const [name = "", ...rest] = path.split(".");
  if (rest.length > 0) {
    const inner = (settings[name] ?? {}) as Settings;
    return { ...settings, [name]: withSetting(inner, rest.join("."), value) };
  }
  const { [name]: _, ...others } = settings;
  return value === undefined ? others : { ...settings, [name]: value };
}

/** Where settings cannot be as they are: paths of fields, in the order of the form. */
export function faults(settings: Settings): string[] {
  const odd = FIELDS.filter((field) => {
    const value = settingOf(settings, field.key);
    const absent = value === undefined || value === null || value === "";
    if (field.kind === "number") {
      if (absent) return !field.optional;
      return !Number.isInteger(value) || (value as number) < field.min || (value as number) > field.max;
    }
    if (field.kind === "text") {
      if (absent) return !field.optional;
      return String(value).length > field.most || (field.address === true && !/^https?:\/\/\S+$/.test(String(value)));
    }
    return false;
  }).map((field) => field.key);
  const notices = (settings["upcoming"] ?? []) as Notice[];
  const halves = notices.flatMap((notice, at) =>
    notice.language === "" || notice.title === "" || notice.body === "" ? [`upcoming.${at}`] : [],
  );
  return [...odd, ...halves];
}
