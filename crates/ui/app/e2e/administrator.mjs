// What administrators come for: the rules, the setup, and who did what. Each journey stands alone.
import { settled } from "./look.mjs";
import { button, dialog, expect, holds, pick, rows, snap } from "./hands.mjs";
import { BILLING, CLAIMS, SALES, SUPPORT, book, newNumber } from "./world.mjs";

export const user = "administrator";

const cell = (page, name) => page.locator(`[data-cell="${name}"]`);
let made = 0;
/** A rule of one's own, so that journeys do not meet in one. */
const newRule = async (person, path, rule) => {
  made += 1;
  const { revision } = await person.get(path);
  const answer = await person.post(path, { ...rule, name: `${rule.name} ${made}` }, { "if-match": `"${revision}"` });
  return answer.rule;
};
const WEEK = { slotMinutes: 30, week: { "mon-fri": { "0900": 4, "1700": 0 } } };
const admin = (stage) => stage.as("administrator");

export const journeys = {
  "a week is painted by drag, and its effect is shown before it is saved": async ({ stage, open }) => {
    const rule = await newRule(await admin(stage), "capacity-rules", { name: "Painted", ...WEEK });
    const page = await open(`capacity/rules/${rule.id}`);
    await button(page, "Paint 1 places").click();
    await cell(page, "0/18").scrollIntoViewIfNeeded();
    const [from, to] = [await cell(page, "0/18").boundingBox(), await cell(page, "2/21").boundingBox()];
    await page.mouse.move(from.x + 5, from.y + 5);
    await page.mouse.down();
    await page.mouse.move(to.x + 5, to.y + 5, { steps: 5 });
    await page.mouse.up();
    await expect(cell(page, "1/20")).text("1");
    holds("its neighbour is as it was", (await cell(page, "3/20").textContent()) === "4");
    await button(page, "Save").click();
    await dialog(page).getByText("No slot changes.").waitFor();
    await button(page, "Save it").click();
    await page.getByText("Saved", { exact: true }).waitFor();
    await page.goto(page.url().replace(/capacity.*/, `capacity/rules/${rule.id}`));
    await settled(page);
    await expect(cell(page, "1/20")).text("1");
  },

  "an edit that overbooks says which slots, and how many were before": async ({ stage, open }) => {
    const person = await admin(stage);
    const day = new Date(Date.now() + 6 * 86_400_000).toISOString().slice(0, 10);
    for (let n = 0; n < 3; n += 1) await book(stage, CLAIMS, { desiredTime: `${day}T15:00:00Z`, phoneNumber: newNumber() });
    const rule = await newRule(person, "capacity-rules", { name: "Narrow", slotMinutes: 30, week: { "mon-sun": { "0000": 2 } } });
    const { revision } = await person.get("capacity-rules");
    await person.put("capacity-rules/assignments", { assignments: { [`${CLAIMS}_VQ`]: rule.id } }, revision);
    const page = await open(`capacity/rules/${rule.id}/text`);
    await page.getByLabel("Short-hand", { exact: true }).fill('{"mon-sun": {"0000": 1}}');
    await page.getByText("Understood").waitFor();
    await button(page, "Save").click();
    await dialog(page).getByText("would hold more bookings than places").waitFor();
    await dialog(page).getByText(/As it stands, \d+ slots? holds? more bookings than places/).waitFor();
    await dialog(page).getByRole("row", { name: new RegExp(CLAIMS) }).first().waitFor();
    await snap(page, "effect");
    await dialog(page).getByRole("button", { name: "Cancel" }).click();
    const now = await person.get("capacity-rules");
    await person.put("capacity-rules/assignments", { assignments: { [`${CLAIMS}_VQ`]: null } }, now.revision);
  },

  "a week is filled by keyboard alone, and taken back": async ({ open, world }) => {
    const page = await open(`capacity/rules/${world.weekdays}`);
    await cell(page, "5/28").focus();
    await page.keyboard.press("Shift+ArrowDown");
    await page.keyboard.press("Shift+ArrowRight");
    await page.keyboard.type("12");
    const marked = await page.locator('[role="gridcell"][aria-selected="true"]').allTextContents();
    holds("four slots are set", marked.join() === "12,12,12,12");
    await page.keyboard.press("Control+z");
    await page.keyboard.press("Control+z");
    holds("and taken back", (await cell(page, "5/28").textContent()) !== "12");
  },

  "short-hand is checked while it is typed, and fills the calendar": async ({ open, world }) => {
    const page = await open(`capacity/rules/${world.weekdays}/text`);
    const text = page.getByLabel("Short-hand", { exact: true });
    await text.fill('{"moon": {"0900": 3}}');
    await page.getByText("names no day").waitFor();
    // An older notation.
    await text.fill('{"_capacity_1": {"0900": 3, "1200": 0}}');
    await page.getByText("Understood").waitFor();
    await text.fill('{"mon-fri": {"1000": 7, "1100": 0}}');
    await page.getByText("Understood").waitFor();
    await page.getByRole("link", { name: "Week", exact: true }).click();
    await expect(cell(page, "4/20")).text("7");
  },

  "the slot length changes, and each hour keeps its total": async ({ open, world }) => {
    const page = await open(`capacity/rules/${world.weekdays}`);
    const before = await page.getByText("places in the week").textContent();
    await pick(page, "Slot length", "60 min");
    await page.getByText("shared out anew").waitFor();
    holds("the total stays", (await page.getByText("places in the week").textContent()) === before);
  },

  "a day of the planner becomes a rule": async ({ open }) => {
    const page = await open("planner");
    await button(page, "Work it out").click();
    await page.getByText("keep the promise").waitFor();
    await page.getByText("Table", { exact: true }).click();
    await snap(page, "planner-table");
    await page.getByRole("columnheader", { name: "Nine of ten within" }).waitFor();
    await pick(page, "Where", "A new rule");
    await page.getByLabel("Name").fill("Planned");
    await button(page, "Apply").click();
    await button(page, "Save it").click();
    await page.waitForURL(/\/capacity$/);
    await page.getByRole("link", { name: "Planned", exact: true }).waitFor();
  },

  "a number is tried on a rule that is not saved": async ({ open, world }) => {
    const page = await open(`numbers/rules/${world.north}`);
    const trial = async (number, verdict) => {
      await page.getByLabel("Number", { exact: true }).fill(number);
      await button(page, "Try it").click();
      await page.getByText(verdict).waitFor();
    };
    await page.getByLabel("Blocked patterns").fill("+1212555????");
    await trial("+1 212 555 0142", "Blocked by the pattern +1212555????.");
    await trial("+49 30 901820", "not permitted: Germany");
    await trial("12", "This cannot be a phone number.");
  },

  "a queue gets another rule, after the effect was shown": async ({ open, world, stage }) => {
    const page = await open("capacity");
    await pick(page, `Rule of ${BILLING}_VQ`, "Around the clock");
    await page.getByText("1 queue changes").waitFor();
    await button(page, "Save").click();
    await dialog(page).getByText(/slots? changes?\./).waitFor();
    await button(page, "Save it").click();
    await page.getByText("1 queue changes").waitFor({ state: "hidden" });
    const { rules } = await (await admin(stage)).get("capacity-rules");
    holds("the service knows it", rules.find((rule) => rule.id === world.clock).queues.includes(`${BILLING}_VQ`));
  },

  "a rule goes, after it was said who loses it": async ({ stage, open }) => {
    const rule = await newRule(await admin(stage), "number-rules", { name: "Short-lived", countries: ["US"] });
    const page = await open("numbers");
    await page.getByRole("button", { name: `Actions for ${rule.name}` }).click();
    await page.getByRole("menuitem", { name: "Delete" }).click();
    await dialog(page).getByRole("button", { name: "Delete" }).click();
    await page.getByRole("link", { name: rule.name }).waitFor({ state: "detached" });
  },

  "regions are put in another order": async ({ stage, open }) => {
    const rule = await newRule(await admin(stage), "region-rules", { name: "Order", regions: ["us-west", "us-east"] });
    const page = await open(`regions/rules/${rule.id}`);
    await button(page, "Move us-east up").click();
    await button(page, "Save").click();
    await page.waitForURL(/\/regions$/);
    await page.getByRole("row", { name: new RegExp(`${rule.name}.*1\\. us-east`) }).waitFor();
  },

  "a service is closed in an emergency, after a question, and opened again": async ({ open }) => {
    const page = await open(`services/named/${BILLING}`);
    await page.getByRole("button", { name: /Close now/ }).click();
    await dialog(page).getByRole("textbox").fill("fire drill");
    await dialog(page).getByRole("button", { name: "Close now" }).click();
    await page.getByText("This service is closed for an emergency").waitFor();
    await page.getByRole("button", { name: /Open again/ }).click();
    await dialog(page).getByRole("button", { name: "Open again" }).click();
    await page.getByText("This service is closed for an emergency").waitFor({ state: "hidden" });
    await page.getByRole("link", { name: "Audit" }).click();
    await page.getByText("“fire drill”").first().waitFor();
  },

  "a service that Designer manages says why it cannot be edited": async ({ open }) => {
    const page = await open(`services/named/${SALES}`);
    await page.getByRole("button", { name: "Edit" }).hover();
    await page.getByRole("tooltip").getByText("Designer manages this service").waitFor();
    await page.getByRole("button", { name: "Edit" }).click({ force: true });
    holds("no form opens", (await button(page, "Save").count()) === 0);
  },

  "a service is made here, changed, seen in what changed, and taken away": async ({ open }) => {
    const page = await open("services/new");
    await page.getByLabel("Name", { exact: false }).first().fill("CB_Pilot");
    await page.getByLabel("Queue", { exact: true }).or(page.getByRole("textbox", { name: /^Queue/ })).first().fill("CB_Pilot_VQ");
    await button(page, "Save").click();
    await page.getByRole("heading", { name: "CB_Pilot", level: 1 }).waitFor();
    await page.getByRole("button", { name: "Edit" }).click();
    await page.getByLabel("Places per slot without a rule").fill("7");
    await button(page, "Save").click();
    await button(page, "Save").waitFor({ state: "hidden" });
    await page.goto(page.url().replace(/services\/.*/, "services/revisions"));
    await page.getByRole("row", { name: /CB_Pilot/ }).first().getByRole("link").first().click();
    await page.getByRole("row", { name: /Places per slot without a rule/ }).getByText("7").waitFor();
    await page.goto(page.url().replace(/services\/.*/, "services/named/CB_Pilot"));
    await page.getByRole("button", { name: "Delete" }).click();
    await dialog(page).getByRole("textbox").fill("CB_Pilot");
    await dialog(page).getByRole("button", { name: "Delete" }).click();
    await page.waitForURL(/\/services$/);
    await page.getByRole("link", { name: "CB_Pilot" }).waitFor({ state: "detached" });
  },

  "office hours are typed as people write them, and previewed with clock changes": async ({ open }) => {
    const page = await open("hours/named/office_hours");
    await page.getByLabel("Saturday").fill("10-14");
    await page.getByText("10:00–14:00").first().waitFor();
    await page.getByLabel("Saturday").fill("14-10");
    await page.getByText("cannot be read as hours").first().waitFor();
    holds("it cannot be saved", await button(page, "Save").isDisabled());
    await page.getByLabel("Saturday").fill("10-13, 14-16");
    // The next change of clocks in Berlin is at most seven months away.
    const change = page.getByText(/Clocks go (back|forward)/);
    for (let turns = 0; turns < 18 && (await change.count()) === 0; turns += 1) {
      await page.getByRole("button", { name: "Later" }).click();
      await settled(page);
    }
    await change.first().waitFor();
    await button(page, "Save").click();
    await page.getByText("10:00–13:00, 14:00–16:00").or(page.getByText("Sat 10:00-13:00, 14:00-16:00")).first().waitFor();
  },

  "a group of numbers to call in on is made, and a request shows in it": async ({ stage, open }) => {
    const page = await open("call-in/groups/new");
    await page.getByLabel("Name").fill("hotline");
    await page.getByLabel("Numbers", { exact: false }).first().fill("+19059680021");
    await button(page, "Save").click();
    await page.getByRole("link", { name: "hotline" }).waitFor();
    const number = newNumber();
    await stage.publicly("call-in/requests/create", { groupName: "hotline", fromPhoneNumber: number });
    await page.getByRole("link", { name: "Requests" }).click();
    await pick(page, "Group", "hotline");
    await page.getByText(number).waitFor();
    await page.waitForURL(/group=hotline/);
  },

  "a key is shown once, and books": async ({ stage, open }) => {
    const page = await open("api-keys");
    await button(page, "New key").click();
    await page.getByLabel("Name").fill("kiosk");
    await button(page, "Make the key").click();
    const key = await dialog(page).locator("code").textContent();
    const told = await fetch(`${stage.base}/engagement/v3/callbacks/open-for/${SUPPORT}`, { headers: { "x-api-key": key } });
    holds("the key is good", told.status === 200);
    await button(page, "I have copied it").click();
    await page.reload();
    await settled(page);
    holds("it is never shown again", !(await page.content()).includes(key));
    await page.getByRole("button", { name: "Revoke: kiosk" }).click();
    await dialog(page).getByRole("textbox").fill("kiosk");
    await dialog(page).getByRole("button", { name: "Revoke" }).click();
    await page.getByRole("button", { name: "Revoke: kiosk" }).waitFor({ state: "detached" });
  },

  "a number is taken away as a file, and forgotten only when it is typed again": async ({ stage, open }) => {
    const { phoneNumber } = await book(stage, CLAIMS, { desiredTime: new Date(Date.now() + 86_400_000).toISOString() });
    const page = await open("privacy");
    await page.getByLabel("Phone number").nth(0).fill(phoneNumber);
    const [file] = await Promise.all([page.waitForEvent("download"), button(page, "Export").click()]);
    const chunks = [];
    for await (const chunk of await file.createReadStream()) chunks.push(chunk);
    const dossier = JSON.parse(Buffer.concat(chunks).toString());
    holds("the file holds the callback", dossier.phoneNumber === phoneNumber && dossier.callbacks.length === 1);
    await page.getByLabel("Phone number").nth(1).fill(phoneNumber);
    await button(page, "Forget the number").click();
    const act = dialog(page).getByRole("button", { name: "Forget the number" });
    holds("not at once", await act.isDisabled());
    await dialog(page).getByRole("textbox").fill(phoneNumber);
    await act.click();
    await page.getByText("nothing of the number remains").waitFor();
  },

  "the audit log is filtered by its address, and tells what was refused": async ({ stage, open }) => {
    const monitor = await stage.as("monitor");
    await monitor.post("tenant/refetch").catch(() => undefined);
    const page = await open("audit?outcome=refused");
    const outcomes = await page.locator("tbody .mantine-Badge-root").allTextContents();
    holds("only refusals are shown", outcomes.length > 0 && outcomes.every((text) => text.includes("refused")));
    await page.getByLabel("Who").fill("monitor");
    await page.getByRole("row", { name: /monitor.*tenant\.refetch/ }).first().waitFor();
  },

  "anything is reached by a few letters, and screens by two keys": async ({ open }) => {
    const page = await open("");
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox").fill("abo");
    await snap(page, "palette");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "About", level: 1 }).waitFor();
    await page.getByText("Orchestration (ORS)").waitFor();
    await page.keyboard.press("g");
    await page.keyboard.press("c");
    await page.getByRole("heading", { name: "Callbacks", level: 1 }).waitFor();
    await rows(page).first().waitFor();
    await page.keyboard.press("?");
    await dialog(page).waitFor();
    await snap(page, "shortcuts");
    await dialog(page).getByText("Hold changes back").or(dialog(page).getByText("g", { exact: true })).first().waitFor();
  },
};
