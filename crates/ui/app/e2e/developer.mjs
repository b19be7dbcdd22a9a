// What developers come for: the accounts with others, the keys, the webhooks, and why something is refused.
import { button, dialog, eventually, expect, holds, snap } from "./hands.mjs";
import { settled } from "./look.mjs";
import { CLAIMS, SALES, SUPPORT, book, inHours, newNumber } from "./world.mjs";

export const user = "developer";

const card = (page, name) => page.locator("section").filter({ has: page.getByRole("heading", { name, exact: true }) });

/** Asks the screen of bookings, and gives its steps. */
async function ask(open, { service, phone, at }) {
  const query = new URLSearchParams({ service, phone, ...(at ? { at } : {}) });
  return open(`validate?${query}`);
}

export const journeys = {
  "sets up push notices from the account's file, and tries them": async ({ stage, open }) => {
    const account = await stage.see("fcm", "service-account");
    const page = await open("credentials");
    await card(page, "Push notices").getByRole("button", { name: "Set up" }).click();
    await page.getByLabel(/service account/i).fill('{"type": "service_account"}');
    await page.getByText(/project_id|lacks/).first().waitFor();
    await page.locator("input[type=file]").setInputFiles({ name: "account.json", mimeType: "application/json", buffer: Buffer.from(JSON.stringify(account)) });
    await card(page, "Push notices").getByRole("button", { name: "Save" }).click();
    await card(page, "Push notices").getByRole("button", { name: "Replace" }).waitFor();
    await card(page, "Push notices").getByText(account.client_email).waitFor();
    holds("the key is not shown", !(await page.content()).includes("PRIVATE KEY"));
    await card(page, "Push notices").getByRole("button", { name: "Try it" }).click();
    await card(page, "Push notices").getByRole("status").locator("[data-good]").waitFor();
  },

  "sets up the captcha, tries it, and takes it away again": async ({ stage, open }) => {
    const page = await open("credentials");
    const captcha = card(page, "Captcha");
    await captcha.getByRole("button", { name: "Set up" }).click();
    await captcha.getByLabel("Site key").fill("site-key");
    await captcha.getByLabel("Secret key").fill("not the right one");
    await captcha.getByRole("switch", { name: "Every booking needs a token" }).click();
    await captcha.getByRole("button", { name: "Save" }).click();
    await captcha.getByRole("button", { name: "Replace" }).waitFor();
    await captcha.getByText("site-key").waitFor();
    await captcha.getByRole("button", { name: "Try it" }).click();
    await captcha.getByRole("status").locator("[data-good], [data-bad]").waitFor();
    await captcha.getByRole("button", { name: "Delete" }).click();
    await dialog(page).getByRole("button", { name: "Delete" }).click();
    await captcha.getByText("not set up").waitFor();
    await book(stage, SUPPORT, { desiredTime: inHours(50) });
  },

  "enters the account for statistics, and tries it": async ({ open }) => {
    const page = await open("credentials");
    const statistics = card(page, "Statistics");
    await statistics.getByRole("button", { name: "Set up" }).click();
    await statistics.getByLabel("User name").fill("t100\\supervisor");
    await statistics.getByRole("textbox", { name: "Password" }).fill("password");
    await statistics.getByRole("button", { name: "Save" }).click();
    await statistics.getByText("t100\\supervisor").waitFor();
    await statistics.getByRole("button", { name: "Try it" }).click();
    await statistics.getByRole("status").locator("[data-good]").waitFor();
  },

  "makes a key, and takes it back": async ({ stage, open }) => {
    const page = await open("api-keys");
    await page.keyboard.press("n");
    await page.getByLabel("Name").fill("staging");
    await button(page, "Make the key").click();
    const key = await dialog(page).locator("code").textContent();
    await button(page, "I have copied it").click();
    await page.getByRole("button", { name: "Revoke: staging" }).click();
    await dialog(page).getByRole("textbox").fill("staging");
    await dialog(page).getByRole("button", { name: "Revoke" }).click();
    await page.getByRole("button", { name: "Revoke: staging" }).waitFor({ state: "detached" });
    const told = await fetch(`${stage.base}/engagement/v3/callbacks/open-for/${SUPPORT}`, { headers: { "x-api-key": key } });
    holds("it opens nothing any more", told.status === 401);
  },

  "makes a webhook, tries it, and renews its secret": async ({ stage, open }) => {
    const page = await open("webhooks/new");
    await page.getByLabel("Address").fill(`${stage.neighbours.listener}/hooks?mine`);
    await button(page, "Save").click();
    const secret = await dialog(page).locator("code").textContent();
    holds("its secret is shown", secret.startsWith("whsec_"));
    await button(page, "I have copied it").click();
    await button(page, "Send a test").click();
    await page.getByText("It was heard.").waitFor();
    await button(page, "New secret").click();
    await dialog(page).getByRole("button", { name: "New secret" }).click();
    await dialog(page).getByText("whsec_").waitFor();
    holds("it is another one", (await dialog(page).locator("code").textContent()) !== secret);
    await button(page, "I have copied it").click();
  },

  "sees what a webhook was told, and sends it again": async ({ stage, open }) => {
    await book(stage, CLAIMS, { desiredTime: inHours(51) });
    const page = await open("webhooks");
    await page.getByRole("link", { name: /\/hooks$/ }).click();
    await page.getByRole("row", { name: /Scheduled.*delivered/ }).first().waitFor();
    const told = async () => {
      const { heard, repeats } = await stage.see("listener", "heard");
      return heard.length + repeats;
    };
    const before = await told();
    await page.getByRole("button", { name: /^Send again/ }).first().click();
    await eventually(told, (now) => now > before);
    await page.getByRole("row", { name: /delivered/ }).first().waitFor();
  },

  "is told which address a webhook may not have": async ({ open }) => {
    const page = await open("webhooks/new");
    await page.getByLabel("Address").fill("ftp://example.com");
    await page.getByText("An address that begins with https:// is needed").first().waitFor();
    holds("it cannot be saved", await button(page, "Save").isDisabled());
    await page.getByLabel("Address").fill("http://10.1.2.3/hooks");
    await button(page, "Save").click();
    await page.getByRole("alert").waitFor();
  },

  "changes which numbers are blocked, and tries one": async ({ open, world }) => {
    const page = await open(`numbers/rules/${world.europe}`);
    await page.getByLabel("Blocked patterns").fill("+49900*\n+33612*");
    await page.getByLabel("Number", { exact: true }).fill("+33 612 345678");
    await button(page, "Try it").click();
    await page.getByText("Blocked by the pattern +33612*.").waitFor();
    await button(page, "Save").click();
    await page.waitForURL(/\/numbers$/);
  },

  "finds out that a booking would be made": async ({ open }) => {
    const page = await ask(open, { service: SUPPORT, phone: "+12025550177" });
    await page.getByText("It would be accepted").waitFor();
    holds("every step is told", (await page.locator("ol > li").count()) === 9);
  },

  "finds out why a booking would be refused, whichever step says so": async ({ stage, open }) => {
    const refused = async (question, step, code) => {
      const page = await ask(open, question);
      await page.getByText("It would be refused").first().waitFor();
      const one = page.locator('li[data-outcome="refused"]');
      await one.getByText(step, { exact: true }).waitFor();
      await one.getByText(String(code)).waitFor();
      await snap(page, `refused-${code}`);
      await page.close();
    };
    const phone = "+12025550178";
    await refused({ service: "CB_Nowhere", phone }, "Service", 40005);
    await refused({ service: SUPPORT, phone: "123" }, "Phone number", 40002);
    await refused({ service: SUPPORT, phone: "+4930901820" }, "Country and number rule", 40003);
    await refused({ service: SUPPORT, phone: "+19005550123" }, "Country and number rule", 40004);
    await refused({ service: SUPPORT, phone, at: "2030-01-01T10:00" }, "Time window", 40009);
    const sunday = new Date(Date.now() + ((7 - new Date().getUTCDay()) % 7 || 7) * 86_400_000).toISOString().slice(0, 10);
    await refused({ service: SALES, phone, at: `${sunday}T12:00` }, "Office hours", 40010);
    const { slots } = await (await stage.as("supervisor")).get(`slots?service=${SALES}&from=${new Date(Date.now() + 3 * 86_400_000).toISOString()}&days=5`);
    const slot = slots.find((one) => one.open && one.left > 0);
    for (let n = 0; n < slot.left; n += 1) await book(stage, SALES, { desiredTime: slot.start, phoneNumber: newNumber() });
    const at = new Date(slot.start).toLocaleString("sv", { timeZone: "America/New_York" }).slice(0, 16).replace(" ", "T");
    await refused({ service: SALES, phone, at }, "Places in the slot", 42900);
  },

  "has the configuration read again": async ({ open }) => {
    const page = await open("about");
    await button(page, "Read configuration again").click();
    await page.getByText("The configuration was read again.").waitFor();
  },

  "is told that the callbacks are not theirs to see": async ({ open }) => {
    const page = await open("callbacks");
    await page.getByText("Not for your role").waitFor();
    await expect(page.getByRole("link", { name: "Callbacks", exact: true })).count(0);
    await page.getByRole("link", { name: "Capacity" }).click();
    await settled(page);
    await page.getByRole("link", { name: "Sales, weekdays" }).click();
    await page.getByText("your role may not change this").waitFor();
    await expect(button(page, "Save")).count(0);
  },
};
