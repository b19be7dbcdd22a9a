// Days on which something goes wrong: nothing typed is lost, and it is said what is the matter.
import { button, dialog, eventually, expect, holds, list, panel, pick, rows, snap } from "./hands.mjs";
import { settled } from "./look.mjs";
import { CLAIMS, SUPPORT, book, inHours, newNumber } from "./world.mjs";

export const user = "supervisor";

/** Ends the person's session beside the page, as a stay too long would. */
const expire = (page) => page.person.post("sign-out");

async function signInAgain(page) {
  const again = page.getByRole("dialog", { name: "Your session has ended" });
  await again.getByRole("textbox", { name: "Password" }).fill("demo");
  await again.getByRole("button", { name: "Sign in" }).click();
  await again.waitFor({ state: "hidden" });
}

export const journeys = {
  "a session that ends while a booking is typed keeps it": async ({ open }) => {
    const page = await open("callbacks/new", { fresh: true });
    const number = newNumber();
    await pick(page, "Service", SUPPORT);
    await page.getByLabel("Number", { exact: true }).fill(number);
    await expire(page);
    // Whatever is asked next tells it: the list behind the form, or the booking itself.
    await button(page, "Book").click({ timeout: 3_000 }).catch(() => undefined);
    await signInAgain(page);
    await expect(page.getByLabel("Number", { exact: true })).value(number);
    await button(page, "Book").click();
    await panel(page).getByText(number).first().waitFor();
  },

  "a session that ends while a rule is edited keeps it, also over a reload": async ({ stage, open }) => {
    const admin = await stage.as("administrator");
    const { revision } = await admin.get("number-rules");
    const { rule } = await admin.post("number-rules", { name: "Kept rule", countries: ["US"] }, { "if-match": `"${revision}"` });
    const page = await open(`numbers/rules/${rule.id}`, { user: "administrator", fresh: true });
    await page.getByLabel("Name").fill("Kept");
    await expire(page);
    await button(page, "Save").click();
    await signInAgain(page);
    await expect(page.getByLabel("Name")).value("Kept");
    await page.reload();
    await settled(page);
    await expect(page.getByLabel("Name")).value("Kept");
    await button(page, "Save").click();
    await page.getByRole("link", { name: "Kept", exact: true }).waitFor();
  },

  "a reload keeps what was typed": async ({ open }) => {
    const page = await open("callbacks/new");
    await page.getByLabel("Number", { exact: true }).fill("+12025550778");
    await page.reload();
    await expect(page.getByLabel("Number", { exact: true })).value("+12025550778");
    await page.getByText("Your earlier input was kept.").waitFor();
  },

  "two who edit one callback see both sides": async ({ stage, open }) => {
    const { id } = await book(stage, SUPPORT, { desiredTime: inHours(80) });
    const [mine, theirs] = [newNumber(), newNumber()];
    const page = await open(`callbacks/${id}`);
    await panel(page).getByRole("button", { name: "Edit" }).click();
    await dialog(page).getByLabel("Number", { exact: true }).fill(mine);
    const admin = await stage.as("administrator");
    await admin.patch(`callbacks/${id}`, { phoneNumber: theirs }, (await admin.get(`callbacks/${id}`)).revision);
    await dialog(page).getByRole("button", { name: "Save" }).click();
    const both = page.getByRole("dialog", { name: "Somebody else was faster" });
    await both.getByText(mine).waitFor();
    await both.getByText(theirs).waitFor();
    await snap(page, "both-sides");
    await both.getByRole("button", { name: "Save mine over it" }).click();
    await panel(page).getByText(mine).first().waitFor();
  },

  "two who edit one rule see both sides, and one may take the other's": async ({ stage, open }) => {
    const admin = await stage.as("administrator");
    const { revision } = await admin.get("number-rules");
    const { rule } = await admin.post("number-rules", { name: "Disputed", countries: ["US"] }, { "if-match": `"${revision}"` });
    const page = await open(`numbers/rules/${rule.id}`, { user: "administrator" });
    await page.getByLabel("Name").fill("Mine");
    await admin.put(`number-rules/${rule.id}`, { name: "Theirs", countries: ["US", "CA"] }, rule.revision);
    await button(page, "Save").click();
    await dialog(page).getByText("Somebody else was faster").waitFor();
    const text = await dialog(page).textContent();
    holds("both sides are shown", text.includes("Mine") && text.includes("Theirs") && text.includes("CA"));
    await button(page, "Take theirs").click();
    await expect(page.getByLabel("Name")).value("Theirs");
  },

  "a change of what has just ended is refused with the reason": async ({ stage, open }) => {
    const { id } = await book(stage, SUPPORT, { desiredTime: inHours(81) });
    const page = await open(`callbacks/${id}`);
    await panel(page).getByRole("button", { name: "Edit" }).click();
    await (await stage.as("administrator")).post(`callbacks/${id}/cancel`);
    await dialog(page).getByLabel("Number", { exact: true }).fill(newNumber());
    await dialog(page).getByRole("button", { name: "Save" }).click();
    await page.getByText(/state|has ended|faster/i).first().waitFor();
  },

  "a booking that is refused says why, and keeps the form": async ({ open }) => {
    const page = await open("callbacks/new");
    await pick(page, "Service", SUPPORT);
    await page.getByLabel("Number", { exact: true }).fill("+4930901820");
    await button(page, "Book").click();
    await dialog(page).getByRole("alert").getByText(/country/i).waitFor();
    await expect(page.getByLabel("Number", { exact: true })).value("+4930901820");
  },

  "a service that was restarted is said to be gone, and comes back by itself with all that happened meanwhile": async ({ stage, open }) => {
    const page = await list(open, `?service=${CLAIMS}&state=SCHEDULED&order=-created`);
    await page.getByRole("button", { name: "Live", exact: true }).waitFor();
    await stage.stop();
    await page.getByText("The service does not answer.").waitFor({ timeout: 30_000 });
    await page.getByRole("button", { name: "Disconnected" }).waitFor();
    await snap(page, "gone");
    await stage.start();
    await page.getByText("The service does not answer.").waitFor({ state: "hidden", timeout: 30_000 });
    await signInAgain(page);
    await page.getByRole("button", { name: "Live", exact: true }).waitFor({ timeout: 30_000 });
    const { phoneNumber } = await book(stage, CLAIMS, { desiredTime: inHours(5) });
    await rows(page).first().getByText(phoneNumber).waitFor();
  },

  "a pause holds changes back, and resuming shows them": async ({ stage, open }) => {
    const page = await list(open, `?service=${CLAIMS}&state=SCHEDULED&order=-created`);
    await button(page, "Live").click();
    await page.getByRole("button", { name: /^Paused/ }).waitFor();
    const first = await rows(page).first().innerText();
    const { phoneNumber } = await book(stage, CLAIMS, { desiredTime: inHours(6) });
    await page.getByRole("button", { name: /changes? waiting/ }).waitFor();
    await snap(page, "paused");
    await expect(rows(page).first()).text(first);
    await page.getByRole("button", { name: /changes? waiting/ }).click();
    await rows(page).first().getByText(phoneNumber).waitFor();
    await button(page, "Live").waitFor();
  },

  "rows change under one's eyes, from the queue to the end": async ({ stage, open }) => {
    const { phoneNumber } = await book(stage, SUPPORT);
    const page = await list(open, `?all=1&phone=${encodeURIComponent(phoneNumber)}`);
    await rows(page).first().getByText(/Talked to an agent|could not be reached|not reached|Given up/i).waitFor({ timeout: 60_000 });
    await eventually(() => rows(page).count(), 1);
  },
};
