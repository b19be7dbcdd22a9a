// Routes, envelopes and refusals of the pretended API.
import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { World } from "./world.ts";

export class Refusal extends Error {
  readonly code: number;
  readonly data: unknown;

  constructor(code: number, message: string, data?: unknown) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

export interface Asked {
  path: Record<string, string>;
  query: URLSearchParams;
  // Whoever reads it knows what it must be; what it is not ends in a refusal.
  body: any;
  user: string | undefined;
  ifMatch: number | undefined;
  request: IncomingMessage;
  response: ServerResponse;
}

/** The answer's `data`; `undefined` when the handler has answered by itself. */
type Handler = (asked: Asked) => unknown;

export const HANDLED = Symbol("handled");

interface Route {
  method: string;
  pattern: RegExp;
  names: string[];
  open: boolean;
  handler: Handler;
}

export class Router {
  #routes: Route[] = [];
  #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  on(method: string, path: string, handler: Handler, open = false) {
    const names = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? "");
    const pattern = new RegExp(`^${path.replace(/\{\w+\}/g, "([^/]+)")}$`);
    this.#routes.push({ method, pattern, names, open, handler });
  }

  async handle(request: IncomingMessage, response: ServerResponse) {
    const url = new URL(request.url ?? "/", "http://localhost");
    const path = url.pathname.replace("/ges/api/v1/", "");
    const send = (status: number, body: unknown) => {
      response.statusCode = status;
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(body));
    };
    const corrId = randomUUID();
    try {
      if (this.#world.down) throw new Refusal(50300, "the store is not available");
      for (const route of this.#routes) {
        const found = route.method === request.method ? route.pattern.exec(path) : null;
        if (!found) continue;
        const user = /ges_session=(\w+)/.exec(request.headers.cookie ?? "")?.[1];
        if (!route.open && (!user || !this.#world.sessions.has(user))) throw new Refusal(40104, "sign in");
        if (!route.open && request.method !== "GET" && request.headers["x-csrf-token"] !== "token") {
          throw new Refusal(40301, "the session's token is missing");
        }
        const chunks: Buffer[] = [];
        for await (const chunk of request) chunks.push(chunk as Buffer);
        const text = Buffer.concat(chunks).toString();
        const ifMatch = request.headers["if-match"]?.replaceAll('"', "");
        const asked: Asked = {
          path: Object.fromEntries(route.names.map((name, index) => [name, decodeURIComponent(found[index + 1] ?? "")])),
          query: url.searchParams,
          body: text === "" ? {} : JSON.parse(text),
          user,
          ifMatch: ifMatch === undefined ? undefined : Number(ifMatch),
          request,
          response,
        };
        const data = await route.handler(asked);
        if (data === HANDLED) return;
        send(200, { status: { code: 0, message: "Successful", corrId }, data });
        return;
      }
      throw new Refusal(40400, `no such address: ${request.method} ${path}`);
    } catch (error) {
      const refusal = error instanceof Refusal ? error : new Refusal(50000, String(error));
      const status = Math.floor(refusal.code / 100);
      send(status, {
        status: { code: refusal.code, message: refusal.message, corrId },
        ...(refusal.data === undefined ? {} : { data: refusal.data }),
      });
    }
  }
}

/** Refuses when somebody else was faster, or when nobody said what was edited. */
export function checkRevision(asked: Asked, current: { revision: number }) {
  if (asked.ifMatch === undefined) throw new Refusal(40001, "If-Match: missing");
  if (asked.ifMatch !== current.revision) throw new Refusal(40901, "changed meanwhile", { now: current });
}

/** A page of a list, with a cursor that is an index. */
export function paged<T>(all: readonly T[], query: URLSearchParams): { items: T[]; next?: string } {
  const from = Number(query.get("cursor") ?? 0);
  const limit = Math.min(Number(query.get("limit") ?? 50), 250);
  const items = all.slice(from, from + limit);
  return from + limit < all.length ? { items, next: String(from + limit) } : { items };
}
