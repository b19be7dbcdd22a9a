// Rules of countries and numbers, and of regions.
import { Refusal, type Router } from "../http.ts";
import type { World } from "../world.ts";
import { type Rule, RuleBook, ruleRoutes } from "./rules.ts";

interface NumberRule extends Rule {
  countries: string[];
  blocked: string[];
}

interface RegionRule extends Rule {
  regions: string[];
}

const NORTH = "7a1f6e34-8f0e-4b4e-9df0-1c1d6f1b2a01";
const EUROPE = "7a1f6e34-8f0e-4b4e-9df0-1c1d6f1b2a02";
const EAST = "7a1f6e34-8f0e-4b4e-9df0-1c1d6f1b2b01";

function matches(pattern: string, number: string) {
  if (pattern.startsWith("/")) return new RegExp(pattern.slice(1, -1)).test(number);
  const body = pattern.replace(/[\s().-]/g, "").replace(/\+/g, "\\+").replaceAll("?", "\\d").replaceAll("*", "\\d*");
  return new RegExp(`^${body}$`).test(number);
}

const DIALS: Record<string, string> = { "49": "DE", "33": "FR", "34": "ES", "44": "GB", "81": "JP", "1": "US" };

export function numberRoutes(router: Router, world: World) {
  const queues = () => [...new Set(world.services.map((service) => service.virtualQueue))];
  const numbers = new RuleBook<NumberRule>(
    [
      { id: NORTH, name: "North America", revision: 21, countries: ["US", "CA"], blocked: ["+1900*", "/^\\+1976/"] },
      { id: EUROPE, name: "Europe", revision: 24, countries: ["DE", "FR", "ES", "AT", "CH", "GB", "IT"], blocked: ["+49900*"] },
    ],
    { VQ_Sales: NORTH, VQ_Billing: NORTH, VQ_Technical: EUROPE },
  );
  router.on("GET", "number-rules", () => numbers.all(queues()));
  router.on("POST", "number-rules/test", ({ body }) => {
    const id = body.ruleId ?? numbers.of.get(body.queue ?? "");
    const rule = body.rule ?? (id ? numbers.find(id) : undefined);
    const digits = String(body.number).replace(/[^\d+]/g, "");
    const e164 = digits.startsWith("+") ? digits : `+1${digits}`;
    if (!/^\+\d{9,15}$/.test(e164)) return { verdict: "impossible" };
    const country = Object.entries(DIALS).find(([dial]) => e164.startsWith(`+${dial}`))?.[1];
    const found = { e164, ...(country ? { country } : {}) };
    if (!rule) return { verdict: e164.startsWith("+1900") ? "premium" : "permitted", ...found };
    if (!country || !rule.countries.includes(country)) return { verdict: "country", ...found };
    const pattern = rule.blocked.find((one: string) => matches(one, e164));
    if (pattern) return { verdict: "blocked", pattern, ...found };
    return { verdict: e164.startsWith("+1900") ? "premium" : "permitted", ...found };
  });
  ruleRoutes(router, "number-rules", numbers, (body) => {
    const { countries, blocked } = body as unknown as NumberRule;
    if (!Array.isArray(countries) || countries.length === 0) throw new Refusal(40001, "countries is empty");
    return { countries, blocked };
  });

  const regions = new RuleBook<RegionRule>(
    [{ id: EAST, name: "East first", revision: 12, regions: ["us-east", "us-west", "eu-central"] }],
    { VQ_Sales: EAST, VQ_Support: EAST },
  );
  router.on("GET", "region-rules", () => ({
    ...regions.all(queues()),
    regions: [
      { name: "us-east", routers: { healthy: 2, all: 2 }, orchestrators: { healthy: 3, all: 3 } },
      { name: "us-west", routers: { healthy: 1, all: 2 }, orchestrators: { healthy: 2, all: 2 } },
      { name: "eu-central", routers: { healthy: 0, all: 1 }, orchestrators: { healthy: 2, all: 2 } },
    ],
  }));
  ruleRoutes(router, "region-rules", regions, (body) => {
    const { regions: order } = body as unknown as RegionRule;
    if (!Array.isArray(order) || order.length === 0) throw new Refusal(40001, "regions is empty");
    return { regions: order };
  });
}
