// The page asks for permissions by name: a name that the service does not know would hide something for ever.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { PERMISSIONS } from "../src/api/types";

it("the permissions are those of the service", () => {
  const access = readFileSync(join(import.meta.dirname, "../../../domain/src/access.rs"), "utf8");
  const known = [...access.matchAll(/^\s+\w+ = "(ges\.[\w.]+)",$/gm)].map((match) => match[1]);
  expect(known.length).toBeGreaterThan(20);
  expect([...PERMISSIONS].sort()).toEqual(known.sort());
});
