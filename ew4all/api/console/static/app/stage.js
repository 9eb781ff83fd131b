// The map with its key, and in words what it shows.
import { useEffect, useRef } from "preact/hooks";
import { html } from "shared/html.js";
import { now, put, useApp } from "shared/state.js";
import { may } from "./exercise.js";
import { titleOf } from "./headlines.js";
import { INKS, drawing, fit, layersHere, start } from "./map.js";
import { language, number, people, t } from "./words.js";

const square = (ink, opacity, dash = "") => html`<rect x="2" y="2" width="18" height="10" fill=${ink} fill-opacity=${opacity} stroke=${ink} stroke-width="1.6" stroke-dasharray=${dash} />`;
const SIGNS = {
  people: square(INKS.people, 0.8),
  zones: square(INKS.zones, 0),
  hazard: html`${square(INKS.hazard, 0.25, "2 2")}<path d="M14 1v12" stroke=${INKS.hazard} stroke-width="3.5" />`,
  missed: square(INKS.missed, 0.7),
  alerts: square(INKS.alerts, 0.12, "5 2"),
};
const DOT = (fill, ring) => html`<circle cx="11" cy="7" r="4.5" fill=${fill} stroke=${ring} stroke-width="2" />`;
const CROSS = html`<path d="M7 3l8 8M15 3l-8 8" stroke=${INKS.down} stroke-width="2.4" />`;
const sign = (content) => html`<svg class="swatch" viewBox="0 0 22 14" aria-hidden="true">${content}</svg>`;

function Key() {
  const { hidden = [], route } = useApp();
  const turn = (name) => put({ hidden: hidden.includes(name) ? hidden.filter((one) => one !== name) : [...hidden, name] });
  return html`<details class="layers" open=${innerWidth > 900 && route.view !== "wall"}>
    <summary><h2>${t("map.layers")}</h2></summary>
    <ul>${layersHere().map((name) => html`<li key=${name} class="layer"><label>
        <input type="checkbox" checked=${!hidden.includes(name)} onChange=${() => turn(name)} /> ${name !== "cells" && sign(SIGNS[name])} ${t(`map.${name}`)}</label>
        ${name === "cells" && html`<ul class="signs"><li>${sign(DOT(INKS.up, "#fff"))} ${t("map.up")}</li><li>${sign(DOT("#fff", INKS.battery))} ${t("map.battery")}</li><li>${sign(CROSS)} ${t("map.down.short")}</li></ul>`}
      </li>`)}</ul>
    <button type="button" onClick=${fit}>${t("map.fit")}</button>
  </details>`;
}

/** What to do while one draws. */
function Hint() {
  const { isDrawing, corners } = useApp();
  if (!isDrawing) return null;
  return html`<div id="hint"><div class="hint"><p>${t("area.drawing")}</p>
    <button type="button" onClick=${() => drawing.close()} disabled=${corners < 3}>${t("area.finish")}</button>
    <button type="button" onClick=${() => drawing.cancel()}>${t("cancel")}</button></div></div>`;
}

/** The map in words: zone by zone, for those who cannot see it. */
export function MapTable() {
  const { exercise, zonesNow = [], alerts = [], network } = useApp();
  if (!exercise) return null;
  const names = new Map(exercise.zones.map((one) => [one.id, one.name]));
  const isTruth = may("truth");
  const rows = zonesNow.length ? zonesNow : exercise.zones;
  const issued = alerts.filter((one) => one.state === "issued");
  return html`<details class="text"><summary>${t("map.text")}</summary>
    ${issued.length > 0 && html`<ul>${issued.map((one) => html`<li key=${one.id}>${t("map.alerts")}: <span dir="auto">${titleOf(one)}</span></li>`)}</ul>`}
    ${network && html`<p>${t("map.down")}: ${number(network.sites_out ?? 0)} / ${number(network.sites ?? 0)}</p>`}
    <div class="scroll" tabindex="0" role="region" aria-label=${t("map.text")}><table>
      <thead><tr><th scope="col">${t("map.place")}</th>${isTruth && html`<th scope="col">${t("figure.at_risk")}</th><th scope="col">${t("figure.warned")}</th>`}
        <th scope="col">${t("map.cells")}</th><th scope="col">${t("map.down")}</th></tr></thead>
      <tbody>${rows.map((one) => html`<tr key=${one.id}><th scope="row" dir="auto">${names.get(one.id) ?? one.name ?? one.id}</th>
        ${isTruth && html`<td>${people(one.at_risk)}</td><td>${people(one.warned)}</td>`}
        <td>${one.sites === undefined ? "–" : number(one.sites)}</td><td>${one.sites_out === undefined ? "–" : number(one.sites_out)}</td></tr>`)}</tbody>
    </table></div></details>`;
}

function Chart() {
  const box = useRef(null);
  useEffect(() => start(box.current), [now().exercise?.id, language()]);
  return html`<div id="map" ref=${box}></div>`;
}

export function Stage() {
  const { exercise } = useApp();
  return html`<section id="stage" tabindex="-1" aria-label=${t("map.stage")}>
    <${Chart} key=${`${exercise?.id}/${language()}`} />
    <div id="layers"><${Key} /></div>
    <${Hint} />
    <p class="mark" aria-hidden="true">${t("banner.short")}</p>
  </section>`;
}
