// The result of a run: what it says in a sentence, charts with the tables behind them, and downloads.
import { address, key, save } from "./api.js";
import { Bars } from "./chart.js";
import { STATUS, STEPS, bytes, number, people, share } from "./format.js";
import { html } from "./html.js";
import { jobName } from "./jobs.js";
import { put, useApp } from "./state.js";

/** What a reach says, in words. */
export function sentencesOf({ people: n, area_km2: area }) {
  const out = [];
  const any = n.covered?.any;
  if (n.in_area != null) {
    out.push(html`<strong>${people(n.in_area)} people</strong> are in the warning area${area ? ` of ${number(area)} km²` : ""}.`);
  } else if (n.at_risk != null) out.push(html`<strong>${people(n.at_risk)} people</strong> are at risk.`);
  if (any != null) {
    const all = n.in_area ?? n.at_risk;
    out.push(html`${people(any)} of them (${share(any, all)}) have a mobile signal that can carry it; <strong>${people(n.uncovered)} have none</strong>.`);
  }
  if (n.at_risk != null && n.in_area != null) {
    const missed = n.at_risk - (n.at_risk_in_area ?? 0);
    out.push(html`Of ${people(n.at_risk)} people at risk, <strong>${people(missed)}</strong> are outside of the warning area.`);
  }
  return out;
}

function Reach({ reach }) {
  const { people: n, zones = [], waterfall = [], operators = [] } = reach;
  const hasSignal = n.uncovered != null;
  const listed = zones
    .filter((zone) => zone.people.in_area > 0)
    .sort((a, b) => (hasSignal ? b.people.uncovered - a.people.uncovered : b.people.in_area - a.people.in_area));
  const rows = listed.map(({ name, id, people: z }) => ({
    name: name ?? id,
    value: hasSignal ? z.uncovered : z.in_area,
    note: hasSignal ? share(z.uncovered, z.in_area) : "",
    cells: [people(z.in_area), ...(hasSignal ? [people(z.covered.any), people(z.uncovered), share(z.uncovered, z.in_area)] : [])],
  }));
  const steps = waterfall.map(({ step, people: count, lost }) => ({
    name: STEPS[step] ?? step.replaceAll("_", " "),
    value: count,
    note: share(count, waterfall[0].people),
    cells: [people(count), people(lost)],
  }));
  const by = Object.entries(n.covered ?? {}).filter(([name]) => name !== "any");
  const networks = [
    ...by.map(([name, count]) => ({ name: name.toUpperCase(), count })),
    ...operators.filter((one) => one.covered).map((one) => ({ name: one.name, count: one.covered.any })),
  ].map(({ name, count }) => ({
    name, value: count, note: share(count, n.in_area ?? n.at_risk), cells: [people(count), share(count, n.in_area ?? n.at_risk)],
  }));
  return html`
    <div class="says">${sentencesOf(reach).map((one) => html`<p>${one}</p>`)}</div>
    ${rows.length > 0 && html`<${Bars} title=${hasSignal ? "People without any signal, by zone" : "People in the area, by zone"} rows=${rows}
      ink=${hasSignal ? "lost" : "kept"} columns=${["Zone", "In the area", ...(hasSignal ? ["With signal", "Without", "Share"] : [])]} />`}
    ${networks.length > 0 && html`<${Bars} title="People with a signal, by technology and operator" rows=${networks} ink="kept" all=${n.in_area ?? n.at_risk}
      columns=${["Network", "People", "Share"]} />`}
    ${steps.length > 1 && html`<${Bars} title="From the area to those who notice the warning" rows=${steps} ink="kept" columns=${["Step", "People", "Lost here"]} />`}
    ${steps.length > 2 && html`<p class="note">Steps after “Has a signal” are assumptions, not counts; the file reach.json lists them.</p>`}
    <${Notes} notes=${reach.notes} />`;
}

function Notes({ notes = [] }) {
  if (!notes.length) return null;
  return html`<details><summary>${notes.length} notes on the inputs</summary><ul>${notes.map((note) => html`<li>${note}</li>`)}</ul></details>`;
}

/** Numbers of a result that has no page of its own. */
function Figures({ result }) {
  const rows = [];
  const walk = (value, trail, depth) => {
    for (const [name, inner] of Object.entries(value ?? {})) {
      const here = [...trail, name.replaceAll("_", " ")];
      if (typeof inner === "number") rows.push([here.join(", "), number(inner)]);
      else if (inner && typeof inner === "object" && !Array.isArray(inner) && depth < 3) walk(inner, here, depth + 1);
    }
  };
  walk(result, [], 0);
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Figures"><table><thead><tr><th scope="col">Figure</th><th scope="col">Value</th></tr></thead>
    <tbody>${rows.slice(0, 40).map(([name, value]) => html`<tr><th scope="row">${name}</th><td>${value}</td></tr>`)}</tbody></table></div>`;
}

function Downloads({ files }) {
  const fetching = (event, file) => {
    if (!key.get()) return;
    event.preventDefault();
    save(file.href, file.name).catch((problem) => put({ problem }));
  };
  return html`<h3>Downloads</h3><ul class="files">${files.map((file) => html`<li>
    <a href=${address(file.href)} download=${file.name} onClick=${(event) => fetching(event, file)}>${file.name}</a>
    <small> ${bytes(file.bytes)}</small></li>`)}</ul>`;
}

export function Result() {
  const { selected, jobs, results } = useApp();
  const job = jobs.find((one) => one.jobID === selected);
  if (!job) return null;
  const result = results[selected];
  const { files = [], ...outputs } = result ?? {};
  const reach = outputs.reach;
  const [first] = Object.values(outputs);
  return html`<article class="result" aria-labelledby="result-title">
    <h2 id="result-title" tabindex="-1">${first?.title || jobName(job)}</h2>
    ${!result && html`<p>${STATUS[job.status].word}${job.message ? `: ${job.message}` : ""}</p>`}
    ${reach ? html`<${Reach} reach=${reach} />` : result && html`<${Figures} result=${outputs} />`}
    ${result && html`<${Downloads} files=${files} />`}
  </article>`;
}
