import { expect, it } from "vitest";
import { COUNTRIES, countryNames } from "./countries";

it("knows every country once, by its name", () => {
  expect(new Set(COUNTRIES).size).toBe(COUNTRIES.length);
  expect(countryNames("de").get("JP")).toBe("Japan");
  expect([...countryNames("en").values()].slice(0, 2)).toEqual(["Afghanistan", "Åland Islands"]);
});
