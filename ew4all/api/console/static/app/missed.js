// What stands at the top of a view when something is amiss: a lost line, what was missed, an exercise that is not there yet.
import { html } from "shared/html.js";
import { put, useApp } from "shared/state.js";
import { Told } from "./told.js";
import { t } from "./words.js";

export function Missed() {
  const { link, missed, phase, problem, clock } = useApp();
  return html`
    ${link === "away" && clock && html`<p class="problem" role="alert">${t("link.lost")}</p>`}
    ${link === "over" && html`<p class="problem" role="alert">${t("link.gone")}</p>`}
    ${phase === "opening" && html`<p class="card" role="status">${t("opening")}</p>`}
    ${missed && html`<div class="card missed" role="status"><p>${missed.count ? t("link.back", { n: missed.count, time: missed.time }) : t("link.nothing", { time: missed.time })}</p>
      ${missed.news.length > 0 && html`<ul>${missed.news.map((one, i) => html`<li key=${i}><span dir="ltr">T+${one.time}</span> <span dir="auto">${one.text}</span></li>`)}</ul>`}
      <button type="button" onClick=${() => put({ missed: null })}>${t("close")}</button></div>`}
    <${Told} problem=${problem} onclose=${() => put({ problem: null })} />`;
}
