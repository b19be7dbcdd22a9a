// One way to ask the service: the envelope is opened, refusals become errors, writes carry the session's token.
import { Refused, SIGNED_OUT, Unreachable } from "./errors";

export const BASE = "/ges/api/v1/";

export type Query = Record<string, string | number | boolean | readonly string[] | undefined | null>;

export interface Ask {
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  query?: Query;
  body?: unknown;
  /** The revision that was edited; the service refuses when somebody else was faster. */
  ifMatch?: number;
  /** The same key and body get the same answer, also after a lost connection. */
  idempotencyKey?: string;
  signal?: AbortSignal;
}

let csrf: string | undefined;
let onSignedOut: () => void = () => undefined;
let onAnswer: (reached: boolean) => void = () => undefined;

/** Remembers the token that writes must show; it comes with who is signed in. */
export const rememberCsrf = (token: string | undefined) => {
  csrf = token;
};

/** Who wants to know that the session is over, and whether the service answers. */
export const watchAnswers = (listeners: { signedOut: () => void; reached: (reached: boolean) => void }) => {
  onSignedOut = listeners.signedOut;
  onAnswer = listeners.reached;
};

/** A query string without the empty values; lists are repeated. */
export function queryString(query: Query = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined || value === null || value === "") continue;
    if (typeof value === "object") for (const one of value) parameters.append(name, one);
    else parameters.append(name, String(value));
  }
  const text = parameters.toString();
  return text === "" ? "" : `?${text}`;
}

export const address = (path: string, query?: Query) => `${BASE}${path}${queryString(query)}`;

interface Envelope {
  status?: { code?: number; message?: string; corrId?: string };
  data?: unknown;
}

/** Asks the service, and gives the `data` of its answer. */
export async function ask<T>(path: string, how: Ask = {}): Promise<T> {
  const method = how.method ?? "GET";
  const headers: Record<string, string> = { accept: "application/json" };
  if (how.body !== undefined) headers["content-type"] = "application/json";
  if (how.ifMatch !== undefined) headers["if-match"] = `"${how.ifMatch}"`;
  if (how.idempotencyKey) headers["idempotency-key"] = how.idempotencyKey;
  if (method !== "GET" && csrf) headers["x-csrf-token"] = csrf;
  const init: RequestInit = { method, headers, credentials: "same-origin", cache: "no-store" };
  if (how.body !== undefined) init.body = JSON.stringify(how.body);
  if (how.signal) init.signal = how.signal;

  let response: Response;
  try {
    response = await fetch(address(path, how.query), init);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    onAnswer(false);
    throw new Unreachable(error);
  }
  onAnswer(true);
  let envelope: Envelope;
  try {
    envelope = (await response.json()) as Envelope;
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    if (response.status >= 500 || response.ok) throw new Unreachable(error);
    throw new Refused(response.status, response.status * 100, response.statusText);
  }
  if (response.ok) return envelope.data as T;
  const { code = response.status * 100, message = response.statusText, corrId } = envelope.status ?? {};
  if (response.status === 401 && code === SIGNED_OUT) onSignedOut();
  throw new Refused(response.status, code, message, corrId, envelope.data);
}

export const get = <T>(path: string, query?: Query, signal?: AbortSignal) =>
  ask<T>(path, { ...(query ? { query } : {}), ...(signal ? { signal } : {}) });
export const post = <T>(path: string, body?: unknown, more: Omit<Ask, "method" | "body"> = {}) =>
  ask<T>(path, { ...more, method: "POST", body: body ?? {} });
export const put = <T>(path: string, body: unknown, more: Omit<Ask, "method" | "body"> = {}) =>
  ask<T>(path, { ...more, method: "PUT", body });
export const patch = <T>(path: string, body: unknown, more: Omit<Ask, "method" | "body"> = {}) =>
  ask<T>(path, { ...more, method: "PATCH", body });
export const remove = <T>(path: string, more: Omit<Ask, "method" | "body"> = {}) =>
  ask<T>(path, { ...more, method: "DELETE" });
