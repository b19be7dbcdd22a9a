import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider, useQuery } from "@tanstack/react-query";
import { fireEvent, render, screen } from "@testing-library/react";
import { expect, it, vi } from "vitest";
import { Refused, Unreachable } from "@/api/errors";
import { Answer } from "./states";

vi.mock("react-i18next", () => ({
  useTranslation: () => ({ t: (key: string) => key, i18n: { language: "en", exists: () => false } }),
  initReactI18next: { type: "3rdParty", init: () => undefined },
}));

let answers: (() => Promise<string>)[];
const ask = () => (answers.shift() ?? (() => new Promise<string>(() => undefined)))();

function Screen() {
  return <Answer query={useQuery({ queryKey: ["it"], queryFn: ask, retry: false })}>{(text) => <p>{text}</p>}</Answer>;
}

function shown(...given: (() => Promise<string>)[]) {
  answers = given;
  const client = new QueryClient();
  render(
    <MantineProvider>
      <QueryClientProvider client={client}>
        <Screen />
      </QueryClientProvider>
    </MantineProvider>,
  );
  return client;
}

const says = (text: string) => () => Promise.resolve(text);
const fails = (error: Error) => () => Promise.reject(error);

it("what is not there yet is said to be loading", async () => {
  shown();
  expect(await screen.findByText("states.loading")).toBeTruthy();
});

it("what fails says why, by whose number, and is tried again", async () => {
  shown(fails(new Refused(503, 50300, "the store is away", "c-1")), says("there"));
  expect((await screen.findByRole("alert")).textContent).toContain("the store is away");
  expect(screen.getByText("50300 · c-1")).toBeTruthy();
  fireEvent.click(screen.getByRole("button", { name: "states.retry" }));
  expect(await screen.findByText("there")).toBeTruthy();
});

it("no answer at all is another matter than a refusal", async () => {
  shown(fails(new Unreachable()));
  expect((await screen.findByRole("alert")).textContent).toContain("states.gone");
});

it("what a role may not see is no failure, and neither is what the service does not have", async () => {
  shown(fails(new Refused(403, 40300, "not permitted")));
  expect(await screen.findByText("states.notPermitted")).toBeTruthy();
  expect(screen.queryByRole("alert")).toBeNull();
  shown(fails(new Refused(404, 40401, "nothing here")));
  expect(await screen.findByText("states.absent")).toBeTruthy();
  expect(screen.queryByRole("button")).toBeNull();
});

it("an answer stays when asking again fails", async () => {
  const client = shown(says("as it was"), fails(new Unreachable()));
  await screen.findByText("as it was");
  await client.refetchQueries();
  expect(screen.getByText("as it was")).toBeTruthy();
  expect(screen.queryByRole("alert")).toBeNull();
});
