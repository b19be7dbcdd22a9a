import { expect, it } from "vitest";
import { fileNameOf, plainNumber } from "./number";

it("takes a number with its country however it is written", () => {
  expect(plainNumber("+1 (212) 555-0142")).toBe("+12125550142");
  expect(plainNumber("+49 30 901820")).toBe("+4930901820");
});

it("takes nothing that could be another person's number", () => {
  for (const text of ["", "2125550142", "+0 1234567", "+12", "+1 212 555 01x2", "+1234567890123456"]) {
    expect(plainNumber(text)).toBeUndefined();
  }
});

it("keeps the number out of the file's name", () => {
  expect(fileNameOf("+12125550142", new Date("2026-11-22T10:00:00Z"))).toBe("ges-number-42-2026-11-22.json");
});
