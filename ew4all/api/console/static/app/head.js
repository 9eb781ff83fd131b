// What stands over every view: the word EXERCISE, the clock, who one is, the line to the service, the language.
import { html } from "shared/html.js";
import { put, useApp } from "shared/state.js";
import { clockAt, realNow, since, useTime } from "./times.js";
import { LANGUAGES, choose, language, t, timeHere } from "./words.js";

const OWN_NAMES = { ar: "العربية", zh: "中文", en: "English", fr: "Français", ru: "Русский", es: "Español" };
const SIGNS = { ready: "◦", running: "▶", paused: "❚❚", ended: "■" };

export function Banner() {
  return html`<aside class="banner" aria-label=${t("banner.short")}>${t("banner")}</aside>`;
}

export function LanguageChoice() {
  return html`<label class="language"><span class="unseen">${t("choose.language")}</span>
    <select id="language" value=${language()} onChange=${(event) => choose(event.target.value).catch(() => put({ problem: t("problem.away") }))}>
      ${LANGUAGES.map((code) => html`<option key=${code} value=${code} lang=${code}>${OWN_NAMES[code]}</option>`)}
    </select></label>`;
}

/** The clock of the exercise; `big` for the wall. */
export function Clock({ big }) {
  const app = useApp();
  const seconds = useTime();
  const { time, date, utc } = clockAt(seconds);
  const { clock } = app;
  if (!clock) return null;
  return html`<div class=${`clock ${clock.state} ${big ? "big" : ""}`} role="timer" aria-label=${t("clock.exercise")}>
    <span class="time" dir="ltr">${time}</span>
    <span class="facts">
      ${date && html`<span>${date}</span>`}
      ${utc && html`<span dir="ltr">${utc}</span>`}
      <span dir="ltr">${t("clock.since", { time: since(seconds) })}</span>
    </span>
    <span class="state"><span aria-hidden="true">${SIGNS[clock.state]}</span> ${t(`state.${clock.state}`)}
      <span dir="ltr"> ${t("clock.times", { n: clock.speed })}</span></span>
    ${clock.state === "paused" && clock.reason === "discussion" && html`<span class="behind" role="status">${clock.ends_at ? t("clock.discussion.until", { time: timeHere(clock.ends_at) }) : t("clock.discussion")}</span>`}
    <span class="real">${t("clock.real")} <span dir="ltr">${realNow()}</span></span>
  </div>`;
}

function Line() {
  const { link } = useApp();
  return html`<span class=${`link ${link}`}><span aria-hidden="true">●</span> ${t(`link.${link}`)}</span>`;
}

/** The head of a view. */
export function Head() {
  const { exercise, me } = useApp();
  const team = exercise?.teams.find((one) => one.id === me?.team);
  return html`<header>
    <h1 dir="auto">${exercise?.title ?? t("title")}</h1>
    <${Clock} />
    <div id="account">
      ${me && html`<span class="who">${t(`role.${me.kind}`)}${team ? html` · <span dir="auto">${team.name}</span>` : ""}</span>`}
      ${exercise && html`<${Line} />`}
      ${exercise && (me?.kind === "facilitator" || me?.kind === "observer") && html`<a href=${`#exercise=${exercise.id}&view=wall`} target="_blank" rel="opener">${t("people.wall")}</a>`}
      <${LanguageChoice} />
    </div>
  </header>`;
}
