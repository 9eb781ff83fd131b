// Words of the page in six languages: a catalogue for each, numbers and plurals as the language has them.
import { put, subscribe } from "shared/state.js";
import { useApp } from "shared/state.js";

export const LANGUAGES = ["ar", "zh", "en", "fr", "ru", "es"];
const KEPT = "ew4all.console.language";
// Clocks, coordinates and counts are read aloud across a room: the digits are the same in every language.
const LOCALE = (code) => (code === "ar" ? "ar-u-nu-latn" : code);

let code = "en";
let words = {};
let plurals = new Intl.PluralRules("en");
let whole;
let short;

/** The language that was chosen here before, or the first of the browser's that we have. */
export function preferred() {
  const kept = localStorage.getItem(KEPT);
  const wished = [kept, ...navigator.languages.map((one) => one.slice(0, 2).toLowerCase())];
  return wished.find((one) => LANGUAGES.includes(one)) ?? "en";
}

/** Turn the page to a language. */
export async function speak(wished) {
  const answer = await fetch(new URL(`../words/${wished}.json`, import.meta.url));
  words = await answer.json();
  code = wished;
  plurals = new Intl.PluralRules(code);
  whole = new Intl.NumberFormat(LOCALE(code), { maximumFractionDigits: 0 });
  short = new Intl.NumberFormat(LOCALE(code), { maximumSignificantDigits: 3 });
  document.documentElement.lang = code;
  document.documentElement.dir = code === "ar" ? "rtl" : "ltr";
  document.title = `${words["banner.short"]} ${words.title}`;
  put({ language: code });
}

/** Turn the page to a language that somebody chose, and keep it in this browser. */
export async function choose(wished) {
  localStorage.setItem(KEPT, wished);
  await speak(wished);
}

export const language = () => code;
export const locale = () => LOCALE(code);

/** A text of the catalogue, with its gaps filled; `n` chooses the plural. */
export function t(key, gaps = {}) {
  const found = words[key];
  if (found === undefined) return key;
  const text = typeof found === "string" ? found : found[plurals.select(gaps.n)];
  return text.replace(/\{(\w+)\}/g, (all, name) => {
    const value = gaps[name];
    return value === undefined ? all : typeof value === "number" ? number(value) : value;
  });
}

/** Whether the catalogue has a text: names of things that the service knows may be newer than the page. */
export const has = (key) => key in words;

/** The catalogue's word for a thing of the service, or its own name in plain letters. */
export const named = (group, name) => (has(`${group}.${name}`) ? t(`${group}.${name}`) : String(name ?? "").replaceAll("_", " "));

export const number = (value) => (Math.abs(value) >= 1000 || Number.isInteger(value) ? whole : short).format(value);
export const people = (value) => (value == null ? t("unknown") : whole.format(Math.round(value)));
export const percent = (part, all) =>
  all > 0 ? new Intl.NumberFormat(LOCALE(code), { style: "percent", maximumFractionDigits: part / all < 0.1 ? 1 : 0 }).format(part / all) : "–";

/** A span of time in words, seconds given. */
export function span(seconds) {
  const s = Math.round(seconds);
  if (s < 60) return t("time.seconds", { n: s });
  if (s < 7200 && s % 3600) return t("time.minutes", { n: Math.round(s / 60) });
  return t("time.hours", { n: Number((s / 3600).toFixed(1)) });
}

export { subscribe, useApp };
