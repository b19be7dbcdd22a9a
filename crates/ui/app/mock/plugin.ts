// The API from memory, for developing screens and taking pictures of them. Never part of what is built.
import type { Connect, Plugin } from "vite";
import { aboutRoutes } from "./about.ts";
import { adminRoutes } from "./admin/index.ts";
import { callbackRoutes } from "./callbacks.ts";
import { Router } from "./http.ts";
import { liveRoutes } from "./live.ts";
import { peopleRoutes } from "./people.ts";
import { queueRoutes } from "./queues.ts";
import { World } from "./world.ts";

export function mock(): Plugin {
  const world = new World();
  const router = new Router(world);
  for (const add of [peopleRoutes, callbackRoutes, queueRoutes, liveRoutes, aboutRoutes, adminRoutes]) add(router, world);
  const serve = (middlewares: Connect.Server) => {
    world.start();
    middlewares.use((request, response, next) => {
      if (!request.url?.startsWith("/ges/api/v1/")) {
        next();
        return;
      }
      void router.handle(request, response);
    });
  };
  return {
    name: "ges-mock",
    configureServer: (server) => serve(server.middlewares),
    configurePreviewServer: (server) => serve(server.middlewares),
  };
}
