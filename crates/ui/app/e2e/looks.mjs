// How it looks: every screen, light and dark, narrow and wide; how much it weighs; how smooth it stays.
import { join } from "node:path";
import { SCREENS, look, watch } from "./look.mjs";
import { smooth } from "./smooth.mjs";
import { APP } from "./stage.mjs";

export const name = "looks";
const PICTURES = join(APP, "../../../target/ui-pictures");

const every = (user, width, colorScheme) => async ({ base, open }) => {
  const page = await open({ user, colorScheme, viewport: { width, height: width < 600 ? 780 : 840 } });
  const troubles = [];
  watch(page, troubles);
  for (const { id, path } of SCREENS) {
    troubles.push(...(await look(page, base, path, `${id}-${colorScheme}-${width}-${user}`, PICTURES)));
  }
  const said = [...new Set(troubles)];
  if (said.length > 0) throw new Error(said.join("\n"));
};

export const journeys = {
  "every screen of an administrator, light": every("administrator", 1280, "light"),
  "every screen of an administrator, dark": every("administrator", 1280, "dark"),
  "every screen on a telephone": every("administrator", 360, "light"),
  "every screen of a monitor": every("monitor", 1280, "light"),

  "ten thousand callbacks and fifty changes a second": async ({ base, open }) => {
    const page = await open({ user: "administrator" });
    await page.goto(`${base}/ges/about`);
    const rate = (value) =>
      page.evaluate(
        (one) => fetch("/ges/api/v1/mock/rate", { method: "POST", headers: { "x-csrf-token": "token" }, body: JSON.stringify({ rate: one }) }),
        value,
      );
    await rate(50);
    const found = await smooth(page, base, "all=1");
    await rate(0.5);
    console.log(`      ${found.loaded} loaded; longest task ${found.longest} ms, while loading ${found.loading} ms`);
    if (found.loaded < 10_000) throw new Error(`only ${found.loaded} of ${found.total} loaded`);
    if (found.longest > 200) throw new Error(`a task of ${found.longest} ms`);
  },
};
