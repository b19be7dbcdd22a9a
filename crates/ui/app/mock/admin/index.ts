// The administrator's side of the pretended API.
import type { Router } from "../http.ts";
import type { World } from "../world.ts";
import { capacityRoutes } from "./capacity.ts";
import { numberRoutes } from "./numbers.ts";
import { serviceRoutes } from "./services.ts";
import { auditRoutes, callInRoutes, credentialRoutes, keyRoutes, webhookRoutes } from "./setup.ts";

const ALL = [
  capacityRoutes,
  numberRoutes,
  serviceRoutes,
  callInRoutes,
  credentialRoutes,
  keyRoutes,
  webhookRoutes,
  auditRoutes,
];

export function adminRoutes(router: Router, world: World) {
  for (const add of ALL) add(router, world);
}
