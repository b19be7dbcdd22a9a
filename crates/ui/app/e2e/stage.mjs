// What the journeys play on: the service with its neighbours, or the API in memory.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const APP = join(import.meta.dirname, "..");

export async function until(what, probe, limitMs = 20_000) {
  const end = Date.now() + limitMs;
  for (;;) {
    const found = await probe();
    if (found) return found;
    if (Date.now() > end) throw new Error(`${what}: not within ${limitMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const answers = (url) => fetch(url).then((answer) => answer.ok, () => false);

/** The built application before the API in memory, under the same policy. */
export async function pretended(port, size = 1_200) {
  const server = spawn(join(APP, "node_modules/.bin/vite"), ["preview", "--strictPort"], {
    cwd: APP,
    env: { ...process.env, GES_MOCK: "1", GES_MOCK_SIZE: String(size), PORT: String(port) },
    stdio: "ignore",
  });
  const base = `http://127.0.0.1:${port}`;
  await until("the preview", () => answers(`${base}/ges/`));
  return { base, end: () => server.kill() };
}

export function folder() {
  const path = mkdtempSync(join(tmpdir(), "ges-e2e-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
