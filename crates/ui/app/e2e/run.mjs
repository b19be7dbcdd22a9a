// Journeys with a browser: `npm run e2e`, after `npm run build`. A word picks some: `npm run e2e -- supervisor`.
// Against the API in memory: every screen, the tasks of each role, bad days, smoothness.
// Against the service itself (GES_BINARY): how it serves the application.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";
import * as bad from "./bad-days.mjs";
import * as looks from "./looks.mjs";
import * as service from "./service.mjs";
import * as tasks from "./tasks.mjs";
import { APP, pretended } from "./stage.mjs";

if (!existsSync(join(APP, "dist/index.html"))) {
  console.error("dist is missing: npm run build first");
  process.exit(1);
}
const wanted = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  // Without a name for its user namespace a browser in a container cannot shut itself in.
  args: ["--no-sandbox"],
});

let passed = 0;
let failed = 0;
async function run(group, stage) {
  for (const [name, journey] of Object.entries(group.journeys)) {
    const title = `${group.name}: ${name}`;
    if (wanted.length > 0 && !wanted.some((word) => title.includes(word))) continue;
    const start = Date.now();
    const contexts = [];
    const open = async (more = {}) => {
      const { user, ...options } = more;
      const context = await browser.newContext({
        viewport: { width: 1280, height: 840 },
        locale: "en-US",
        timezoneId: "America/New_York",
        reducedMotion: "reduce",
        ...options,
      });
      contexts.push(context);
      if (user) await context.addCookies([{ name: "ges_session", value: user, url: `${stage.base}/ges/` }]);
      context.setDefaultTimeout(30_000);
      return context.newPage();
    };
    try {
      await journey({ base: stage.base, open });
      passed += 1;
      console.log(`ok    ${title} (${((Date.now() - start) / 1_000).toFixed(1)} s)`);
    } catch (error) {
      failed += 1;
      const pages = contexts.flatMap((context) => context.pages());
      for (const [index, page] of pages.entries()) {
        await page.screenshot({ path: join(APP, `../../../target/ui-pictures/failed-${failed}-${index}.png`) }).catch(() => undefined);
      }
      console.log(`FAIL  ${title}\n      ${String(error.message ?? error).split("\n").join("\n      ")}`);
    }
    for (const context of contexts) await context.close();
  }
}

const stage = await pretended(4183, 10_000);
try {
  for (const group of [looks, tasks, bad]) await run(group, stage);
} finally {
  stage.end();
}
const real = await service.stage();
try {
  await run(service, real);
} finally {
  await real.end();
}
await browser.close();
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
