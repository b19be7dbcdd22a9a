// The administrator's side of the pretended API.
import type { Router } from "../http";
import type { World } from "../world";
import { capacityRoutes } from "./capacity";
import { numberRoutes } from "./numbers";
import { serviceRoutes } from "./services";
import { auditRoutes, callInRoutes, credentialRoutes, keyRoutes, webhookRoutes } from "./setup";

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
