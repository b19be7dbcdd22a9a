// What journeys do again and again.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { APP } from "./stage.mjs";

export const PICTURES = join(APP, "../../../target/ui-pictures");

/** Takes a picture of what no address leads to: dialogs, menus, refusals. */
export async function snap(page, name) {
  mkdirSync(PICTURES, { recursive: true });
  await page.screenshot({ path: join(PICTURES, `moment-${name}.png`) });
}

/** The rows of the long list that is shown. */
export const rows = (page) => page.locator("tbody tr[data-index]");
export const button = (page, name) => page.getByRole("button", { name, exact: true });
export const dialog = (page) => page.getByRole("dialog");
/** The callback beside the list. */
export const panel = (page) => page.getByRole("complementary", { name: "Callback" });

/** Opens the list of callbacks with a filter, and waits for its rows. */
export async function list(open, filter = "", options = {}) {
  const page = await open(`callbacks${filter}`, options);
  await rows(page).first().waitFor();
  return page;
}

export const holds = (what, truth) => {
  if (!truth) throw new Error(`it does not hold that ${what}`);
};

/** A few expectations that wait. */
export const expect = (locator) => ({
  value: (wanted) => eventually(() => locator.inputValue(), wanted),
  text: (wanted) => eventually(() => locator.innerText(), wanted),
  count: (wanted) => eventually(() => locator.count(), wanted),
});

export async function eventually(read, wanted, limitMs = 10_000) {
  const fits = typeof wanted === "function" ? wanted : (found) => found === wanted;
  let found;
  for (const end = Date.now() + limitMs; Date.now() < end; ) {
    found = await read();
    if (fits(found)) return found;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`expected ${typeof wanted === "function" ? wanted : JSON.stringify(wanted)}, found ${JSON.stringify(found)}`);
}

/** Picks an entry of a field that drops down. */
export async function pick(page, field, entry) {
  await page.getByRole("combobox", { name: field, exact: true }).click();
  await page.getByRole("option", { name: entry, exact: true }).click();
}

/** Takes the first day from `from` on that has a free time, and that time. */
export async function pickTime(page, from = 1) {
  const days = dialog(page).getByRole("radiogroup", { name: "Day" }).getByRole("radio");
  const free = dialog(page).getByRole("radiogroup", { name: "Free times" }).locator("button:enabled").first();
  await days.first().waitFor();
  for (let day = from; day < (await days.count()); day += 1) {
    await days.nth(day).click();
    const offered = await free.waitFor({ timeout: 3_000 }).then(() => true, () => false);
    if (offered) return free.click();
  }
  throw new Error("no day has a free time");
}
