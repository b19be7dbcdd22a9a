// What those come for who look on: everything that happens, and why they change nothing.
import { button, eventually, expect, holds, list, panel, pick, rows } from "./hands.mjs";
import { settled } from "./look.mjs";
import { CLAIMS, SALES, SUPPORT, book, inHours } from "./world.mjs";

export const user = "monitor";

const cell = (page, name) => page.locator(`[data-cell="${name}"]`);

export const journeys = {
  "sees every callback, and is told why it can change none": async ({ open }) => {
    const page = await list(open, "?state=SCHEDULED");
    await expect(page.getByRole("checkbox")).count(0);
    await rows(page).first().click();
    const cancel = panel(page).getByRole("button", { name: "Cancel callback" });
    await cancel.hover();
    await page.getByRole("tooltip").getByText("Your role does not permit this.").waitFor();
    await cancel.click({ force: true });
    await expect(page.getByRole("dialog")).count(0);
    await page.getByRole("button", { name: "Export" }).hover();
    await page.getByRole("tooltip").getByText("Your role does not permit this.").waitFor();
  },

  "reads the history of one that failed": async ({ open }) => {
    const page = await list(open, `?service=${CLAIMS}&reason=FAIL_QUEUEING`);
    await rows(page).first().click();
    const history = panel(page).getByRole("tabpanel", { name: "History" });
    await history.getByText("Booked", { exact: true }).waitFor();
    await history.getByText("Ended", { exact: true }).waitFor();
    await panel(page).getByRole("tab", { name: "Technical" }).click();
    await panel(page).getByText("Revision").waitFor();
  },

  "walks through the list by keyboard alone": async ({ open }) => {
    const page = await list(open, "?state=SCHEDULED");
    await rows(page).first().focus().catch(() => undefined);
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    await panel(page).waitFor();
    await page.keyboard.press("Escape");
    await panel(page).waitFor({ state: "hidden" });
  },

  "sends a link to what is shown, and it shows the same": async ({ stage, open }) => {
    const { id, phoneNumber } = await book(stage, SUPPORT, { desiredTime: inHours(70) });
    const page = await list(open, `?service=${SUPPORT}&state=SCHEDULED&order=-desired`);
    await page.getByRole("row", { name: new RegExp(phoneNumber.replace("+", "\\+")) }).first().click();
    await page.waitForURL(new RegExp(id));
    const other = await open(page.url().split("/ges/")[1]);
    await panel(other).getByText(phoneNumber).first().waitFor();
    holds("the filter is the same", other.url().includes("order=-desired"));
  },

  "looks at what a service is and when it is open": async ({ open }) => {
    const page = await open("services");
    await page.getByRole("link", { name: SALES }).click();
    await page.getByText("Places per slot without a rule").waitFor();
    await page.getByRole("button", { name: "Close now" }).hover();
    await page.getByRole("tooltip").getByText("Your role does not permit this.").waitFor();
    await page.goto(page.url().replace(/services\/.*/, "hours/named/BH_Sales"));
    await settled(page);
    await page.getByText("09:00–17:00").first().waitFor();
  },

  "sees rules without a way to change them": async ({ open, world }) => {
    const page = await open(`capacity/rules/${world.weekdays}`);
    await page.getByText("your role may not change this").waitFor();
    await cell(page, "0/20").focus();
    const before = await cell(page, "0/20").textContent();
    await page.keyboard.type("99");
    holds("typing changes nothing", (await cell(page, "0/20").textContent()) === before);
  },

  "tries a number on the rule of a queue": async ({ open }) => {
    const page = await open("numbers");
    await pick(page, "Queue", `${SALES}_VQ`);
    await page.getByLabel("Number", { exact: true }).fill("+1 646 555 0100");
    await button(page, "Try it").click();
    await page.getByText("Blocked by the pattern +1646*.").waitFor();
  },

  "sees how full the coming days are": async ({ open }) => {
    const page = await open("capacity/load");
    await pick(page, "Queue", `${CLAIMS}_VQ`);
    await page.getByRole("cell").filter({ hasText: /^[1-9]\d*\/12/ }).first().waitFor();
    await page.getByRole("button", { name: "Later" }).click();
    await settled(page);
  },

  "sees who was given which number to call in on": async ({ open }) => {
    const page = await open("call-in");
    await pick(page, "State", "waiting for the call");
    await page.getByRole("row", { name: /technical_help/ }).first().waitFor();
    await expect(page.getByRole("link", { name: "Groups" })).count(0);
  },

  "chooses dark colours, and they stay": async ({ open }) => {
    const page = await open("about", { colorScheme: "light" });
    const scheme = () => page.evaluate(() => document.documentElement.dataset.mantineColorScheme);
    await page.getByRole("banner").getByRole("button").nth(-3).click();
    await page.getByRole("menuitem", { name: "Dark" }).click();
    await eventually(scheme, "dark");
    await page.reload();
    await eventually(scheme, "dark");
  },

  "who follows a link to a screen of others is told so": async ({ open }) => {
    for (const path of ["audit", "webhooks", "credentials", "regions", "privacy"]) {
      const page = await open(path);
      await page.getByText("Not for your role").waitFor();
    }
  },

  "a place that does not exist is said to be none": async ({ open }) => {
    const page = await open("callbacks/00000000-0000-7000-8000-000000000000");
    await page.getByText(/no such callback|not there|does not exist|nothing here/i).first().waitFor();
    const nowhere = await open("nowhere");
    await nowhere.getByText(/no page|nothing here|does not exist/i).first().waitFor();
  },
};
