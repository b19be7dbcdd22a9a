// What administrators do, as journeys through their screens, on the API in memory: node e2e/admin.mjs [name…]
// Each journey stands alone; each can fail.
import { join } from "node:path";
import { chromium } from "playwright-core";
import { axe, look, settled, watch } from "./look.mjs";
import { APP, pretended } from "./stage.mjs";

const SALES = "capacity/rules/5d3a6b0e-2f2f-4a7a-9c52-0b9b6b5a1a01";
const NORTH = "numbers/rules/7a1f6e34-8f0e-4b4e-9df0-1c1d6f1b2a01";

/** Views below the screens themselves. */
const VIEWS = [
  "capacity/load",
  SALES,
  `${SALES}/exceptions`,
  `${SALES}/text`,
  `${SALES}/preview`,
  NORTH,
  "regions/rules/7a1f6e34-8f0e-4b4e-9df0-1c1d6f1b2b01",
  "services/named/retention",
  "services/new",
  "services/revisions",
  "services/revisions/42",
  "hours/named/office_hours",
  "call-in/groups",
  "call-in/groups/named/technical_help",
  "webhooks/0a4f1c3e-0002-4d7b-8f0e-2b7c1f1e0002",
  "webhooks/new",
];

const expect = (what, truth) => {
  if (!truth) throw new Error(what);
};
const cell = (page, name) => page.locator(`[data-cell="${name}"]`);
const button = (page, name) => page.getByRole("button", { name, exact: true });
const dialog = (page) => page.getByRole("dialog");

const JOURNEYS = {
  "a week is painted by drag, and its effect is shown before it is saved": async ({ open }) => {
    const page = await open(SALES);
    await button(page, "Paint 1 places").click();
    await cell(page, "0/18").scrollIntoViewIfNeeded();
    const [from, to] = [await cell(page, "0/18").boundingBox(), await cell(page, "2/21").boundingBox()];
    await page.mouse.move(from.x + 5, from.y + 5);
    await page.mouse.down();
    await page.mouse.move(to.x + 5, to.y + 5, { steps: 5 });
    await page.mouse.up();
    expect("the block is painted", (await cell(page, "1/20").textContent()) === "1");
    expect("its neighbour is not", (await cell(page, "3/20").textContent()) !== "1");
    await button(page, "Save").click();
    await dialog(page).getByText("slots change").waitFor();
    await button(page, "Save it").click();
    await page.getByText("Saved", { exact: true }).waitFor();
    await page.goto(page.url().replace(/capacity.*/, SALES));
    await settled(page);
    expect("it was saved", (await cell(page, "1/20").textContent()) === "1");
  },

  "a week is filled by keyboard alone, and taken back": async ({ open }) => {
    const page = await open(SALES);
    await cell(page, "5/28").focus();
    await page.keyboard.press("Shift+ArrowDown");
    await page.keyboard.press("Shift+ArrowRight");
    await page.keyboard.type("12");
    expect("four slots are set", (await page.locator('[role="gridcell"][aria-selected="true"]').allTextContents()).join() === "12,12,12,12");
    await page.keyboard.press("Control+z");
    await page.keyboard.press("Control+z");
    expect("and taken back", (await cell(page, "5/28").textContent()) !== "12");
  },

  "short-hand is checked while it is typed, and fills the calendar": async ({ open }) => {
    const page = await open(`${SALES}/text`);
    await page.getByLabel("Short-hand", { exact: true }).fill('{"moon": {"0900": 3}}');
    await page.getByText("names no day").waitFor();
    await page.getByLabel("Short-hand", { exact: true }).fill('{"mon-fri": {"1000": 7, "1100": 0}}');
    await page.getByText("Understood").waitFor();
    await page.getByRole("link", { name: "Week", exact: true }).click();
    expect("the calendar has it", (await cell(page, "4/20").textContent()) === "7");
  },

  "the slot length changes, and each hour keeps its total": async ({ open }) => {
    const page = await open(SALES);
    const before = await page.getByText("places in the week").textContent();
    await page.getByRole("combobox", { name: "Slot length" }).click();
    await page.getByRole("option", { name: "60 min" }).click();
    await page.getByText("shared out anew").waitFor();
    expect("the total stays", (await page.getByText("places in the week").textContent()) === before);
  },

  "a day of the planner becomes part of a rule": async ({ open }) => {
    const page = await open("planner");
    await button(page, "Work it out").click();
    await page.getByText("keep the promise").waitFor();
    await page.getByText("Table", { exact: true }).click();
    expect("the chart has a table", (await page.getByRole("columnheader", { name: "Nine of ten within" }).count()) === 1);
    await button(page, "Apply").click();
    await button(page, "Save it").click();
    await page.waitForURL(/capacity\/rules/);
  },

  "a number is tried on a rule that is not saved": async ({ open }) => {
    const page = await open(NORTH);
    await page.getByLabel("Blocked patterns").fill("+1212555????");
    await page.getByLabel("Number", { exact: true }).fill("+1 212 555 0142");
    await button(page, "Try it").click();
    await page.getByText("Blocked by the pattern +1212555????.").waitFor();
    await page.getByLabel("Number", { exact: true }).fill("+49 30 901820");
    await button(page, "Try it").click();
    await page.getByText("not permitted: Germany").waitFor();
  },

  "a queue gets another rule, after the effect was shown": async ({ open }) => {
    const page = await open("capacity");
    await page.getByRole("combobox", { name: "Rule of VQ_Premium" }).click();
    await page.getByRole("option", { name: "Support around the clock" }).click();
    await page.getByText("1 queue changes").waitFor();
    await button(page, "Save").click();
    await button(page, "Save it").click();
    await page.getByText("1 queue changes").waitFor({ state: "hidden" });
    await page.getByText("VQ_Premium, VQ_Support").or(page.getByText(/VQ_Support.*VQ_Premium/)).first().waitFor();
    expect("it stays", (await page.getByRole("combobox", { name: "Rule of VQ_Premium" }).inputValue()) === "Support around the clock");
  },

  "a service that does not answer is told, and asked again": async ({ open }) => {
    const page = await open("audit");
    await page.evaluate(() =>
      fetch("/ges/api/v1/mock/down", { method: "POST", headers: { "x-csrf-token": "token" }, body: JSON.stringify({ ms: 4000 }) }),
    );
    await page.getByRole("link", { name: "Numbers" }).click();
    await page.getByRole("button", { name: "Try again" }).waitFor();
    await page.waitForTimeout(4_000);
    await page.getByRole("button", { name: "Try again" }).click().catch(() => undefined);
    await page.getByRole("columnheader", { name: "Permitted countries" }).waitFor();
  },

  "two people edit one rule, and the slower one sees both sides": async ({ open }) => {
    const [mine, theirs] = [await open(NORTH), await open(NORTH)];
    await theirs.getByLabel("Name").fill("Theirs");
    await button(theirs, "Save").click();
    await theirs.waitForURL(/numbers$/);
    await mine.getByLabel("Name").fill("Mine");
    await button(mine, "Save").click();
    await dialog(mine).getByText("Somebody else was faster").waitFor();
    const text = await dialog(mine).textContent();
    expect("both sides are shown", text.includes("Mine") && text.includes("Theirs"));
    await button(mine, "Save mine over it").click();
    await mine.waitForURL(/numbers$/);
    await mine.getByRole("link", { name: "Mine" }).waitFor();
  },

  "a session that ends while somebody edits keeps what was typed": async ({ open, expire }) => {
    const page = await open(NORTH);
    await page.getByLabel("Name").fill("Kept");
    await expire(page);
    await button(page, "Save").click();
    await page.getByText("Your session has ended").waitFor();
    await page.locator("input[name=password]").fill("demo");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("Your session has ended").waitFor({ state: "hidden" });
    expect("the draft is there", (await page.getByLabel("Name").inputValue()) === "Kept");
    await page.reload();
    await settled(page);
    expect("also after the page was loaded anew", (await page.getByLabel("Name").inputValue()) === "Kept");
  },

  "a service is closed in an emergency, after a question, and opened again": async ({ open }) => {
    const page = await open("services/named/billing_callback");
    await page.getByRole("button", { name: /Close now/ }).click();
    await dialog(page).getByRole("textbox").fill("fire drill");
    await dialog(page).getByRole("button", { name: "Close now" }).click();
    await page.getByText("This service is closed for an emergency").waitFor();
    await page.getByRole("button", { name: /Open again/ }).click();
    await dialog(page).getByRole("button", { name: "Open again" }).click();
    await page.getByText("This service is closed for an emergency").waitFor({ state: "hidden" });
  },

  "a service that Designer manages says why it cannot be edited": async ({ open }) => {
    const page = await open("services/named/sales_callback");
    await page.getByRole("button", { name: "Edit" }).hover();
    await page.getByRole("tooltip").getByText("Designer manages this service").waitFor();
    await page.getByRole("button", { name: "Edit" }).click({ force: true });
    expect("no form opens", (await button(page, "Save").count()) === 0);
  },

  "office hours are typed as people write them, and previewed": async ({ open }) => {
    const page = await open("hours/named/office_hours");
    await page.getByLabel("Saturday").fill("10-14");
    await page.getByText("10:00–14:00").first().waitFor();
    await page.getByLabel("Saturday").fill("14-10");
    await page.getByText("cannot be read as hours").first().waitFor();
    expect("it cannot be saved", await button(page, "Save").isDisabled());
    expect("clock changes are marked", (await page.getByText(/Clocks go back/).count()) > 0);
  },

  "a key is shown once": async ({ open }) => {
    const page = await open("api-keys");
    await button(page, "New key").click();
    await page.getByLabel("Name").fill("kiosk");
    await button(page, "Make the key").click();
    const key = await dialog(page).locator("code").textContent();
    expect("it is there", /^[0-9a-f-]{36}$/.test(key ?? ""));
    await button(page, "I have copied it").click();
    await page.reload();
    await settled(page);
    expect("and never again", !(await page.content()).includes(key ?? "?"));
  },

  "a webhook is made, tried, and its secret renewed": async ({ open }) => {
    const page = await open("webhooks/new");
    await page.getByLabel("Address").fill("https://hooks.example.com/in");
    await button(page, "Save").click();
    expect("its secret is shown", ((await dialog(page).locator("code").textContent()) ?? "").startsWith("whsec_"));
    await button(page, "I have copied it").click();
    await button(page, "Send a test").click();
    await page.getByText("It was heard.").waitFor();
    await button(page, "New secret").click();
    await dialog(page).getByRole("button", { name: "New secret" }).click();
    await dialog(page).getByText("whsec_").waitFor();
  },

  "a number is forgotten only when it is typed again": async ({ open }) => {
    const page = await open("privacy");
    await page.getByLabel("Phone number").nth(1).fill("+1 212 555 0142");
    await button(page, "Forget the number").click();
    const act = dialog(page).getByRole("button", { name: "Forget the number" });
    expect("not at once", await act.isDisabled());
    await dialog(page).getByRole("textbox").fill("+12125550142");
    await act.click();
    await page.getByText("nothing of the number remains").waitFor();
  },

  "the audit log is filtered by its address": async ({ open }) => {
    const page = await open("audit?outcome=refused");
    const outcomes = await page.locator("tbody .mantine-Badge-root").allTextContents();
    expect("only refusals", outcomes.length > 0 && outcomes.every((text) => text.includes("refused")));
  },

  "who may only look sees rules without a way to change them": async ({ open }) => {
    const page = await open(SALES, "monitor");
    await page.getByText("your role may not change this").waitFor();
    await cell(page, "0/20").focus();
    const before = await cell(page, "0/20").textContent();
    await page.keyboard.type("99");
    expect("typing changes nothing", (await cell(page, "0/20").textContent()) === before);
    const webhooks = await open("webhooks", "monitor");
    await webhooks.getByText("Not for your role").waitFor();
  },
};

const only = process.argv.slice(2);
const stage = await pretended(Number(process.env.PORT ?? 4187));
const troubles = [];
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
const contexts = [];
async function open(path, user = "administrator", more = {}) {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 900 },
    reducedMotion: "reduce",
    timezoneId: "America/New_York",
    locale: "en-US",
    ...more,
  });
  contexts.push(context);
  await context.addCookies([{ name: "ges_session", value: user, url: `${stage.base}/ges/` }]);
  const page = await context.newPage();
  page.setDefaultTimeout(8_000);
  watch(page, troubles);
  await page.goto(`${stage.base}/ges/${path}`, { waitUntil: "load" });
  await settled(page);
  return page;
}
const expire = (page) =>
  page.evaluate(() => fetch("/ges/api/v1/mock/expire", { method: "POST", headers: { "x-csrf-token": "token" }, body: "{}" }));
try {
  for (const [name, journey] of Object.entries(JOURNEYS)) {
    if (only.length > 0 && !only.some((part) => name.includes(part))) continue;
    try {
      await journey({ open, expire });
      const last = contexts.at(-1)?.pages()[0];
      if (last) troubles.push(...(await axe(last)).map((one) => `${name}: ${one}`));
      console.log(`ok  ${name}`);
    } catch (error) {
      troubles.push(`${name}: ${error.message.split("\n")[0]}`);
    }
    for (const context of contexts.splice(0)) await context.close();
  }
  if (only.length === 0) {
    const pictures = join(APP, "../../../target/ui-pictures");
    for (const [theme, width] of [["light", 1280], ["dark", 1280], ["light", 360], ["dark", 2560]]) {
      const page = await open("capacity", "administrator", { colorScheme: theme, viewport: { width, height: 900 } });
      for (const path of VIEWS) {
        troubles.push(...(await look(page, stage.base, path, `${path.replace(/\W+/g, "-")}-${theme}-${width}`, pictures)));
      }
    }
  }
} finally {
  await browser.close();
  stage.end();
}
for (const one of new Set(troubles)) console.log(`BAD ${one}`);
process.exitCode = troubles.length === 0 ? 0 : 1;
