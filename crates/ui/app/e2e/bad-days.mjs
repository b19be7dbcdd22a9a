// Days on which something goes wrong: nothing typed is lost, and it is said what is the matter.
import { expect, post, rows } from "./hands.mjs";

export const name = "bad days";

export const journeys = {
  "a session that ends while something is typed keeps it": async ({ base, open }) => {
    const page = await open({ user: "supervisor" });
    await page.goto(`${base}/ges/callbacks/new`);
    await page.getByRole("combobox", { name: "Service" }).click();
    await page.getByRole("option", { name: "sales_callback" }).click();
    await page.getByLabel("Number", { exact: true }).fill("+12025550777");
    await post(page, "mock/expire");
    await page.getByRole("button", { name: "Book", exact: true }).click();
    const again = page.getByRole("dialog", { name: "Your session has ended" });
    await again.getByRole("textbox", { name: "Password" }).fill("demo");
    await again.getByRole("button", { name: "Sign in" }).click();
    await again.waitFor({ state: "hidden" });
    await expect(page.getByLabel("Number", { exact: true })).value("+12025550777");
    await page.getByRole("button", { name: "Book", exact: true }).click();
    await page.getByRole("complementary", { name: "Callback" }).getByText("+12025550777").first().waitFor();
  },

  "a reload keeps what was typed": async ({ base, open }) => {
    const page = await open({ user: "supervisor" });
    await page.goto(`${base}/ges/callbacks/new`);
    await page.getByLabel("Number", { exact: true }).fill("+12025550778");
    await page.reload();
    await expect(page.getByLabel("Number", { exact: true })).value("+12025550778");
    await page.getByText("Your earlier input was kept.").waitFor();
  },

  "a service that is gone is said, and comes back by itself": async ({ base, open }) => {
    const page = await open({ user: "supervisor" });
    await page.goto(`${base}/ges/callbacks`);
    await rows(page).first().waitFor();
    await page.route("**/ges/api/**", (route) => route.abort());
    await page.getByRole("link", { name: "Ended today" }).click();
    await page.getByText("The service does not answer.").waitFor();
    await page.unroute("**/ges/api/**");
    await page.getByText("The service does not answer.").waitFor({ state: "hidden", timeout: 15_000 });
    await rows(page).first().waitFor();
  },

  "two who edit at once see both sides": async ({ base, open }) => {
    const page = await open({ user: "supervisor" });
    await page.goto(`${base}/ges/callbacks?state=SCHEDULED`);
    await rows(page).first().click();
    await page.getByRole("button", { name: "Edit" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Number", { exact: true }).fill("+12025550111");
    const id = page.url().split("/").at(-1).split("?")[0];
    await post(page, `callbacks/${id}`, { phoneNumber: "+12025550222" }, "PATCH", { "if-match": await revision(page, id) });
    await dialog.getByRole("button", { name: "Save" }).click();
    const both = page.getByRole("dialog", { name: "Somebody else was faster" });
    await both.getByText("+12025550111").waitFor();
    await both.getByText("+12025550222").waitFor();
    await both.getByRole("button", { name: "Save mine over it" }).click();
    await page.getByRole("complementary").getByText("+12025550111").first().waitFor();
  },

  "a pause holds changes back, and resuming shows them": async ({ base, open }) => {
    const page = await open({ user: "supervisor" });
    await page.goto(`${base}/ges/callbacks?state=SCHEDULED`);
    await rows(page).first().waitFor();
    await page.getByRole("button", { name: "Live", exact: true }).click();
    await page.getByRole("button", { name: /^Paused/ }).waitFor();
    const id = await page.evaluate(async () => {
      const answer = await fetch("/ges/api/v1/callbacks?state=SCHEDULED&order=desired&limit=1");
      return (await answer.json()).data.callbacks[0].id;
    });
    await page.goto(`${base}/ges/callbacks?state=SCHEDULED`);
    await rows(page).first().waitFor();
    await page.getByRole("button", { name: "Live", exact: true }).click();
    const first = await rows(page).first().innerText();
    await post(page, `callbacks/${id}/cancel`, {});
    await page.getByRole("button", { name: /change.? waiting/ }).waitFor();
    await expect(rows(page).first()).text(first);
    await page.getByRole("button", { name: /change.? waiting/ }).click();
    await page.waitForFunction((before) => document.querySelector("tbody tr[data-index='0']")?.innerText !== before, first);
  },
};

async function revision(page, id) {
  const found = await page.evaluate(async (one) => (await (await fetch(`/ges/api/v1/callbacks/${one}`)).json()).data.revision, id);
  return `"${found}"`;
}
