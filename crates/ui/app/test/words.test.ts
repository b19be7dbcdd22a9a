// Every word in every language, and no screen without its words.
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, it } from "vitest";

const SRC = join(import.meta.dirname, "../src");
const LANGUAGES = ["en", "de", "fr", "es", "ja"];

type Words = { [key: string]: string | Words };

const namespaces = [
  join(SRC, "shell"),
  join(SRC, "parts"),
  ...[join(SRC, "editing")].filter((folder) => existsSync(folder)),
  ...readdirSync(join(SRC, "screens"), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(SRC, "screens", entry.name)),
];

const read = (folder: string, language: string): Words =>
  JSON.parse(readFileSync(join(folder, "locales", `${language}.json`), "utf8"));

const flat = (words: Words, path = ""): [string, string][] =>
  Object.entries(words).flatMap(([key, value]) =>
    typeof value === "string" ? [[path + key, value] as [string, string]] : flat(value, `${path}${key}.`),
  );

const PLURAL = /_(one|many|other)$/;
const stem = (key: string) => key.replace(PLURAL, "");
const holes = (text: string) => [...text.matchAll(/\{\{\s*(\w+)/g)].map((match) => match[1]).sort();

const sources = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name) && !/\.test\./.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));

describe.each(namespaces.map((folder) => [relative(SRC, folder), folder] as const))("the words of %s", (_name, folder) => {
  const english = new Map(flat(read(folder, "en")));

  it.each(LANGUAGES)("are complete in %s", (language) => {
    const words = new Map(flat(read(folder, language)));
    const wanted = new Set([...english.keys()].map(stem));
    const there = new Set([...words.keys()].map(stem));
    expect([...wanted].filter((key) => !there.has(key)), "missing").toEqual([]);
    expect([...there].filter((key) => !wanted.has(key)), "nobody asks for").toEqual([]);
    const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
    for (const key of words.keys()) {
      if (!key.endsWith("_other")) continue;
      // `many` is read as `other` when words are loaded.
      const needed = forms.filter((form) => form !== "many").map((form) => `${stem(key)}_${form}`);
      expect(needed.filter((one) => !words.has(one)), "plural forms").toEqual([]);
    }
    for (const [key, text] of words) {
      expect(text.trim(), key).not.toBe("");
      const model = english.get(key) ?? english.get(`${stem(key)}_other`) ?? "";
      if (!key.endsWith("_one")) expect(holes(text), key).toEqual(holes(model));
    }
  });

  it("hold every key that the code names", () => {
    const namespace = folder.split("/").at(-1) ?? "";
    const has = (key: string) => english.has(key) || english.has(`${key}_other`);
    const missing: string[] = [];
    for (const file of sources(folder)) {
      const text = readFileSync(file, "utf8");
      // Of several namespaces the first one needs no name.
      const spaces = [...text.matchAll(/useTranslation\(\[?"([\w-]+)"/g)].map((match) => match[1]);
      if (spaces.some((space) => space !== namespace)) continue;
      for (const [, key = ""] of text.matchAll(/\bt\(\s*"([\w.-]+)"/g)) if (!has(key)) missing.push(`${key} (${file})`);
      // A key with its namespace before it: words that are shared.
      for (const [, space = "", key = ""] of text.matchAll(/\bt\(\s*"([\w-]+):([\w.-]+)"/g)) {
        const shared = namespaces.find((one) => one.endsWith(`/${space}`));
        const words = new Map(shared ? flat(read(shared, "en")) : []);
        if (!words.has(key) && !words.has(`${key}_other`)) missing.push(`${space}:${key} (${file})`);
      }
    }
    expect(missing).toEqual([]);
  });
});

it("every screen is named in the shell's words", () => {
  const shell = new Map(flat(read(join(SRC, "shell"), "en")));
  for (const folder of namespaces.filter((one) => one.includes("/screens/"))) {
    expect(existsSync(join(folder, "screen.ts")), folder).toBe(true);
    const id = /id: "([\w-]+)"/.exec(readFileSync(join(folder, "screen.ts"), "utf8"))?.[1];
    expect(shell.has(`screens.${id}`), `screens.${id}`).toBe(true);
    expect(folder.endsWith(`/${id}`), `${folder} bears the id ${id}`).toBe(true);
  }
});

it("no text of the page is written into the code", () => {
  // Letters between tags, outside of braces: what somebody forgot to translate.
  const bare: string[] = [];
  for (const file of sources(SRC)) {
    const text = readFileSync(file, "utf8").replace(/\/\/.*$/gm, "");
    for (const [found] of text.matchAll(/^\s+[A-Z][a-z]+ [a-z]+[\w .,]*$/gm)) bare.push(`${relative(SRC, file)}: ${found.trim()}`);
  }
  expect(bare).toEqual([]);
});
