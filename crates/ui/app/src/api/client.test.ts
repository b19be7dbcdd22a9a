import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ask, get, post, queryString, rememberCsrf, watchAnswers } from "./client";
import { Refused, SIGNED_OUT, Unreachable } from "./errors";

let asked: { url: string; init: RequestInit }[];
const answer = (status: number, body: unknown) => {
  vi.stubGlobal("fetch", (url: string, init: RequestInit) => {
    asked.push({ url, init });
    return Promise.resolve(new Response(typeof body === "string" ? body : JSON.stringify(body), { status }));
  });
};
beforeEach(() => {
  asked = [];
});
afterEach(() => {
  vi.unstubAllGlobals();
  rememberCsrf(undefined);
});

it("an answer is what is in its envelope", async () => {
  answer(200, { status: { code: 0, message: "Successful", corrId: "c" }, data: { a: 1 } });
  expect(await get("me")).toEqual({ a: 1 });
  expect(asked[0]?.url).toBe("/ges/api/v1/me");
});

it("only writes show the session's token", async () => {
  answer(200, { status: { code: 0 }, data: {} });
  rememberCsrf("secret");
  await get("me");
  await post("bulk", { action: "cancel" }, { ifMatch: 3, idempotencyKey: "k" });
  const headers = asked.map(({ init }) => init.headers as Record<string, string>);
  expect(headers[0]).not.toHaveProperty("x-csrf-token");
  expect(headers[1]).toMatchObject({ "x-csrf-token": "secret", "if-match": '"3"', "idempotency-key": "k" });
});

it("a refusal carries its code, its words and what helps", async () => {
  answer(409, { status: { code: 40901, message: "changed", corrId: "c" }, data: { now: { revision: 4 } } });
  const error = await get("x").catch((one: unknown) => one);
  expect(error).toBeInstanceOf(Refused);
  expect(error).toMatchObject({ status: 409, code: 40901, message: "changed", corrId: "c", data: { now: { revision: 4 } } });
});

it("the end of the session is told to who watches, a wrong password is not", async () => {
  const signedOut = vi.fn();
  watchAnswers({ signedOut, reached: () => undefined });
  answer(401, { status: { code: 40105, message: "wrong" } });
  await ask("sign-in", { method: "POST", body: {} }).catch(() => undefined);
  expect(signedOut).not.toHaveBeenCalled();
  answer(401, { status: { code: SIGNED_OUT, message: "sign in" } });
  await get("me").catch(() => undefined);
  expect(signedOut).toHaveBeenCalledOnce();
});

it("no answer, and an answer that nobody can read, are the same: not reached", async () => {
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("network")));
  await expect(get("me")).rejects.toBeInstanceOf(Unreachable);
  answer(502, "<html>bad gateway</html>");
  await expect(get("me")).rejects.toBeInstanceOf(Unreachable);
});

it("a query leaves out what is empty, and repeats lists", () => {
  expect(queryString({ a: undefined, b: "", c: null, d: 0, e: false, f: ["x", "y&z"], g: [] })).toBe("?d=0&e=false&f=x&f=y%26z");
});
