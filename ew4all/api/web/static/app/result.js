// The result of a run: what it says in a sentence, charts with the tables behind them, and downloads.
import { address, key, save } from "./api.js";
import { answerOf } from "./answers.js";
import { Bars } from "./chart.js";
import { STATUS, bytes, filesInOrder, number } from "./format.js";
import { html } from "./html.js";
import { jobName } from "./jobs.js";
import { put, useApp } from "./state.js";

/** What a result says: in sentences, and in bars with the table behind each. */
function Answer({ answer, files }) {
  const { says, charts, note } = answer;
  return html`
    <div class="says">${says.map((one) => html`<p>${one}</p>`)}</div>
    <${Downloads} files=${files} />
    <div class="charts">${charts.map((chart) => html`<${Bars} key=${chart.title} ...${chart} />`)}</div>
    ${note && html`<p class="note">${note}</p>`}`;
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
  if (!files.length) return null;
  const fetching = (event, file) => {
    if (!key.get()) return;
    event.preventDefault();
    save(file.href, file.name).catch((problem) => put({ problem }));
  };
  return html`<h3>Downloads</h3><ul class="files">${filesInOrder(files).map((file) => html`<li>
    <a href=${address(file.href)} download=${file.name} onClick=${(event) => fetching(event, file)}>${file.name}</a>
    <small>${bytes(file.bytes)}</small></li>`)}</ul>`;
}

/** Why there is no result. */
function Without({ job }) {
  const { word } = STATUS[job.status];
  if (job.status === "failed") {
    return html`<div class="problem"><p><strong>The run failed.</strong> ${job.message || "The service does not say why; its log does."}</p></div>`;
  }
  return html`<p>${job.status === "successful" ? "Reading the result…" : `${word}${job.message && job.message !== word ? `: ${job.message}` : ""}`}</p>`;
}

function toRuns() {
  const title = document.getElementById("jobs-title");
  title.focus();
  title.scrollIntoView();
}

export function Result() {
  const { selected, jobs, results } = useApp();
  const job = jobs.find((one) => one.jobID === selected);
  if (!job) return null;
  const result = results[selected];
  const { files = [], ...outputs } = result ?? {};
  const [first] = Object.values(outputs);
  const answer = result && answerOf(outputs);
  return html`<article class="result" aria-labelledby="result-title">
    <h2 id="result-title" tabindex="-1">${first?.title || jobName(job)}</h2>
    ${first?.notice && html`<p class="notice">${first.notice}</p>`}
    ${jobs.length > 1 && html`<button type="button" class="plain" onClick=${toRuns}>All ${jobs.length} runs</button>`}
    ${!result && html`<${Without} job=${job} />`}
    ${answer && html`<${Answer} answer=${answer} files=${files} />`}
    ${result && !answer && html`<${Downloads} files=${files} /><${Figures} result=${outputs} />`}
    ${first && html`<${Notes} notes=${first.notes} />`}
  </article>`;
}
