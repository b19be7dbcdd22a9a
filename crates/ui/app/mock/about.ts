// What the pretended service says of itself.
import type { Router } from "./http";
import { HOUR, type World, iso } from "./world";

export function aboutRoutes(router: Router, _world: World) {
  router.on("GET", "about", () => ({
    version: "0.1.0",
    node: "ges-1",
    startedAt: iso(Date.now() - 53 * HOUR),
    store: "postgres",
    sharedMemory: "redis",
    neighbours: [
      { name: "ors", peer: "ors-1:8090", state: "up" },
      { name: "urs", peer: "urs-1:5580", state: "up" },
      { name: "gauth", peer: "gauth.example", state: "up" },
      { name: "environment", peer: "gws.example", state: "up" },
      { name: "configuration", peer: "gws.example", state: "up" },
      { name: "statistics", peer: "gws.example", state: "down", since: iso(Date.now() - HOUR / 4), detail: "connection refused" },
      { name: "fcm", peer: "fcm.example", state: "up" },
      { name: "recaptcha", state: "off" },
    ],
    time: iso(Date.now()),
    zoneData: "2026b",
  }));
}
