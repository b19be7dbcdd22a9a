// The stream of changes.
import { HANDLED, type Router } from "./http.ts";
import type { World } from "./world.ts";

export function liveRoutes(router: Router, world: World) {
  let id = 0;
  router.on("GET", "live", ({ response, request }) => {
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    response.write(": hello\n\n");
    const stop = world.listen(({ event, data }) => {
      id += 1;
      response.write(`id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    });
    const beat = setInterval(() => response.write(": beat\n\n"), 15_000);
    request.on("close", () => {
      stop();
      clearInterval(beat);
    });
    return HANDLED;
  });
}
