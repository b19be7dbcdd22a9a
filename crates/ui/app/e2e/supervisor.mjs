// What supervisors keep the page open for: today's callbacks, one by one and in crowds, and how the queues fare.
import { button, dialog, eventually, expect, holds, list, panel, pick, pickTime, rows, snap } from "./hands.mjs";
import { settled } from "./look.mjs";
import { CLAIMS, CROWD, SALES, SUPPORT, book, bookMany, inHours, newNumber } from "./world.mjs";

export const user = "supervisor";

/** The list of one number's callbacks. */
const of = (phoneNumber) => `?phone=${encodeURIComponent(phoneNumber)}`;
const marked = (page) => page.getByRole("region", { name: "Marked callbacks" });

/** Lines of cells as RFC 4180 writes them. */
function cells(csv) {
  const lines = [[]];
  for (const [, quoted, plain, end] of csv.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|$)/g)) {
    lines.at(-1).push(quoted?.replaceAll('""', '"') ?? plain);
    if (end === "\r\n") lines.push([]);
    if (end === "") break;
  }
  // The last line ends, too.
  return lines.filter((line) => line.length > 1 || line[0] !== "");
}

/** What the browser keeps of a click. */
async function kept(page, act) {
  const [file] = await Promise.all([page.waitForEvent("download"), act()]);
  const chunks = [];
  for await (const chunk of await file.createReadStream()) chunks.push(chunk);
  return { name: file.suggestedFilename(), text: Buffer.concat(chunks).toString() };
}

export const journeys = {
  "signs in, and lands where the link led": async ({ open }) => {
    const page = await open(`callbacks?service=${CLAIMS}`, { user: "" });
    await page.getByLabel("User name").fill("supervisor");
    await page.getByRole("textbox", { name: "Password" }).fill("wrong");
    await button(page, "Sign in").click();
    await page.getByRole("alert").getByText("Wrong name or password.").waitFor();
    await page.getByRole("textbox", { name: "Password" }).fill("demo");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Callbacks", level: 1 }).waitFor();
    await page.getByText(CLAIMS).first().waitFor();
  },

  "finds a number by typing it": async ({ stage, open }) => {
    const { phoneNumber } = await book(stage, CLAIMS, { desiredTime: inHours(30) });
    const page = await list(open, "?all=1");
    await page.keyboard.press("/");
    await page.keyboard.type(phoneNumber);
    await page.keyboard.press("Enter");
    await page.getByText(`Number ${phoneNumber}`).waitFor();
    await expect(rows(page)).count(1);
    await rows(page).first().getByText(phoneNumber).waitFor();
  },

  "says in words what to see, and keeps it as a view": async ({ open }) => {
    const page = await list(open);
    await page.keyboard.press("/");
    await page.keyboard.type("cancelled claims");
    await page.keyboard.press("Enter");
    await page.waitForURL(/reason=CANCELLED/);
    await eventually(() => rows(page).count(), (count) => count >= 3);
    await button(page, "Save this view").click();
    await page.getByLabel("Name of the view").fill("Lost claims");
    await button(page, "Save").click();
    await page.getByRole("link", { name: "Open", exact: true }).click();
    await page.getByRole("link", { name: "Lost claims" }).click();
    await page.waitForURL(/reason=CANCELLED/);
    // It follows the person, not the browser.
    const other = await open("callbacks");
    await other.getByRole("link", { name: "Lost claims" }).waitFor();
  },

  "chooses columns and their order, and sorts": async ({ open }) => {
    const page = await list(open);
    await page.getByRole("button", { name: "Columns" }).click();
    await page.getByRole("checkbox", { name: "Queue", exact: true }).click();
    await page.keyboard.press("Escape");
    await page.getByRole("columnheader", { name: "Queue", exact: true }).waitFor();
    await page.getByRole("columnheader", { name: "Booked" }).getByRole("button").click();
    await page.waitForURL(/order=-created/);
    await page.getByRole("button", { name: "Columns" }).click();
    await page.getByRole("checkbox", { name: "Queue", exact: true }).click();
  },

  "books a callback for a free time, in both time zones": async ({ open }) => {
    const page = await list(open, "", { timezoneId: "Europe/London" });
    await page.keyboard.press("n");
    await pick(page, "Service", SALES);
    const number = newNumber();
    await page.getByLabel("Number", { exact: true }).fill(number);
    await dialog(page).getByText("At a chosen time").click();
    await dialog(page).getByText(/^Office time: E[SD]T .* Your time: (GMT|BST)/).waitFor();
    await pickTime(page, 1);
    await snap(page, "slot-picker");
    await page.getByRole("button", { name: /^Book for/ }).click();
    await panel(page).getByText(number).first().waitFor();
    await panel(page).getByText("at the office").first().waitFor();
  },

  "sees what is left of a slot, and that a full one is not to be had": async ({ stage, open }) => {
    const { slots } = await (await stage.as("supervisor")).get(`slots?service=${SALES}&from=${new Date().toISOString()}&days=7`);
    const slot = slots.find((one) => one.open && one.left > 0 && Date.parse(one.start) > Date.now() + 3_600_000);
    for (let n = 0; n < slot.left; n += 1) await book(stage, SALES, { desiredTime: slot.start });
    const page = await list(open);
    await page.keyboard.press("n");
    await pick(page, "Service", SALES);
    await dialog(page).getByText("At a chosen time").click();
    const day = new Intl.DateTimeFormat("en-US", { weekday: "short", month: "short", day: "numeric", timeZone: "America/New_York" }).format(new Date(slot.start));
    await dialog(page).getByRole("radio", { name: new RegExp(day.replace(",", ",?")) }).click();
    const clock = new Intl.DateTimeFormat("en-US", { hour: "numeric", minute: "2-digit", timeZone: "America/New_York" }).format(new Date(slot.start));
    const full = dialog(page).getByRole("radio", { name: new RegExp(`^${clock}.*full`, "i") });
    await full.waitFor();
    await snap(page, "slot-full");
    holds("it cannot be chosen", await full.isDisabled());
  },

  "moves a callback, and takes it back": async ({ stage, open }) => {
    const { phoneNumber } = await book(stage, SUPPORT, { desiredTime: inHours(40) });
    const page = await list(open, of(phoneNumber));
    await rows(page).first().click();
    const time = panel(page).locator("dd time").first();
    const before = await time.getAttribute("datetime");
    await panel(page).getByRole("button", { name: "Reschedule" }).click();
    await pickTime(page, 3);
    await dialog(page).getByRole("button", { name: /^Move to/ }).click();
    await dialog(page).waitFor({ state: "hidden" });
    await eventually(() => time.getAttribute("datetime"), (now) => now !== before);
    await panel(page).getByText("Given a new time").waitFor();
    await button(page, "Undo").click();
    await eventually(() => time.getAttribute("datetime"), before);
  },

  "corrects a number and the data for the agent": async ({ stage, open }) => {
    const { phoneNumber } = await book(stage, SUPPORT, { desiredTime: inHours(41) });
    const page = await list(open, of(phoneNumber));
    await rows(page).first().click();
    await panel(page).getByRole("button", { name: "Edit" }).click();
    const other = newNumber();
    await dialog(page).getByLabel("Number", { exact: true }).fill(other);
    await dialog(page).getByLabel("Value of topic").fill("Complaint");
    await dialog(page).getByRole("button", { name: "Save" }).click();
    await panel(page).getByText(other).first().waitFor();
    await panel(page).getByRole("tab", { name: /^Data/ }).click();
    await panel(page).getByText("Complaint").waitFor();
  },

  "cancels with a reason, and books it again": async ({ stage, open }) => {
    const { phoneNumber } = await book(stage, SUPPORT, { desiredTime: inHours(42) });
    const page = await list(open, of(phoneNumber));
    await rows(page).first().click();
    await panel(page).getByRole("button", { name: "Cancel callback" }).click();
    await dialog(page).getByRole("textbox").fill("Asked by e-mail");
    await dialog(page).getByRole("button", { name: "Cancel callback" }).click();
    await panel(page).getByText("Cancelled").first().waitFor();
    await panel(page).getByText("Asked by e-mail").waitFor();
    await snap(page, "callback-cancelled");
    await panel(page).getByRole("button", { name: "Cancel callback" }).hover();
    await page.getByRole("tooltip").getByText("It has ended").waitFor();
    await panel(page).getByRole("button", { name: "Book again" }).click();
    await dialog(page).getByText("At a chosen time").click();
    await pickTime(page, 2);
    await dialog(page).getByRole("button", { name: /^Book for/ }).click();
    await page.getByText("is booked again.").waitFor();
  },

  "follows one from the queue to the agent": async ({ stage, open }) => {
    const { id } = await book(stage, SUPPORT);
    const page = await open(`callbacks/${id}?all=1`);
    for (const happened of ["Booked", "Handed to the queue", "Waiting in the queue", "Went on", "Ended"]) {
      await panel(page).getByText(happened, { exact: true }).first().waitFor({ timeout: 60_000 });
    }
    await panel(page).getByText("A person answered").first().waitFor();
    await panel(page).getByText("Attempt 1").first().waitFor();
  },

  "cancels several at once, and sees how it went": async ({ stage, open }) => {
    const phoneNumber = newNumber();
    await bookMany(stage, CLAIMS, 5, (index) => ({ phoneNumber, desiredTime: inHours(60 + index) }));
    const page = await list(open, of(phoneNumber));
    await rows(page).nth(0).getByRole("checkbox").click();
    await rows(page).nth(4).getByRole("checkbox").click({ modifiers: ["Shift"] });
    await page.getByText("5 selected").waitFor();
    await marked(page).getByRole("button", { name: "Cancel callback" }).click();
    await button(page, "Cancel 5 callbacks").click();
    await page.getByText("All 5 done").waitFor();
    await button(page, "Close").last().click();
    await page.goto(`${stage.base}/ges/callbacks${of(phoneNumber)}&reason=CANCELLED`);
    await expect(rows(page)).count(5);
  },

  "cancels all of a filter, and the service does it while it tells how far it is": async ({ stage, open }) => {
    const supervisor = await stage.as("supervisor");
    const from = new Date(Date.parse(inHours(8 * 24))).toISOString();
    await bookMany(stage, CROWD, 300, (index) => ({ desiredTime: new Date(Date.parse(from) + (index % 40) * 600_000).toISOString() }));
    const page = await list(open, `?service=${CROWD}&state=SCHEDULED`);
    await page.getByText(/· 250 loaded/).waitFor();
    await page.getByRole("checkbox", { name: "Select all loaded rows" }).click();
    await page.getByRole("button", { name: /^Take all/ }).click();
    await marked(page).getByRole("button", { name: "Cancel callback" }).click();
    const act = dialog(page).getByRole("button", { name: /^Cancel [\d,]+ callbacks/ });
    await act.waitFor();
    const count = (await act.innerText()).replace(/\D/g, "");
    holds("nothing happens before the number is typed", await act.isDisabled());
    await dialog(page).getByLabel("Why (kept in its history)").fill("The line is down");
    await dialog(page).getByLabel(/^Type/).fill(count);
    await snap(page, "bulk-question");
    await act.click();
    await dialog(page).getByRole("progressbar").waitFor();
    await snap(page, "bulk-progress");
    await dialog(page).getByText(/^All [\d,]+ done/).waitFor({ timeout: 60_000 });
    const { count: open_ } = await supervisor.get(`callbacks/count?service=${CROWD}&state=SCHEDULED`);
    holds("none is left", open_ === 0);
    await button(page, "Close").last().click();
    await page.goto(`${stage.base}/ges/callbacks?service=${CROWD}&reason=CANCELLED`);
    await rows(page).first().click();
    await panel(page).getByText("The line is down").waitFor();
  },

  "moves all of a filter, and sees which were refused and why": async ({ stage, open }) => {
    const person = await stage.as("supervisor");
    const { slots } = await person.get(`slots?service=${SALES}&from=${new Date(Date.now() + 5 * 86_400_000).toISOString()}&days=7`);
    // The last of an afternoon can go nowhere half a day later: the office is closed then. The first of a morning can.
    const free = slots.filter((slot) => slot.open && slot.left > 0);
    const noon = free.find((slot) => slot.localStart.slice(11, 16) === "09:00") ?? free[0];
    const phoneNumber = newNumber();
    const evening = free.find((slot) => slot.localStart.slice(11, 16) > "14:00") ?? free.at(-1);
    await book(stage, SALES, { phoneNumber, desiredTime: noon.start });
    await book(stage, SALES, { phoneNumber, desiredTime: evening.start });
    const page = await list(open, of(phoneNumber));
    await page.getByRole("checkbox", { name: "Select all loaded rows" }).click();
    await marked(page).getByRole("button", { name: "Reschedule" }).click();
    await dialog(page).getByLabel("By how many minutes").fill("180");
    await dialog(page).getByRole("button", { name: "Move 2 callbacks" }).click();
    await dialog(page).getByText("All 2 done").waitFor();
    await dialog(page).getByText("1 refused").waitFor();
    await dialog(page).getByText("The office is closed at that time.").waitFor();
    await snap(page, "bulk-refused");
  },

  "stops a change of many, and finds it again": async ({ stage, open }) => {
    await bookMany(stage, CROWD, 260, (index) => ({ desiredTime: new Date(Date.parse(inHours(10 * 24)) + index * 600_000).toISOString() }));
    const page = await list(open, `?service=${CROWD}&state=SCHEDULED`);
    await page.getByText(/· 250 loaded/).waitFor();
    await page.getByRole("checkbox", { name: "Select all loaded rows" }).click();
    await page.getByRole("button", { name: /^Take all/ }).click();
    await marked(page).getByRole("button", { name: "Reschedule" }).click();
    await dialog(page).getByLabel("By how many minutes").fill("30");
    const act = dialog(page).getByRole("button", { name: /^Move [\d,]+ callbacks/ });
    await dialog(page).getByLabel(/^Type/).fill((await act.innerText()).replace(/\D/g, ""));
    await act.click();
    // A quick service may be done before anybody can stop it.
    await dialog(page).getByRole("button", { name: "Stop" }).click({ timeout: 3_000 }).catch(() => undefined);
    await dialog(page).getByText(/^Stopped after|^All/).waitFor({ timeout: 30_000 });
    await button(page, "Close").last().click();
    await button(page, "Changes of many").click();
    await snap(page, "bulk-jobs");
    await page.getByRole("menuitem", { name: /Move callbacks/ }).first().click();
    await dialog(page).getByText(/^Stopped after|^All/).waitFor();
  },

  "takes a filter away as a spreadsheet: the shown columns of its rows, and no formula": async ({ stage, open }) => {
    const phoneNumber = newNumber();
    const { id } = await book(stage, SUPPORT, { phoneNumber, desiredTime: inHours(44) });
    await book(stage, CLAIMS, { phoneNumber, desiredTime: inHours(45) });
    const page = await list(open, of(phoneNumber), { fresh: true });
    await page.getByRole("button", { name: "Columns" }).click();
    await page.getByRole("checkbox", { name: "Queue", exact: true }).click();
    await page.getByRole("checkbox", { name: "Booked", exact: true }).click();
    await page.keyboard.press("Escape");
    await page.getByRole("columnheader", { name: "Queue", exact: true }).waitFor();
    await button(page, "Export").click();
    const file = await kept(page, () => page.getByRole("menuitem", { name: /^CSV/ }).click());
    holds(`its name tells when: ${file.name}`, /^callbacks-\d{8}T\d{6}\.csv$/.test(file.name));
    const [head, ...lines] = cells(file.text);
    holds(`the shown columns are in it: ${head}`, ["id", "desiredTime", "phoneNumber", "state", "serviceName", "virtualQueue", "reason"].every((name) => head.includes(name)));
    holds(`and no other: ${head}`, !head.includes("createdTime") && !head.includes("updatedTime"));
    const column = (name) => lines.map((line) => line[head.indexOf(name)]);
    holds("each line has all cells", lines.every((line) => line.length === head.length));
    holds("the rows of the filter are in it", column("serviceName").toSorted().join() === [CLAIMS, SUPPORT].join() && column("id").includes(id));
    holds("a number is a text, not a formula", column("phoneNumber").every((text) => text === `'${phoneNumber}`));
    await page.getByRole("button", { name: "Columns" }).click();
    await button(page, "Reset columns").click();
  },

  "takes all of a long list away for a program, also what is not loaded": async ({ stage, open }) => {
    const supervisor = await stage.as("supervisor");
    const wanted = `service=${CROWD}&state=SCHEDULED`;
    const from = Date.parse(inHours(14 * 24));
    await bookMany(stage, CROWD, 280, (index) => ({ desiredTime: new Date(from + index * 60_000).toISOString() }));
    const page = await list(open, `?${wanted}`);
    await page.getByText(/· 250 loaded/).waitFor();
    await button(page, "Export").click();
    const file = await kept(page, () => page.getByRole("menuitem", { name: /^JSON Lines/ }).click());
    holds(`its name tells what it is: ${file.name}`, file.name.endsWith(".jsonl"));
    const rows = file.text.trimEnd().split("\n").map((line) => JSON.parse(line));
    const { count } = await supervisor.get(`callbacks/count?${wanted}`);
    holds(`all ${count} are in it, not ${rows.length}`, rows.length === count && count > 250);
    holds("each once", new Set(rows.map((row) => row.id)).size === count);
    const page1 = await supervisor.get(`callbacks?${wanted}&limit=250`);
    holds("as the list has them", page1.callbacks.every((row, index) => rows[index].id === row.id && rows[index].phoneNumber === row.phoneNumber && rows[index].desiredTime === row.desiredTime));
    const audit = await (await stage.as("administrator")).get("audit?action=callback.export");
    holds("and it is written down who took them", audit.entries.some((entry) => JSON.stringify(entry).includes("supervisor")));
  },

  "is told that a change of many is no longer known": async ({ open }) => {
    const page = await list(open, "?job=01890000-0000-7000-8000-000000000000");
    await dialog(page).getByText("That job is no longer known").waitFor();
    await snap(page, "job-gone");
    await button(page, "Close").last().click();
    await dialog(page).waitFor({ state: "hidden" });
    holds("the list behind it is as it was", !page.url().includes("job="));
  },

  "does it all on a phone: finds one, opens it, marks some, and nothing scrolls sideways": async ({ stage, open }) => {
    const phoneNumber = newNumber();
    const times = [90, 91, 92].map(inHours);
    await bookMany(stage, CLAIMS, 3, (index) => ({ phoneNumber, desiredTime: times[index] }));
    const page = await list(open, of(phoneNumber), { viewport: { width: 360, height: 780 }, hasTouch: true });
    const scroller = page.locator("table").locator("xpath=..");
    const wide = () => scroller.evaluate((element) => element.scrollWidth - element.clientWidth);
    holds("the list is no wider than the window", (await wide()) <= 0);
    const first = rows(page).first();
    await first.getByText(phoneNumber).waitFor();
    await first.getByText(CLAIMS).waitFor();
    await first.getByText("Scheduled").waitFor();
    await first.tap();
    await panel(page).getByText(phoneNumber).first().waitFor();
    await snap(page, "phone-callback");
    await panel(page).getByRole("button", { name: "Close details" }).tap();
    await panel(page).waitFor({ state: "hidden" });
    await first.getByRole("checkbox").tap();
    await page.getByText("1 selected").waitFor();
    await snap(page, "phone-marked");
    await page.getByRole("columnheader", { name: "Desired time" }).getByRole("button").tap();
    await page.waitForURL(/order=-desired/);
    await eventually(() => first.locator("time").getAttribute("datetime"), (at) => Date.parse(at) === Date.parse(times[2]));
  },

  "compares services in the heat-map of bookings": async ({ open }) => {
    const page = await open("capacity/load");
    await pick(page, "Queue", `${SUPPORT}_VQ`);
    await page.getByRole("cell", { name: /\d+ of \d+|\d+\/\d+/ }).first().waitFor();
    await page.waitForURL(/queue=CB_Support_VQ/);
  },

  "reads it in another language, and it stays so": async ({ open }) => {
    const page = await open("callbacks", { user: "monitor" });
    const titles = [["Deutsch", "Rückrufe"], ["Français", "Rappels"], ["Español", "Devoluciones de llamada"], ["日本語", "コールバック"]];
    for (const [language, title] of titles) {
      await page.getByRole("banner").getByRole("button").nth(-2).click();
      await page.getByRole("menuitem", { name: language }).click();
      await page.getByRole("menu").waitFor({ state: "hidden" });
      await page.getByRole("heading", { name: title, level: 1 }).waitFor();
    }
    await page.reload();
    await page.getByRole("heading", { name: "コールバック", level: 1 }).waitFor();
    await settled(page);
  },
};
