// What the screens for rules, setup and insight ask.
import type { Router } from "../http";
import type { World } from "../world";

export function adminRoutes(_router: Router, _world: World) {}
