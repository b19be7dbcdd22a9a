// The API from memory, for developing screens and taking pictures of them. Never part of what is built.
import type { Connect, Plugin } from "vite";
import { aboutRoutes } from "./about";
import { adminRoutes } from "./admin";
import { callbackRoutes } from "./callbacks";
import { Router } from "./http";
import { liveRoutes } from "./live";
import { peopleRoutes } from "./people";
import { queueRoutes } from "./queues";
import { World } from "./world";

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
