// The shapes of the people's API, from its description: `npm run types` writes src/api/schema.ts, `--check` complains
// when it is not fresh. Only what an operation below /ges/api/v1 says or hears is written, not its envelope.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import openapiTS, { astToString } from "openapi-typescript";

const APP = join(import.meta.dirname, "..");
const DESCRIPTION = join(APP, "../../../docs/openapi.json");
const SCHEMA = join(APP, "src/api/schema.ts");
const OURS = "/ges/api/v1/";
const REF = "#/components/schemas/";
const HEADER = `// Made from docs/openapi.json by \`npm run types\`; \`cargo xtask codegen\` runs it, too. Not to be changed by hand.\n`;
const ENVELOPE = "Envelope_";
/** The client opens it; screens never see it. */
const isEnvelope = (name) => name.startsWith(ENVELOPE) || ["Failure", "Status"].includes(name);

/** Calls back for every object below, the outer ones first. */
function visit(value, seen) {
  if (typeof value !== "object" || value === null) return;
  if (!Array.isArray(value)) seen(value);
  for (const inner of Object.values(value)) visit(inner, seen);
}

/** The names of all schemas that some operations lead to. */
function reached(operations, schemas) {
  const names = new Set();
  const add = (name) => {
    if (names.has(name) || !schemas[name]) return;
    names.add(name);
    follow(schemas[name]);
    // An envelope repeats what is in it instead of naming it.
    if (name.startsWith(ENVELOPE)) add(name.slice(ENVELOPE.length));
  };
  const follow = (from) =>
    visit(from, ({ $ref }) => {
      if (typeof $ref === "string" && $ref.startsWith(REF)) add($ref.slice(REF.length));
    });
  follow(operations);
  return [...names].filter((name) => !isEnvelope(name)).sort();
}

/** The service leaves out what is not there: a property that may be missing is never null. */
function missingInsteadOfNull(schema) {
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    if (schema.required?.includes(name)) continue;
    if (Array.isArray(property.type)) {
      const types = property.type.filter((type) => type !== "null");
      property.type = types.length === 1 ? types[0] : types;
    }
    if (property.oneOf) property.oneOf = property.oneOf.filter((one) => one.type !== "null");
  }
}

const description = JSON.parse(readFileSync(DESCRIPTION, "utf8"));
const ours = Object.entries(description.paths).filter(([path]) => path.startsWith(OURS));
const names = reached(ours.map(([, operations]) => operations), description.components.schemas);
const schemas = Object.fromEntries(names.map((name) => [name, description.components.schemas[name]]));
visit(schemas, missingInsteadOfNull);
const tree = await openapiTS(
  { openapi: description.openapi, info: description.info, paths: {}, components: { schemas } },
  { rootTypes: true, rootTypesNoSchemaPrefix: true, emptyObjectsUnknown: true, silent: true },
);
const text = HEADER + astToString(tree);
if (!process.argv.includes("--check")) {
  writeFileSync(SCHEMA, text);
} else if (readFileSync(SCHEMA, "utf8") !== text) {
  console.error("src/api/schema.ts is not what docs/openapi.json says: npm run types, and look at the difference");
  process.exitCode = 1;
}
