// How the application is built, and how it is served while it is being developed.
// GES_MOCK=1 answers the API from memory; otherwise GES_ADDRESS (default http://127.0.0.1:3050) does.
import { readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";
import { mock } from "./mock/plugin.ts";

const POLICY = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'";
/** Where the service runs that the application is tried against while it is being developed. */
const SERVICE = process.env["GES_ADDRESS"] ?? "http://127.0.0.1:3050";
const TEXT = /\.(js|css|html|svg|json|map)$/;

/** Writes `.br` and `.gz` beside every text file, so that the server never compresses anything itself. */
function compressed(): Plugin {
  const walk = (folder: string): string[] =>
    readdirSync(folder).flatMap((name) => {
      const path = join(folder, name);
      return statSync(path).isDirectory() ? walk(path) : [path];
    });
  return {
    name: "ges-compressed",
    apply: "build",
    closeBundle() {
      for (const path of walk(join(import.meta.dirname, "dist")).filter((path) => TEXT.test(path))) {
        const plain = readFileSync(path);
        if (plain.length < 512) continue;
        writeFileSync(`${path}.gz`, gzipSync(plain, { level: 9 }));
        const params = { [constants.BROTLI_PARAM_QUALITY]: 11 };
        writeFileSync(`${path}.br`, brotliCompressSync(plain, { params }));
      }
    },
  };
}

/** Fails the build when a component of the library comes without its style. */
function styled(): Plugin {
  return {
    name: "ges-styled",
    apply: "build",
    generateBundle(_options, bundle) {
      const styles = new Set([...this.getModuleIds()].flatMap((id) => /styles\/(\w+)\.css/.exec(id)?.[1] ?? []));
      const used = Object.values(bundle).flatMap((chunk) => ("modules" in chunk ? Object.keys(chunk.modules) : []));
      const components = used.flatMap((id) => /@mantine\/core\/esm\/.*\/(\w+)\.module\.mjs/.exec(id)?.[1] ?? []);
      const bare = [...new Set(components)].filter((name) => !styles.has(name));
      if (bare.length > 0) this.error(`src/theme/mantine.ts lacks the style of ${bare.join(", ")}`);
    },
  };
}

export default defineConfig({
  base: "/ges/",
  plugins: [react(), styled(), compressed(), ...(process.env["GES_MOCK"] ? [mock()] : [])],
  resolve: { alias: { "@": join(import.meta.dirname, "src") } },
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 900,
  },
  server: {
    host: "127.0.0.1",
    port: Number(process.env["PORT"] ?? 5173),
    proxy: process.env["GES_MOCK"] ? {} : Object.fromEntries(["/ges/api/", "/engagement/"].map((path) => [path, { target: SERVICE }])),
  },
  preview: {
    host: "127.0.0.1",
    port: Number(process.env["PORT"] ?? 4173),
    headers: { "content-security-policy": POLICY },
  },
});
