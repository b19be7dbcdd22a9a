// The languages: each screen brings a file of words per language, loaded when it is first shown.
import i18next, { type BackendModule } from "i18next";
import { initReactI18next } from "react-i18next";

export const LANGUAGES = [
  { code: "en", name: "English" },
  { code: "de", name: "Deutsch" },
  { code: "fr", name: "Français" },
  { code: "es", name: "Español" },
  { code: "ja", name: "日本語" },
] as const;

export type Language = (typeof LANGUAGES)[number]["code"];

const STORED = "ges-language";

interface Words {
  [key: string]: string | Words;
}

const files = import.meta.glob<Words>(
  ["../shell/locales/*.json", "../parts/locales/*.json", "../editing/locales/*.json", "../screens/*/locales/*.json"],
  { import: "default" },
);

/** The folder that holds `locales` is the namespace. */
const loaders = new Map(
  Object.entries(files).map(([path, load]) => {
    const parts = path.split("/");
    const language = parts.at(-1)?.replace(".json", "") ?? "";
    return [`${language}/${parts.at(-3) ?? ""}`, load] as const;
  }),
);

/** French and Spanish have a form for millions, which reads like any other plural. */
export function withMany(words: Words): Words {
  const all: Words = {};
  for (const [key, value] of Object.entries(words)) {
    all[key] = typeof value === "string" ? value : withMany(value);
    const many = key.replace(/_other$/, "_many");
    if (many !== key && !(many in words)) all[many] = value;
  }
  return all;
}

const backend: BackendModule = {
  type: "backend",
  init: () => undefined,
  read: (language, namespace, done) => {
    const load = loaders.get(`${language}/${namespace}`);
    if (!load) {
      done(new Error(`no words for ${language}/${namespace}`), null);
      return;
    }
    load().then(
      (words) => done(null, withMany(words)),
      (error: unknown) => done(error as Error, null),
    );
  },
};

const known = (code: string | undefined | null): Language | undefined =>
  LANGUAGES.find((language) => language.code === code?.slice(0, 2).toLowerCase())?.code;

/** What was chosen here, else the first of the browser's languages that we speak. */
export function preferredLanguage(): Language {
  let stored: string | null = null;
  try {
    stored = localStorage.getItem(STORED);
  } catch {
    // Without storage the browser decides.
  }
  return known(stored) ?? navigator.languages.map(known).find(Boolean) ?? "en";
}

/** The browser's own variety of the chosen language, so that dates and numbers are those of the place. */
export const localeOf = (language: string): string =>
  navigator.languages.find((one) => known(one) === language) ?? language;

export async function startWords() {
  await i18next
    .use(backend)
    .use(initReactI18next)
    .init({
      lng: preferredLanguage(),
      fallbackLng: "en",
      supportedLngs: LANGUAGES.map((language) => language.code),
      ns: ["shell", "parts"],
      defaultNS: "shell",
      interpolation: { escapeValue: false },
      returnEmptyString: true,
    });
  document.documentElement.lang = i18next.language;
}

export async function changeLanguage(language: Language) {
  try {
    localStorage.setItem(STORED, language);
  } catch {
    // Then it holds until the page is closed.
  }
  await i18next.changeLanguage(language);
  document.documentElement.lang = language;
}
