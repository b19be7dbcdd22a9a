// The board of queues: what it shows is what the service knows, as cards, as a table and on the wall, and it stays so.
import { button, eventually, expect, holds, rows, snap } from "./hands.mjs";
import { settled } from "./look.mjs";
import { CLAIMS, CROWD, SALES, SUPPORT, book, bookMany } from "./world.mjs";

export const user = "supervisor";

const QUEUE = `${SUPPORT}_VQ`;
const card = (page, queue) => page.getByRole("article").filter({ has: page.getByRole("link", { name: queue, exact: true }) });
const figure = (within, name) => within.locator("dl > div").filter({ has: within.page().getByText(name, { exact: true }) }).locator("dd");
const row = (page, queue) => page.getByRole("row", { name: new RegExp(`^${queue}`) });

const board = async (stage) => (await (await stage.as("supervisor")).get("queues")).queues;
const known = async (stage, queue) => (await board(stage)).find((one) => one.queue === queue);

/** What the page was told last: it is compared with that, since a queue moves while one looks. */
function told(page) {
  let last;
  page.on("response", async (answer) => {
    if (answer.url().endsWith("/ges/api/v1/queues")) last = (await answer.json()).data.queues;
  });
  return (queue) => last?.find((one) => one.queue === queue);
}

/** As the page writes it in English. */
const duration = (seconds) => {
  const minutes = Math.round(seconds / 60);
  if (seconds < 60) return `${seconds} sec`;
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} hr${minutes % 60 ? ` ${minutes % 60} min` : ""}`;
};
const percent = (share) => `${Math.round(share * 100)}%`;

/**
 * Waits until the queue has taught enough to have a band, until a band was held against a wait, and until a customer was
 * reached whose time had come: the world booked some for soon.
 */
async function taught(stage) {
  const ready = async () => {
    const { band, coverage, promise } = await known(stage, QUEUE);
    return Boolean(band && coverage && promise);
  };
  // First enough waits have to end for a band to be, then some that were told one; a crowd would only make them longer.
  for (let round = 0; round < 16 && !(await ready()); round += 1) {
    await bookMany(stage, SUPPORT, 5, () => ({}));
    await eventually(ready, true, 15_000).catch(() => undefined);
  }
  holds("the queue has taught", await ready());
}

export const journeys = {
  "every queue is a card, the open ones first, with what the service knows of it": async ({ stage, open }) => {
    const page = await open(undefined);
    const now = told(page);
    await page.goto(`${stage.base}/ges/queues`);
    const queues = await board(stage);
    await expect(page.getByRole("article")).count(queues.length);
    const shown = await page.getByRole("article").locator("h2").allInnerTexts();
    const openFirst = [...queues].sort((a, b) => Number(b.open) - Number(a.open) || a.queue.localeCompare(b.queue));
    holds(`the order is right: ${shown}`, shown.join() === openFirst.map((one) => one.queue).join());
    const claims = card(page, `${CLAIMS}_VQ`);
    await eventually(async () => {
      const { waiting, live, scheduledToday } = now(`${CLAIMS}_VQ`);
      const said = [await figure(claims, "Waiting").innerText(), await figure(claims, "On the line").innerText(), await figure(claims, "Later today").innerText()];
      return said.join() === [waiting, live, scheduledToday].map((n) => n.toLocaleString("en-US")).join();
    }, true, 30_000);
    // Nobody works there: the router says so, and so does the card.
    await figure(claims, "Agents").getByText("none signed in").waitFor();
    const sales = await known(stage, `${SALES}_VQ`);
    await card(page, `${SALES}_VQ`).getByText(sales.open ? /^Open until \d/ : /^Opens /).waitFor();
  },

  "a wait comes with its band, and with how often such bands held": async ({ stage, open }) => {
    await taught(stage);
    const page = await open(undefined);
    const now = told(page);
    await page.goto(`${stage.base}/ges/queues`);
    const one = card(page, QUEUE);
    await eventually(async () => {
      const { band, coverage, promise } = now(QUEUE) ?? {};
      const text = await one.innerText();
      const said = (...words) => words.every((word) => text.includes(word));
      return band && said(`${duration(band.low)} – ${duration(band.high)}`, `held ${percent(coverage.measured)}`, `${percent(promise.withinFiveMinutes)} in time`);
    }, true, 45_000);
    await one.getByText(/held \d+%/).hover();
    await page.getByRole("tooltip").getByText(/^80% of customers should wait between/).waitFor();
    await page.getByRole("tooltip").getByText(/^Measured: [\d.]+% of [\d,]+ told ranges held\.$/).waitFor();
    await snap(page, "band");
  },

  "a queue by itself tells how it told its waits and kept its promises, as charts and as tables": async ({ stage, open }) => {
    await taught(stage);
    const page = await open("queues");
    await card(page, QUEUE).getByRole("link", { name: QUEUE }).click();
    await page.getByRole("heading", { name: QUEUE, level: 1 }).waitFor();
    await page.waitForURL(/queues\/CB_Support_VQ$/);
    for (const title of ["Last hour", "How promises were kept", "Early and late", "Were the told waits right?"]) {
      const part = page.locator("section").filter({ has: page.getByRole("heading", { name: title }) });
      await part.locator("svg.recharts-surface").first().waitFor();
      await part.getByText("Table", { exact: true }).click();
      await part.locator("tbody tr").first().waitFor();
    }
    const person = await stage.as("supervisor");
    const { observations } = await person.get(`queues/${QUEUE}/coverage`);
    const told = page.locator("section").filter({ has: page.getByRole("heading", { name: "Were the told waits right?" }) });
    holds("it says of how many", Number((await told.getByText(/^Meant to hold in 80%/).innerText()).match(/of ([\d,]+)\.$/)[1].replace(",", "")) <= observations);
    await page.getByRole("link", { name: "Open callbacks of this queue" }).click();
    await page.waitForURL(/callbacks\?queue=CB_Support_VQ/);
  },

  "the same as a table, which is remembered, and a row leads to its queue": async ({ stage, open }) => {
    const page = await open("queues", { fresh: true });
    await page.getByText("Table", { exact: true }).click();
    await expect(rows(page)).count((await board(stage)).length);
    for (const name of ["Queue", "Status", "Estimated wait", "Held", "Last hour", "Waiting", "On the line", "Later today", "Scheduled", "Agents", "Promise kept"]) {
      await page.getByRole("columnheader", { name, exact: true }).waitFor();
    }
    await eventually(async () => {
      const { scheduled } = await known(stage, `${CLAIMS}_VQ`);
      const cells = await row(page, `${CLAIMS}_VQ`).getByRole("cell").allInnerTexts();
      return cells.includes(String(scheduled)) && cells.includes("none signed in");
    }, true, 30_000);
    const scroller = page.locator("table").locator("xpath=..");
    holds("at a desk all columns are in sight", await scroller.evaluate((element) => element.scrollWidth <= element.clientWidth));
    await snap(page, "board-table");
    await page.reload();
    await settled(page);
    await row(page, QUEUE).click();
    await page.getByRole("heading", { name: QUEUE, level: 1 }).waitFor();
    await page.getByRole("link", { name: "All queues" }).click();
    await rows(page).first().waitFor();
    await page.keyboard.press("v");
    await page.getByRole("article").first().waitFor();
  },

  "on the wall there are a few great figures and nothing else, and a key leads there and back": async ({ stage, open }) => {
    const page = await open("queues");
    await page.keyboard.press("w");
    await page.waitForURL(/queues\?wall=1/);
    await expect(page.getByRole("navigation")).count(0);
    const tile = page.locator("section").filter({ has: page.getByRole("heading", { name: `${CLAIMS}_VQ` }) });
    await eventually(async () => (await figure(tile, "Waiting").innerText()) === String((await known(stage, `${CLAIMS}_VQ`)).waiting), true, 30_000);
    await snap(page, "wall");
    // A screen on a wall is opened by its address.
    const wall = await open("queues?wall=1", { viewport: { width: 1920, height: 1080 } });
    await wall.getByRole("heading", { name: QUEUE }).waitFor();
    const tall = await wall.evaluate(() => document.querySelector("main").scrollHeight - document.querySelector("main").clientHeight);
    holds(`everything is in sight: ${tall} px are not`, tall <= 0);
    await button(page, "Leave the wallboard").click();
    await page.getByRole("navigation").first().waitFor();
  },

  "the board changes by itself, a pause holds it, and resuming shows what happened": async ({ stage, open }) => {
    const page = await open(undefined);
    await page.clock.install();
    await page.goto(`${stage.base}/ges/queues`);
    await settled(page);
    const scheduled = async () => Number((await figure(card(page, `${CROWD}_VQ`), "Later today").innerText()).replace(/\D/g, ""));
    const soon = () => ({ desiredTime: new Date(Date.now() + 20 * 60_000).toISOString() });
    const { scheduledToday } = await known(stage, `${CROWD}_VQ`);
    await eventually(scheduled, scheduledToday, 15_000);
    // In the last minutes of a day twenty minutes from now is tomorrow.
    const today = async () => (await known(stage, `${CROWD}_VQ`)).scheduledToday;
    await book(stage, CROWD, soon());
    const after = await today();
    await eventually(scheduled, after, 15_000);
    await page.keyboard.press("p");
    await page.getByRole("button", { name: /^Paused/ }).waitFor();
    await book(stage, CROWD, soon());
    // Longer than the board is ever left alone.
    await page.clock.fastForward(30_000);
    holds("a pause holds the board", (await scheduled()) === after);
    await page.getByRole("button", { name: /changes? waiting|^Paused/ }).click();
    await eventually(scheduled, await today(), 15_000);
  },

  "a monitor sees the same board, and comes from it to the callbacks of a queue": async ({ open }) => {
    const page = await open(`queues/${QUEUE}`, { user: "monitor" });
    await page.getByRole("link", { name: "Open callbacks of this queue" }).click();
    await page.getByRole("heading", { name: "Callbacks", level: 1 }).waitFor();
    await page.goto(`${page.url().split("/ges/")[0]}/ges/queues/CB_Nowhere_VQ`);
    await page.getByText("No such queue").waitFor();
  },
};
