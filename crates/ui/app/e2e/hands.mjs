// What journeys do again and again.

/** The rows of the list that is shown. */
export const rows = (page) => page.locator("tbody tr[data-index]");

/** Asks the API beside the page, as another person would. */
export async function post(page, path, body = {}, method = "POST", headers = {}) {
  const status = await page.evaluate(
    async ([to, text, how, more]) =>
      (await fetch(`/ges/api/v1/${to}`, { method: how, headers: { "x-csrf-token": "token", "content-type": "application/json", ...more }, body: text })).status,
    [path, JSON.stringify(body), method, headers],
  );
  if (status !== 200) throw new Error(`${method} ${path}: ${status}`);
}

/** A few expectations that wait. */
export const expect = (locator) => ({
  value: (wanted) => eventually(() => locator.inputValue(), wanted),
  text: (wanted) => eventually(() => locator.innerText(), wanted),
  count: (wanted) => eventually(() => locator.count(), wanted),
});

async function eventually(read, wanted) {
  let found;
  for (let tries = 0; tries < 50; tries += 1) {
    found = await read();
    if (found === wanted) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`expected ${JSON.stringify(wanted)}, found ${JSON.stringify(found)}`);
}
