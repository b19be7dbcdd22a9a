// What the pretended service says of itself.
import type { About } from "../src/api/types.ts";
import type { Router } from "./http.ts";
import { HOUR, type World, iso } from "./world.ts";

export function aboutRoutes(router: Router, _world: World) {
  router.on("GET", "about", (): About => ({
    version: "0.1.0",
    node: "ges-1",
    startedAt: iso(Date.now() - 53 * HOUR),
    store: "PostgreSQL",
    sharedMemory: "Redis",
    neighbours: [
      { name: "ors http://ors-1:8090", state: "up", since: iso(Date.now() - 53 * HOUR) },
      { name: "urs http://urs-1:5580", state: "up", since: iso(Date.now() - 53 * HOUR) },
      { name: "gauth https://gauth.example", state: "up", since: iso(Date.now() - 53 * HOUR) },
      { name: "environment https://gws.example", state: "up", since: iso(Date.now() - 53 * HOUR) },
      { name: "statistics https://gws.example", state: "down", since: iso(Date.now() - HOUR / 4), detail: "connection refused" },
      { name: "fcm https://fcm.example", state: "up", since: iso(Date.now() - 53 * HOUR) },
      { name: "recaptcha https://recaptcha.example", state: "unknown" },
    ],
    time: iso(Date.now()),
    zoneData: "2026b",
  }));
}
