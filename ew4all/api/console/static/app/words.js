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
  if (!answer.ok) throw new TypeError(`words of ${wished}: ${answer.status}`);
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

/** A share in per cent. It is 0 % or 100 % only where it is so: "100 % warned" would hide those who were not. */
export function percent(part, all) {
  if (!(all > 0)) return "–";
  const share = part / all;
  const shown = (value) => new Intl.NumberFormat(LOCALE(code), { style: "percent", maximumFractionDigits: value < 0.1 || value > 0.99 ? 1 : 0 }).format(value);
  if (share > 0 && share < 0.001) return `<${shown(0.001)}`;
  if (share < 1 && share > 0.999) return `>${shown(0.999)}`;
  return shown(share);
}

/** A span of time in words, seconds given: hours and minutes, minutes and seconds where they are few. */
export function span(seconds) {
  const s = Math.round(seconds);
  const [minutes, hours] = [Math.floor(s / 60), Math.floor(s / 3600)];
  const parts = [];
  if (s >= 7200 || (s > 0 && s % 3600 === 0)) parts.push(["time.hours", hours], ["time.minutes", minutes % 60]);
  else if (s >= 60) parts.push(["time.minutes", minutes], ["time.seconds", s < 600 ? s % 60 : 0]);
  else parts.push(["time.seconds", s]);
  return parts.filter(([, n], i) => i === 0 || n > 0).map(([unit, n]) => t(unit, { n })).join(" ");
}

function real(text, how) {
  const at = Date.parse(text ?? "");
  return Number.isNaN(at) ? t("unknown") : new Intl.DateTimeFormat(LOCALE(code), how).format(at);
}

/** A moment of the real day, as it is here. */
export const dayAndTime = (text) => real(text, { dateStyle: "medium", timeStyle: "short" });

/** The time of the real day, as clocks here show it. */
export const timeHere = (text) => real(text, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

export { subscribe, useApp };
