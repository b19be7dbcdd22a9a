// Journeys with a browser through the service itself: `npm run e2e`, after `npm run build`. A word picks some:
// `npm run e2e -- supervisor`. What each role comes for, bad days, how it looks and how smooth it stays.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { PICTURES } from "./hands.mjs";
import { axe, settled, watch } from "./look.mjs";
import { APP, raise } from "./stage.mjs";
import { sow } from "./world.mjs";

/** One turn after the other; in one, lanes of groups go on beside each other: most of a journey is waiting. */
const TURNS = [
  // How quick it is, is measured while nothing else goes on.
  [["service"]],
  [["looks"], ["administrator", "supervisor", "board", "developer", "monitor"]],
  // The service is stopped there.
  [["bad-days"]],
  [["crowd"]],
];

if (!existsSync(join(APP, "dist/index.html"))) {
  console.error("dist is missing: npm run build first");
  process.exit(1);
}
const begun = Date.now();
const wanted = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  // Without a name for its user namespace a browser in a container cannot shut itself in.
  args: ["--no-sandbox"],
});
const stage = await raise();
let world;

let passed = 0;
let failed = 0;

/** Opens pages for one journey, and hears what they complain of. */
function opener(role) {
  const contexts = [];
  const troubles = [];
  const open = async (path, { user = role, fresh = false, base = stage.base, ...options } = {}) => {
    const context = await browser.newContext({
      viewport: { width: 1280, height: 840 },
      locale: "en-US",
      timezoneId: "America/New_York",
      reducedMotion: "reduce",
      ...options,
    });
    contexts.push(context);
    const person = user && (fresh ? await stage.another(user) : await stage.as(user));
    if (person) await context.addCookies([person.cookie]);
    context.setDefaultTimeout(15_000);
    const page = await context.newPage();
    page.person = person;
    page.base = base;
    watch(page, troubles);
    if (path !== undefined) {
      await page.goto(`${base}/ges/${path}`, { waitUntil: "load" });
      await settled(page);
    }
    return page;
  };
  return { open, troubles, contexts };
}

async function run(name, group) {
  for (const [title, journey] of Object.entries(group.journeys)) {
    const whole = `${name}: ${title}`;
    if (wanted.length > 0 && !wanted.some((word) => whole.includes(word))) continue;
    const start = Date.now();
    const { open, troubles, contexts } = opener(group.user);
    const pages = () => contexts.flatMap((context) => context.pages());
    try {
      await journey({ stage, world, base: stage.base, open });
      for (const page of pages()) if (page.url().includes("/ges/")) troubles.push(...(await axe(page)));
      if (troubles.length > 0) throw new Error([...new Set(troubles)].join("\n"));
      passed += 1;
      console.log(`ok    ${whole} (${((Date.now() - start) / 1_000).toFixed(1)} s)`);
    } catch (error) {
      failed += 1;
      for (const [index, page] of pages().entries()) {
        await page.screenshot({ path: join(PICTURES, `failed-${failed}-${index}.png`) }).catch(() => undefined);
      }
      console.log(`FAIL  ${whole}\n      ${String(error.message ?? error).split("\n").join("\n      ")}`);
    }
    for (const context of contexts) await context.close();
  }
}

try {
  world = await sow(stage);
  for (const lanes of TURNS) {
    await Promise.all(
      lanes.map(async (groups) => {
        for (const name of groups) await run(name, await import(`./${name}.mjs`));
      }),
    );
  }
} finally {
  await browser.close();
  await stage.end();
}
console.log(`${passed} passed, ${failed} failed, ${Math.round((Date.now() - begun) / 1_000)} s`);
// A journey that broke may have left something running.
process.exit(failed === 0 ? 0 : 1);
