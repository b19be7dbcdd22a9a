import { expect, it } from "vitest";
import { readServiceAccount } from "./service-account";

it("takes a whole file and says which field a broken one lacks", () => {
  const whole = { type: "service_account", project_id: "p", client_email: "a@b.example", private_key: "k" };
  expect(readServiceAccount(JSON.stringify(whole))).toEqual({ account: whole });
  expect(readServiceAccount("{")).toEqual({ missing: "json" });
  expect(readServiceAccount("[]")).toEqual({ missing: "project_id" });
  expect(readServiceAccount("null")).toEqual({ missing: "json" });
  expect(readServiceAccount(JSON.stringify({ ...whole, private_key: "" }))).toEqual({ missing: "private_key" });
});
