// Counters, and people over time.
import uPlot from "uplot";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { html } from "shared/html.js";
import { useApp } from "shared/state.js";
import { again } from "./exercise.js";
import { clockAt, secondsNow, since } from "./times.js";
import { Choice } from "./told.js";
import { language, named, number, people, percent, t } from "./words.js";

const SHOWN = ["at_risk", "alerted", "warned", "in_time", "missed", "over_reach"];
const isIssue = ({ kind }) => kind === "alert_issued" || kind === "alert_updated";
const STAGES = ["alerted", "reached", "warned", "in_time", "acted"];
const INKS = ["#0072b2", "#8a5a00", "#00785a", "#a4246c", "#5b4a9e", "#b3470a", "#37474f"];
const DASHES = [[], [8, 4], [2, 3], [10, 3, 2, 3], [5, 5], [1, 2], [12, 6]];
const EVERY_MS = 3000;
const TICKS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400];
const ticks = (_, values) => values.map((s) => (values[1] - values[0] < 60 ? clockAt(s).time : clockAt(s).short));
const BEHIND_S = 3; // real seconds: what is less nobody in the room can see

export function Counters({ big }) {
  const app = useApp();
  const { counters, network } = app;
  if (!counters) return html`<p class="note">${t("figure.none")}</p>`;
  const rows = SHOWN.filter((name) => counters[name] !== undefined);
  return html`<dl class=${`counters ${big ? "big" : ""}`}>
    ${rows.map((name) => html`<div key=${name} class=${name}><dt title=${t(`figure.hint.${name}`)}>${t(`figure.${name}`)}</dt>
      <dd>${people(counters[name])}${name !== "at_risk" && name !== "over_reach" && html` <small>${percent(counters[name], counters.at_risk)}</small>`}</dd></div>`)}
    ${network?.sites > 0 && html`<div class="sites"><dt>${t("map.down")}</dt><dd>${number(network.sites_out)} <small>${percent(network.sites_out, network.sites)}</small></dd></div>`}
  </dl><${Behind} app=${app} />`;
}

/** Figures that are of an earlier moment than the clock shows say so. */
function Behind({ app }) {
  const { clock, isLate, asOf } = app;
  if (!isLate || !clock || asOf === undefined) return null;
  const behind_s = secondsNow(app) - asOf;
  if (clock.isRunning && behind_s < BEHIND_S * clock.speed) return null;
  return html`<p class="note lagging"><span aria-hidden="true">◷</span> ${t("figure.as.of", { time: clockAt(asOf).time })}</p>`;
}

/** Curves of a stage by channel, as `{names, time_s, rows}`. */
function of(curves, stage) {
  const own = curves.curves.filter((one) => one.stage === stage);
  own.sort((a, b) => (b.channel === "any") - (a.channel === "any"));
  return { names: own.map((one) => named("channel", one.channel)), time_s: curves.time_s, rows: own.map((one) => one.people) };
}

function Plot({ names, time_s, rows, marks, label }) {
  const box = useRef(null);
  useEffect(() => {
    if (!time_s.length) return undefined;
    const width = Math.max(240, box.current.clientWidth);
    const series = names.map((name, i) => ({ label: name, stroke: INKS[i % INKS.length], width: i ? 1.6 : 2.6, dash: DASHES[i % DASHES.length], points: { show: false } }));
    const draw = {
      width, height: 210, legend: { show: false }, cursor: { show: false }, scales: { x: { time: false }, y: { range: (_, least, most) => [0, Math.max(10, most * 1.05)] } },
      axes: [{ incrs: TICKS_S, values: ticks, space: 70, stroke: "#17262e", grid: { stroke: "#e1e6e9" } }, { values: (_, values) => values.map(number), size: (_, values) => 20 + 7 * Math.max(4, ...(values ?? []).map((one) => one.length)), stroke: "#17262e", grid: { stroke: "#e1e6e9" } }],
      series: [{}, ...series], hooks: { draw: [(plot) => drawMarks(plot, marks)] },
    };
    const plot = new uPlot(draw, [time_s, ...rows], box.current);
    return () => plot.destroy();
  }, [time_s, rows]);
  return html`<div class="plot" dir="ltr" role="img" aria-label=${label} ref=${box}></div>`;
}

function drawMarks(plot, marks = []) {
  const { ctx } = plot;
  ctx.save();
  ctx.strokeStyle = "#a4246c";
  ctx.setLineDash([4, 4]);
  for (const { time_s } of marks.filter(isIssue)) {
    const x = plot.valToPos(time_s, "x", true);
    ctx.beginPath();
    ctx.moveTo(x, plot.bbox.top);
    ctx.lineTo(x, plot.bbox.top + plot.bbox.height);
    ctx.stroke();
  }
  ctx.restore();
}

/** Lines with their table: the picture for the eye, the table for everybody. */
export function Lines({ curves, stage, title }) {
  // The same lines as long as they are the same: a plot is made anew only for others.
  const { names, time_s, rows } = useMemo(() => of(curves, stage), [curves, stage, language()]);
  const last = rows[0]?.at(-1);
  const step = Math.max(1, Math.ceil(time_s.length / 40));
  const told = time_s.map((_, i) => i).filter((i) => i % step === 0 || i === time_s.length - 1);
  return html`<figure class="lines"><figcaption>${title}</figcaption>
    <ul class="key">${names.map((name, i) => html`<li key=${name}><svg class="swatch" viewBox="0 0 22 14" aria-hidden="true"><path d="M0 7h22" stroke=${INKS[i % INKS.length]} stroke-width="3" stroke-dasharray=${DASHES[i % DASHES.length].join(" ")} /></svg> ${name}</li>`)}
      ${curves.marks?.some(isIssue) && html`<li><svg class="swatch" viewBox="0 0 22 14" aria-hidden="true"><path d="M11 0v14" stroke="#a4246c" stroke-width="2" stroke-dasharray="3 2" /></svg> ${t("figure.mark.alert")}</li>`}</ul>
    <${Plot} names=${names} time_s=${time_s} rows=${rows} marks=${curves.marks} label=${`${title}. ${names[0] ?? ""}: ${people(last)}. ${t("figure.see.table")}`} />
    <details><summary>${t("table")}</summary><div class="scroll" tabindex="0" role="region" aria-label=${`${t("table")}: ${title}`}><table>
      <caption class="unseen">${title}</caption>
      <thead><tr><th scope="col">${t("inject.time")}</th>${names.map((name) => html`<th key=${name} scope="col">${name}</th>`)}</tr></thead>
      <tbody>${told.map((i) => html`<tr key=${i}><th scope="row" dir="ltr">${since(time_s[i])}</th>${rows.map((row, k) => html`<td key=${k}>${people(row[i])}</td>`)}</tr>`)}</tbody>
    </table></div></details></figure>`;
}

function ChannelTable() {
  const { channelsNow = [] } = useApp();
  if (!channelsNow.length) return null;
  return html`<h3>${t("figure.channels")}</h3><div class="scroll" tabindex="0" role="region" aria-label=${t("figure.channels")}><table>
    <thead><tr><th scope="col">${t("alert.channels")}</th><th scope="col">${t("figure.alerted")}</th><th scope="col">${t("figure.reached")}</th><th scope="col">${t("figure.warned")}</th></tr></thead>
    <tbody>${channelsNow.map((one) => html`<tr key=${one.name}><th scope="row">${named("channel", one.name)}${one.is_on === false && html` <small>${t("figure.off")}</small>`}</th>
      <td>${people(one.alerted)}</td><td>${people(one.reached)}</td><td>${people(one.warned)}</td></tr>`)}</tbody></table></div>`;
}

export function Figures() {
  const { counters, curves, clock, me } = useApp();
  const [stage, setStage] = useState("warned");
  const stages = STAGES.filter((one) => curves?.curves.some((row) => row.stage === one));
  useEffect(() => {
    again("curves");
    if (!clock?.isRunning) return undefined;
    const timer = setInterval(() => again("curves"), EVERY_MS);
    return () => clearInterval(timer);
  }, [clock?.isRunning, clock?.state]);
  return html`<h2>${t("figure.title")}</h2>${me.kind !== "facilitator" && html`<${Counters} />`}
    ${curves?.time_s?.length > 0 && html`<${Choice} id="stage-of" label=${t("figure.stage")} value=${stage} onchange=${setStage} options=${stages.map((one) => [one, t(`figure.${one}`)])} />
      <${Lines} curves=${curves} stage=${stage} title=${`${t("figure.curves")}: ${t(`figure.${stage}`)}`} />`}
    <${ChannelTable} />
    <details><summary>${t("figure.hints")}</summary><dl class="hints">${SHOWN.filter((one) => counters?.[one] !== undefined).map((one) => html`<div key=${one}><dt>${t(`figure.${one}`)}</dt><dd>${t(`figure.hint.${one}`)}</dd></div>`)}</dl></details>`;
}
