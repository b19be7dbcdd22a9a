// Looks at every screen from the API in memory: node e2e/screens.mjs
import { join } from "node:path";
import { chromium } from "playwright-core";
import { SCREENS, look, watch } from "./look.mjs";
import { APP, pretended } from "./stage.mjs";

const only = process.argv.slice(2);
const pictures = join(APP, "../../../target/ui-pictures");
const stage = await pretended(4183);
const troubles = [];
try {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
  for (const [theme, width, user] of [
    ["light", 1280, "administrator"],
    ["dark", 1280, "administrator"],
    ["light", 360, "supervisor"],
    ["light", 1280, "developer"],
    ["light", 1280, "monitor"],
  ]) {
    const context = await browser.newContext({ viewport: { width, height: 840 }, colorScheme: theme, reducedMotion: "reduce", timezoneId: "America/New_York", locale: "en-US" });
    await context.addCookies([{ name: "ges_session", value: user, url: `${stage.base}/ges/` }]);
    const page = await context.newPage();
    watch(page, troubles);
    for (const { id, path } of SCREENS) {
      if (only.length > 0 && !only.includes(id)) continue;
      troubles.push(...(await look(page, stage.base, path, `${id}-${theme}-${width}-${user}`, pictures)));
    }
    await context.close();
  }
  await browser.close();
} finally {
  stage.end();
}
for (const one of new Set(troubles)) console.log(one);
console.log(`${troubles.length} troubles`);
process.exitCode = troubles.length === 0 ? 0 : 1;
