// The smoothness by itself, on the API in memory: node e2e/smooth-alone.mjs
import { chromium } from "playwright-core";
import { smooth } from "./smooth.mjs";
import { pretended } from "./stage.mjs";

const stage = await pretended(4184, 10_000);
try {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
  const context = await browser.newContext({ viewport: { width: 1280, height: 840 } });
  await context.addCookies([{ name: "ges_session", value: "administrator", url: `${stage.base}/ges/` }]);
  const page = await context.newPage();
  await page.goto(`${stage.base}/ges/about`);
  await page.evaluate(() => fetch("/ges/api/v1/mock/rate", { method: "POST", headers: { "x-csrf-token": "token" }, body: JSON.stringify({ rate: 50 }) }));
  console.log(await smooth(page, stage.base, "all=1"));
  await browser.close();
} finally {
  stage.end();
}
