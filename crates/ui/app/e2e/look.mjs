// Every screen as every role sees it: no serious violation of accessibility, nothing against the policy, no error in
// the console, nothing wider than the window; and a picture of each.
import { readFileSync, readdirSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { APP } from "./stage.mjs";

const AXE = readFileSync(join(APP, "node_modules/axe-core/axe.min.js"), "utf8");

export const SCREENS = readdirSync(join(APP, "src/screens"), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => {
    const text = readFileSync(join(APP, "src/screens", entry.name, "screen.ts"), "utf8");
    return { id: entry.name, path: /path: "([^"]*)"/.exec(text)?.[1] ?? "" };
  });

/** Notes everything that a page should not say. */
export function watch(page, troubles) {
  page.on("console", (message) => {
    const text = message.text();
    // A refusal or a silence that the screen tells is no trouble of the screen.
    if (["error", "warning"].includes(message.type()) && !/status of [45]\d\d|net::ERR_/.test(text)) troubles.push(`${page.url()}: ${text.slice(0, 300)}`);
  });
  page.on("pageerror", (error) => troubles.push(`${page.url()}: ${error.message}`));
}

/** Once nothing is on its way: what is being asked for anew is dimmed. */
export async function axe(page) {
  await page.locator('[aria-busy="true"]').first().waitFor({ state: "hidden" });
  // The policy would refuse a script element; an evaluated one is the browser's own.
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  return violations
    .filter((one) => one.impact === "serious" || one.impact === "critical")
    .flatMap((one) => one.nodes.slice(0, 3).map((node) => `${one.id}: ${node.target.join(" ")} ${node.html.slice(0, 140)}`));
}

/** What stands out of the window, or out of the part of it that a screen has: nothing may scroll sideways as a whole. */
const sideways = (page) =>
  page.evaluate(() =>
    [document.documentElement, ...document.querySelectorAll("main, [role=dialog], [role=complementary]")]
      .filter((element) => element.scrollWidth > element.clientWidth)
      .map((element) => `${element.tagName} is ${element.scrollWidth - element.clientWidth} px wider than it shows`),
  );

/** Opens an address, and judges how it looks in each of some shapes; gives complaints, and takes a picture of each. */
export async function look(page, base, path, name, shapes, pictures) {
  mkdirSync(pictures, { recursive: true });
  const complaints = [];
  const [first] = shapes;
  await shape(page, first);
  await page.goto(`${base}/ges/${path}`, { waitUntil: "load" });
  await settled(page);
  for (const one of shapes) {
    const whole = `${name}-${one.theme}-${one.width}`;
    if (one !== first) {
      await shape(page, one);
      // The page hears of both by itself, a busy machine lets it wait.
      await page.waitForFunction((theme) => document.documentElement.dataset.mantineColorScheme === theme, one.theme);
      await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(drawn, 60)))));
    }
    const found = [...(await sideways(page)), ...(one.judged ? await axe(page) : [])];
    complaints.push(...found.map((text) => `${whole}: ${text}`));
    await page.screenshot({ path: join(pictures, `${whole}.png`) });
  }
  return complaints;
}

async function shape(page, { theme, width, height }) {
  await page.emulateMedia({ colorScheme: theme });
  await page.setViewportSize({ width, height });
}

/** Until what is shown no longer changes on its own account: loaders are gone. */
export async function settled(page) {
  await page.waitForFunction(
    () => document.querySelector("h1, main h2, form") && !document.querySelector(".mantine-Loader-root, .mantine-Skeleton-root"),
    undefined,
    { timeout: 15_000 },
  );
  await page.waitForTimeout(300);
}
