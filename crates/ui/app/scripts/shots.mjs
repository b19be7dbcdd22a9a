// Pictures of every screen, light and dark, narrow to wide, from the pretended API.
// npm run shots [-- --only=callbacks --widths=1280 --themes=light --language=de --out=folder]
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";

const option = (name, initial) =>
  process.argv.find((one) => one.startsWith(`--${name}=`))?.slice(name.length + 3) ?? initial;
const here = join(import.meta.dirname, "..");
const out = option("out", join(here, "../../../target/ui-shots"));
const only = option("only", "").split(",").filter(Boolean);
const widths = option("widths", "360,1280,2560").split(",").map(Number);
const themes = option("themes", "light,dark").split(",");
const language = option("language", "en");
const user = option("user", "administrator");
const port = Number(option("port", "4179"));

const paths = readdirSync(join(here, "src/screens"), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => {
    const text = readFileSync(join(here, "src/screens", entry.name, "screen.ts"), "utf8");
    return [entry.name, /path: "([^"]*)"/.exec(text)?.[1] ?? ""];
  });
const extra = option("paths", "").split(",").filter(Boolean).map((path) => [path.replace(/\W+/g, "-"), path]);
const wanted = extra.length > 0 ? extra : paths.filter(([name]) => only.length === 0 || only.includes(name));

const server = spawn(join(here, "node_modules/.bin/vite"), ["preview", "--strictPort"], {
  cwd: here,
  env: { ...process.env, GES_MOCK: "1", PORT: String(port) },
  stdio: "ignore",
});
const base = `http://127.0.0.1:${port}/ges/`;
let troubles = 0;
try {
  for (let tries = 0; ; tries += 1) {
    if (await fetch(base).then((answer) => answer.ok, () => false)) break;
    if (tries > 100) throw new Error("the preview did not start");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  mkdirSync(out, { recursive: true });
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
  for (const theme of themes) {
    for (const width of widths) {
      const context = await browser.newContext({
        viewport: { width, height: width < 600 ? 780 : width > 2000 ? 1300 : 840 },
        colorScheme: theme,
        locale: { en: "en-US", de: "de-DE", fr: "fr-FR", es: "es-ES", ja: "ja-JP" }[language],
        timezoneId: "America/New_York",
        reducedMotion: "reduce",
      });
      if (user !== "nobody") {
        await context.addCookies([{ name: "ges_session", value: user, url: base }]);
      }
      const page = await context.newPage();
      page.on("console", (message) => {
        if (["error", "warning"].includes(message.type()) && !message.text().includes("status of 4")) {
          troubles += 1;
          console.log(`${message.type()}: ${message.text().slice(0, 400)}`);
        }
      });
      page.on("pageerror", (error) => {
        troubles += 1;
        console.log(`broke: ${error.message}`);
      });
      for (const [name, path] of wanted) {
        await page.goto(base + path, { waitUntil: "load" });
        await page.waitForTimeout(Number(option("wait", "900")));
        const sideways = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
        if (sideways) console.log(`${name} ${width}: wider than the window`);
        await page.screenshot({ path: join(out, `${name}-${theme}-${width}${language === "en" ? "" : `-${language}`}.png`) });
      }
      await context.close();
    }
  }
  await browser.close();
} finally {
  server.kill();
}
console.log(`${troubles} troubles; pictures in ${out}`);
