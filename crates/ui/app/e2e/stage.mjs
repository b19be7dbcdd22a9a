// What the journeys play on: the service itself on a file of its own, its neighbours played by the simulators.
import { spawn } from "node:child_process";
import { copyFileSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Person } from "./person.mjs";

export const APP = join(import.meta.dirname, "..");
/** The people, the key and the tenant of the demo: one person for each role, each with the password `demo`. */
const ACCESS = join(APP, "../../../deploy/demo/access.toml");
export const TENANT = "9350e2fc-a1dd-4c65-8d40-1f75a2e00100";
const API_KEY = "7d5a1c0e-5b7e-4b0a-9f6e-2f0c8f1d2a33";
const INTERNAL_KEY = "0123456789abcdef0123456789abcdef0123456789abcdef";
/** The contact centre hurries: a talk of three minutes takes five seconds. */
const SPEED = "40";

export async function until(what, probe, limitMs = 20_000) {
  const end = Date.now() + limitMs;
  for (;;) {
    const found = await probe();
    if (found) return found;
    if (Date.now() > end) throw new Error(`${what}: not within ${limitMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const binary = (name) => {
  const path = process.env[name];
  if (!path) throw new Error(`${name} says where it is; cargo xtask ui --journeys sets it`);
  return path;
};

const freePort = () =>
  new Promise((resolve) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

const left = (child) => new Promise((resolve) => (child.exitCode === null ? child.once("exit", resolve) : resolve()));

/** Starts the neighbours, and learns where they listen. */
async function neighbours(folder) {
  const log = join(folder, "neighbours.log");
  const out = openSync(log, "w");
  const start = (...args) => spawn(binary("GES_SIMULATORS_BINARY"), [...args, "--json"], { cwd: folder, stdio: ["ignore", out, out] });
  // Whoever looks at signatures does not hurry: a message of now would be of yesterday.
  const children = [start("all", "--base-port", "0", "--speed", SPEED), start("listener", "--port", "0")];
  const names = ["ors", "urs", "gauth", "environment", "gws", "fcm", "recaptcha", "listener"];
  const urls = await until("the neighbours", () => {
    const lines = readFileSync(log, "utf8").split("\n").filter((line) => line.startsWith('{"name"'));
    const found = Object.fromEntries(lines.map((line) => JSON.parse(line)).map(({ name, url }) => [name, url.replace(/\/$/, "")]));
    return names.every((name) => found[name]) && found;
  });
  return { children, urls };
}

/** One node on a file. Over the simulators' platform where `gws`, else with the people of the demo. */
const configuration = (port, { ors, urs, fcm, recaptcha, gws, gauth, environment }, platform) => `
[server]
listen = "127.0.0.1:${port}"
data_dir = "."
drain_seconds = 0
[auth]
mode = "${platform ? "gws" : "local"}"
[auth.gauth]
url = "${gauth}"
client_secret = "ges_client-secret"
[auth.environment]
url = "${environment}"
[auth.configuration]
url = "${gws}"
[web]
internal_key = { file = "internal-key" }
[[ors.nodes]]
url = "${ors}"
region = "us-east"
[[urs.nodes]]
url = "${urs}"
region = "us-east"
[fcm]
url = "${fcm}"
token_url = "${fcm}/token"
[recaptcha]
verify_url = "${recaptcha}/recaptcha/api/siteverify"
enterprise_url = "${recaptcha}"
[statistics]
url = "${gws}"
auth_url = "${gauth}"
client_secret = "ges_client-secret"
[webhooks]
allow_http = true
allow_networks = ["127.0.0.0/8"]
`;

/** The service as a process that can be ended and started again where it was. */
class Node {
  #folder;
  #child;

  constructor(folder, port) {
    this.#folder = folder;
    this.base = `http://127.0.0.1:${port}`;
  }

  async start() {
    const out = openSync(join(this.#folder, "ges.log"), "a");
    this.#child = spawn(binary("GES_BINARY"), ["serve", "--config", "ges.toml"], { cwd: this.#folder, stdio: ["ignore", out, out] });
    const ready = () => fetch(`${this.base}/health/ready`).then((answer) => answer.ok, () => false);
    await until(`the service (${this.#folder}/ges.log)`, ready, 60_000);
  }

  async stop() {
    this.#child.kill("SIGTERM");
    await left(this.#child);
  }
}

/** Raises everything. The stage asks as programs do, by key; `as` asks as a person. */
export async function raise() {
  const folder = mkdtempSync(join(tmpdir(), "ges-e2e-"));
  const { children, urls } = await neighbours(folder);
  const nodes = [];
  const node = async (platform) => {
    const home = mkdtempSync(join(folder, "node-"));
    const port = await freePort();
    if (!platform) copyFileSync(ACCESS, join(home, "access.toml"));
    writeFileSync(join(home, "internal-key"), INTERNAL_KEY, { mode: 0o600 });
    writeFileSync(join(home, "ges.toml"), configuration(port, urls, platform));
    const one = new Node(home, port);
    nodes.push(one);
    await one.start();
    return one;
  };
  const { base, start, stop } = await node(false).then((one) => ({ base: one.base, start: () => one.start(), stop: () => one.stop() }));
  const ask = async (path, method, body, headers) => {
    const answer = await fetch(base + path, {
      method,
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });
    const { data, status } = await answer.json();
    if (!answer.ok) throw new Error(`${method} ${path}: ${status.code} ${status.message}`);
    return data;
  };
  const people = new Map();
  return {
    base,
    neighbours: urls,
    /** Again, where it was. One node alone keeps sessions in its memory: everybody has to sign in again. */
    start: async () => {
      people.clear();
      await start();
    },
    stop,
    /** A node whose people come from the platform. */
    platform: () => node(true),
    /** Asks the public API. */
    publicly: (path, body) => ask(`/engagement/v3/${path}`, "POST", body, { "x-api-key": API_KEY }),
    /** Asks as Designer does. */
    internally: (path, body) =>
      ask(`/ges/internal/v1/tenants/${TENANT}/${path}`, "PUT", body, {
        "x-ges-internal-key": INTERNAL_KEY,
        "idempotency-key": crypto.randomUUID(),
      }),
    /** Turns a knob of a neighbour. */
    turn: async (neighbour, knob, body, method = "PUT") => {
      const answer = await fetch(`${urls[neighbour]}/_sim/${knob}`, { method, body: JSON.stringify(body) });
      if (!answer.ok) throw new Error(`${neighbour} ${knob}: ${answer.status} ${await answer.text()}`);
    },
    see: async (neighbour, what) => (await fetch(`${urls[neighbour]}/_sim/${what}`)).json(),
    /** Somebody of that role who is signed in; the same again and again. */
    as: async (role) => {
      if (!people.has(role)) people.set(role, await Person.signIn(base, role));
      return people.get(role);
    },
    /** Somebody of that role with a session of their own. */
    another: (role) => Person.signIn(base, role),
    end: async () => {
      for (const one of nodes) await one.stop();
      for (const child of children) child.kill("SIGTERM");
      await Promise.all(children.map(left));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
