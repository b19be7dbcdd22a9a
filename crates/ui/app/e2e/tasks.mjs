// What people come for, role by role, done as they would do it.
import { expect, rows } from "./hands.mjs";

export const name = "tasks";

const list = async ({ base, open }, user, query = "") => {
  const page = await open({ user });
  await page.goto(`${base}/ges/callbacks${query}`);
  await rows(page).first().waitFor();
  return page;
};
const panel = (page) => page.getByRole("complementary", { name: "Callback" });

export const journeys = {
  "a supervisor signs in, and lands where the link led": async ({ base, open }) => {
    const page = await open();
    await page.goto(`${base}/ges/queues`);
    await page.getByLabel("User name").fill("supervisor");
    await page.getByRole("textbox", { name: "Password" }).fill("wrong");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("alert").getByText("Wrong name or password.").waitFor();
    await page.getByRole("textbox", { name: "Password" }).fill("demo");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Queues", level: 1 }).waitFor();
  },
  "a supervisor finds a number by typing it": async (stage) => {
    const page = await list(stage, "supervisor", "?all=1");
    const number = await rows(page).first().locator("td").nth(2).innerText();
    await page.keyboard.press("/");
    await page.keyboard.type(number);
    await page.keyboard.press("Enter");
    await page.getByText(`Number ${number}`).waitFor();
    await page.waitForFunction((one) => [...document.querySelectorAll("tbody tr[data-index] td:nth-child(3)")].every((cell) => cell.innerText === one), number);
  },
  "a supervisor says in words what to see, and keeps it as a view": async (stage) => {
    const page = await list(stage, "supervisor");
    await page.keyboard.press("/");
    await page.keyboard.type("cancelled today sales");
    await page.keyboard.press("Enter");
    await page.waitForURL(/reason=CANCELLED/);
    await page.getByRole("button", { name: "Save this view" }).click();
    await page.getByLabel("Name of the view").fill("Lost sales");
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.getByRole("link", { name: "Open", exact: true }).click();
    await page.getByRole("link", { name: "Lost sales" }).click();
    await page.waitForURL(/reason=CANCELLED/);
  },
  "a supervisor books a callback for a free time": async (stage) => {
    const page = await list(stage, "supervisor");
    await page.keyboard.press("n");
    await page.getByRole("combobox", { name: "Service" }).click();
    await page.getByRole("option", { name: "support_callback" }).click();
    await page.getByLabel("Number", { exact: true }).fill("(202) 555-0144");
    await page.getByRole("dialog").getByText("At a chosen time").click();
    await page.getByRole("radiogroup", { name: "Day" }).getByRole("radio").nth(2).click();
    await page.getByRole("radiogroup", { name: "Free times" }).locator("button:enabled").first().click();
    await page.getByRole("button", { name: /^Book for/ }).click();
    await panel(page).getByText("(202) 555-0144").first().waitFor();
  },
  "a supervisor moves a callback, and takes it back": async (stage) => {
    const page = await list(stage, "supervisor", "?state=SCHEDULED&order=-desired");
    await rows(page).first().click();
    const time = panel(page).locator("dd time").first();
    const before = await time.getAttribute("datetime");
    await panel(page).getByRole("button", { name: "Reschedule" }).click();
    const dialog = page.getByRole("dialog");
    // Some days are closed: the first of the next ones that has free times is taken.
    const days = dialog.getByRole("radiogroup", { name: "Day" }).getByRole("radio");
    const free = dialog.getByRole("radiogroup", { name: "Free times" }).locator("button:enabled").nth(1);
    const offered = () => free.waitFor({ timeout: 3_000 }).then(() => true, () => false);
    for (let day = 1; day < (await days.count()); day += 1) {
      await days.nth(day).click();
      if (await offered()) break;
    }
    await free.click();
    await dialog.getByRole("button", { name: /^Move to/ }).click();
    await dialog.waitFor({ state: "hidden" });
    await page.waitForFunction((was) => document.querySelector("aside dd time")?.dateTime !== was, before);
    await page.getByRole("button", { name: "Undo" }).waitFor();
  },
  "a supervisor cancels with a reason, and finds it in the history": async (stage) => {
    const page = await list(stage, "supervisor", "?state=SCHEDULED");
    await rows(page).nth(1).click();
    await panel(page).getByRole("button", { name: "Cancel callback" }).click();
    await page.getByLabel("Why").fill("Asked by e-mail");
    await page.getByRole("dialog").getByRole("button", { name: "Cancel callback" }).click();
    await panel(page).getByText("Asked by e-mail").waitFor();
    await panel(page).getByText("It has ended").count();
  },
  "a supervisor cancels several at once, and sees how it went": async (stage) => {
    const page = await list(stage, "supervisor", "?state=SCHEDULED");
    await rows(page).nth(3).getByRole("checkbox").click();
    await rows(page).nth(7).getByRole("checkbox").click({ modifiers: ["Shift"] });
    await page.getByText("5 selected").waitFor();
    await page.getByRole("region", { name: "Marked callbacks" }).getByRole("button", { name: "Cancel callback" }).click();
    await page.getByRole("button", { name: "Cancel 5 callbacks" }).click();
    await page.getByText("All 5 done").waitFor();
    await page.getByRole("button", { name: "Close", exact: true }).last().click();
  },
  "a supervisor cancels all of a filter, and the service does it": async (stage) => {
    const page = await list(stage, "supervisor", "?service=retention&state=SCHEDULED");
    await page.getByRole("checkbox", { name: "Select all loaded rows" }).click();
    await page.getByRole("button", { name: /^Take all/ }).click().catch(() => undefined);
    await page.getByRole("region", { name: "Marked callbacks" }).getByRole("button", { name: "Cancel callback" }).click();
    const act = page.getByRole("dialog").getByRole("button", { name: /^Cancel [\d,]+ callbacks/ });
    await act.waitFor();
    const count = (await act.innerText()).replace(/\D/g, "");
    if (Number(count) >= 50) await page.getByLabel(/^Type/).fill(count);
    await act.click();
    await page.getByText(/^All [\d,]+ done/).waitFor({ timeout: 30_000 });
  },
  "a supervisor takes the rows away as a file": async (stage) => {
    const page = await list(stage, "supervisor");
    await page.getByRole("button", { name: "Export" }).click();
    const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("menuitem", { name: /^CSV/ }).click()]);
    if (!file.suggestedFilename().endsWith(".csv")) throw new Error(file.suggestedFilename());
  },
  "a supervisor compares queues, and puts them on the wall": async ({ base, open }) => {
    const page = await open({ user: "supervisor" });
    await page.goto(`${base}/ges/queues`);
    await page.getByRole("article").first().waitFor();
    await page.keyboard.press("v");
    await page.getByRole("table", { name: "Queues" }).waitFor();
    await page.keyboard.press("w");
    await page.waitForURL(/wall=1/);
    await expect(page.getByRole("navigation")).count(0);
    await page.keyboard.press("w");
    await rows(page).first().click();
    await page.getByText("How promises were kept").waitFor();
  },

  "a monitor sees everything and is told why it can change nothing": async (stage) => {
    const page = await list(stage, "monitor");
    await expect(page.getByRole("checkbox")).count(0);
    await rows(page).first().click();
    const cancel = panel(page).getByRole("button", { name: "Cancel callback" });
    await cancel.hover();
    await page.getByRole("tooltip").getByText("Your role does not permit this.").waitFor();
    await cancel.click({ force: true });
    await expect(page.getByRole("dialog")).count(0);
    await expect(page.getByRole("link", { name: "Audit" })).count(0);
  },
  "a monitor who follows a link to a screen of others is told so": async ({ base, open }) => {
    const page = await open({ user: "monitor" });
    await page.goto(`${base}/ges/audit`);
    await page.getByText("Not for your role").waitFor();
  },
  "a developer finds out why a booking would be refused": async ({ base, open }) => {
    const page = await open({ user: "developer" });
    await page.goto(`${base}/ges/validate`);
    await page.getByRole("combobox", { name: "Service" }).fill("sales_callback");
    await page.getByLabel("Number", { exact: true }).fill("+1900555010");
    await page.getByRole("button", { name: "Check" }).click();
    await page.getByText("It would be refused").waitFor();
    await page.getByText("40004").waitFor();
  },
  "an administrator goes anywhere by a few letters": async ({ base, open }) => {
    const page = await open({ user: "administrator" });
    await page.goto(`${base}/ges/`);
    await page.getByRole("heading", { level: 1 }).waitFor();
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox").fill("abo");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "About", level: 1 }).waitFor();
    await page.keyboard.press("g");
    await page.keyboard.press("q");
    await page.getByRole("heading", { name: "Queues", level: 1 }).waitFor();
  },
  "everybody reads it in their language, and it stays so": async ({ base, open }) => {
    const page = await open({ user: "monitor" });
    await page.goto(`${base}/ges/callbacks`);
    for (const [language, title] of [["Deutsch", "Rückrufe"], ["Français", "Rappels"], ["Español", "Devoluciones de llamada"], ["日本語", "コールバック"]]) {
      await page.getByRole("banner").getByRole("button").nth(-2).click();
      await page.getByRole("menuitem", { name: language }).click();
      await page.getByRole("menu").waitFor({ state: "hidden" });
      await page.getByRole("heading", { name: title, level: 1 }).waitFor();
    }
    await page.reload();
    await page.getByRole("heading", { name: "コールバック", level: 1 }).waitFor();
  },
};
