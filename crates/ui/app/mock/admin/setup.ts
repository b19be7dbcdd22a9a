// Call-in groups and requests, credentials, keys, webhooks, the audit log, and forgetting.
import { randomBytes, randomUUID } from "node:crypto";
import { Refusal, type Router, checkRevision, paged } from "../http.ts";
import { DAY, HOUR, MINUTE, type World, dice, iso } from "../world.ts";

export function callInRoutes(router: Router, _world: World) {
  const groups = [
    { name: "technical_help", numbers: ["+19059680004", "+19059680005"], provideCode: true, codeDigits: 6, ttlSeconds: 900, allocation: "shared", live: 3, revision: 4 },
    { name: "vip_line", numbers: ["+19059680101", "+19059680102", "+19059680103"], provideCode: false, codeDigits: 6, ttlSeconds: 300, allocation: "exclusive", live: 1, revision: 2 },
  ];
  const roll = dice(77);
  const requests = Array.from({ length: 120 }, (_, at) => {
    const created = Date.now() - at * 7 * MINUTE;
    const state = at < 3 ? "live" : roll() < 0.7 ? "matched" : "expired";
    return {
      id: `4d0f8f5e-11aa-4c1b-9a55-${String(at).padStart(12, "0")}`,
      group: at % 4 === 3 ? "vip_line" : "technical_help",
      state,
      ...(roll() < 0.8 ? { phoneNumber: `+1212555${String(1_000 + Math.floor(roll() * 9_000))}` } : {}),
      dnis: `+1905968000${4 + (at % 2)}`,
      ...(at % 4 === 3 ? {} : { accessCode: 100_000 + Math.floor(roll() * 899_999) }),
      createdTime: iso(created),
      expirationTime: iso(created + 15 * MINUTE),
      ...(state === "matched" ? { matchedTime: iso(created + 4 * MINUTE), matchedBy: at % 4 === 3 ? ["ani", "dnis"] : ["accessCode", "dnis"] } : {}),
      ...(at % 5 === 0 ? { callbackId: randomUUID() } : {}),
    };
  });
  const find = (name: string | undefined) => {
    const found = groups.find((one) => one.name === name);
    if (!found) throw new Refusal(40400, "there is no such group");
    return found;
  };
  router.on("GET", "call-in/groups", () => ({ groups }));
  router.on("POST", "call-in/groups", ({ body }) => {
    groups.push({ ...body, live: 0, revision: 1 });
    return groups.at(-1);
  });
  router.on("PUT", "call-in/groups/{name}", (asked) => {
    const group = find(asked.path["name"]);
    checkRevision(asked, group);
    return Object.assign(group, asked.body, { revision: group.revision + 1 });
  });
  router.on("DELETE", "call-in/groups/{name}", (asked) => {
    const group = find(asked.path["name"]);
    checkRevision(asked, group);
    groups.splice(groups.indexOf(group), 1);
    return {};
  });
  router.on("GET", "call-in/requests", ({ query }) => {
    const is = (name: string, value: string | undefined) => !query.get(name) || query.get(name) === value;
    const from = query.get("from") ?? "";
    const to = query.get("to") ?? "9999";
    const found = requests.filter(
      (one) => is("group", one.group) && is("state", one.state) && is("phone", one.phoneNumber) && one.createdTime >= from && one.createdTime < to,
    );
    const { items, next } = paged(found, query);
    return { requests: items, ...(next ? { next } : {}) };
  });
}

export function credentialRoutes(router: Router, _world: World) {
  const updated = { updatedAt: iso(Date.now() - 12 * DAY), by: "administrator" };
  const known: Record<string, Record<string, unknown>> = {
    push: { configured: true, projectId: "example-telecom-app", clientEmail: "ges@example-telecom-app.example", ...updated },
    captcha: { configured: true, provider: "v3", siteKey: "6Lc-example-site-key", minScore: 0.5, action: "book", failMode: "closed", ...updated },
    statistics: { configured: false },
  };
  router.on("GET", "credentials", () => known);
  router.on("PUT", "credentials/{kind}", ({ path, body, user }) => {
    const { secret: _, password: __, serviceAccount, ...shown } = body;
    const account = serviceAccount ? { projectId: serviceAccount.project_id, clientEmail: serviceAccount.client_email } : {};
    known[path["kind"] ?? ""] = { ...shown, ...account, configured: true, updatedAt: iso(Date.now()), by: user };
    return known[path["kind"] ?? ""];
  });
  router.on("DELETE", "credentials/{kind}", ({ path }) => {
    known[path["kind"] ?? ""] = { configured: false };
    return {};
  });
  router.on("POST", "credentials/{kind}/test", ({ path }) =>
    path["kind"] === "captcha" ? { ok: false, message: "the captcha service does not know this secret" } : { ok: true, message: "the account is taken" },
  );
}

export function keyRoutes(router: Router, _world: World) {
  const keys = [
    { name: "web-shop", madeAt: iso(Date.now() - 90 * DAY), lastUsedAt: iso(Date.now() - 3 * MINUTE), by: "administrator" },
    { name: "mobile-app", madeAt: iso(Date.now() - 41 * DAY), lastUsedAt: iso(Date.now() - 20 * HOUR), by: "developer" },
    { name: "ivr", madeAt: iso(Date.now() - 300 * DAY) },
  ] as { name: string; madeAt?: string; lastUsedAt?: string; by?: string }[];
  router.on("GET", "api-keys", () => ({ keys, writable: true }));
  router.on("POST", "api-keys", ({ body, user }) => {
    if (keys.some((key) => key.name === body.name)) throw new Refusal(40901, "there is a key of this name");
    keys.push({ name: body.name, madeAt: iso(Date.now()), ...(user ? { by: user } : {}) });
    return { name: body.name, key: randomUUID() };
  });
  router.on("DELETE", "api-keys/{name}", ({ path }) => {
    keys.splice(keys.findIndex((key) => key.name === path["name"]), 1);
    return {};
  });
}

export function webhookRoutes(router: Router, _world: World) {
  const hooks: any[] = [
    {
      id: "0a4f1c3e-0001-4d7b-8f0e-2b7c1f1e0001", url: "https://crm.example.com/hooks/callbacks", description: "CRM", events: ["*"], services: [],
      state: "enabled", createdTime: iso(Date.now() - 60 * DAY), lastDeliveryTime: iso(Date.now() - 2 * MINUTE), lastStatus: 204, pending: 0, revision: 3,
    },
    {
      id: "0a4f1c3e-0002-4d7b-8f0e-2b7c1f1e0002", url: "https://bi.example.com/in", description: "Reporting", events: ["COMPLETED"], services: ["sales_callback"],
      state: "failing", reason: "503 for 3 hours", createdTime: iso(Date.now() - 20 * DAY), lastDeliveryTime: iso(Date.now() - 11 * MINUTE), lastStatus: 503, pending: 214, revision: 5,
    },
    {
      id: "0a4f1c3e-0003-4d7b-8f0e-2b7c1f1e0003", url: "https://old.example.com/x", events: ["SCHEDULED", "QUEUED"], services: [],
      state: "disabled", createdTime: iso(Date.now() - 200 * DAY), pending: 0, revision: 9,
    },
  ];
  const find = (id: string | undefined) => {
    const found = hooks.find((one) => one.id === id);
    if (!found) throw new Refusal(40400, "there is no such webhook");
    return found;
  };
  const secret = () => `whsec_${randomBytes(24).toString("base64")}`;
  const put = (hook: any, { enabled, ...body }: any) => Object.assign(hook, body, { state: enabled === false ? "disabled" : "enabled" });
  router.on("GET", "webhooks", () => ({ webhooks: hooks }));
  router.on("POST", "webhooks", ({ body }) => {
    const hook = put({ id: randomUUID(), createdTime: iso(Date.now()), pending: 0, revision: 1 }, body);
    hooks.push(hook);
    return { ...hook, secret: secret() };
  });
  router.on("PUT", "webhooks/{id}", (asked) => {
    const hook = find(asked.path["id"]);
    checkRevision(asked, hook);
    return put(Object.assign(hook, { revision: hook.revision + 1 }), asked.body);
  });
  router.on("DELETE", "webhooks/{id}", (asked) => {
    const hook = find(asked.path["id"]);
    checkRevision(asked, hook);
    hooks.splice(hooks.indexOf(hook), 1);
    return {};
  });
  router.on("POST", "webhooks/{id}/rotate", () => ({ secret: secret() }));
  router.on("POST", "webhooks/{id}/test", ({ path }) =>
    find(path["id"]).state === "failing" ? { ok: false, status: 503, ms: 812, message: "the receiver is not available" } : { ok: true, status: 204, ms: 38, message: "heard" },
  );
  router.on("GET", "webhooks/{id}/deliveries", ({ path, query }) => {
    const failing = find(path["id"]).state === "failing";
    const names = ["SCHEDULED", "QUEUED", "ROUTING", "PROCESSING", "COMPLETED"];
    const roll = dice(3);
    const all = Array.from({ length: 130 }, (_, at) => {
      const bad = failing ? at < 40 : roll() < 0.05;
      const state = bad ? (failing && at < 30 ? "pending" : "failed") : "delivered";
      return {
        id: `9c3f-${at}`, event: `callback.${names[at % 5]?.toLowerCase()}`, callbackId: randomUUID(), state, attempts: bad ? 3 + (at % 6) : 1, at: iso(Date.now() - at * 90_000),
        ...(state === "pending" ? { nextAt: iso(Date.now() + (1 + at) * MINUTE) } : {}),
        status: bad ? 503 : 204, ms: 20 + Math.floor(roll() * 90), ...(bad ? { error: "service unavailable" } : {}),
      };
    });
    const { items, next } = paged(all, query);
    return { deliveries: items, ...(next ? { next } : {}) };
  });
  router.on("POST", "webhooks/{id}/deliveries/{delivery}/redeliver", () => ({}));
}

export function auditRoutes(router: Router, _world: World) {
  const whats = ["callback.cancel", "callback.create", "callback.reschedule", "capacity.edit", "service.emergency", "sign-in", "apikey.make", "webhook.test", "bulk.cancel"];
  const people = ["administrator", "supervisor", "developer", "monitor"];
  const roll = dice(21);
  const entries = Array.from({ length: 400 }, (_, at) => {
    const outcome = roll() < 0.86 ? "done" : roll() < 0.8 ? "refused" : "failed";
    const what = whats[Math.floor(roll() * whats.length)] ?? "callback.cancel";
    return {
      id: randomUUID(), at: iso(Date.now() - at * 11 * MINUTE), who: people[Math.floor(roll() * 4)] ?? "", what,
      ...(what === "sign-in" ? {} : { on: what.startsWith("callback") ? randomUUID() : "sales_callback" }),
      outcome, ...(outcome === "done" ? {} : { code: outcome === "refused" ? 40300 : 50300 }),
      ...(what === "service.emergency" ? { note: "fire drill" } : {}), corrId: randomUUID(), address: `10.0.4.${1 + (at % 40)}`,
    };
  });
  router.on("GET", "audit", ({ query }) => {
    const what = query.get("what") ?? "";
    const from = query.get("from") ?? "";
    const to = query.get("to") ?? "9999";
    const found = entries.filter(
      (one) =>
        (!query.get("who") || one.who === query.get("who")) && (!query.get("outcome") || one.outcome === query.get("outcome")) &&
        (what === "" || one.what === what || one.what.startsWith(`${what}.`)) && one.at >= from && one.at < to,
    );
    const { items, next } = paged(found, query);
    return { entries: items, ...(next ? { next } : {}) };
  });
  router.on("POST", "privacy/export", ({ body }) => ({ phoneNumber: body.phoneNumber, callbacks: [], callIns: [] }));
  router.on("POST", "privacy/forget", ({ body }) => {
    if (body.confirm !== true) throw new Refusal(40001, "confirm must be true");
    return { erased: { callbacks: 3, events: 17, deliveries: 12, callIns: 1, audit: 4 }, remaining: 0 };
  });
}
