// The list of jobs with their progress.
import { useState } from "preact/hooks";
import { ask } from "./api.js";
import { STATUS, when } from "./format.js";
import { html } from "./html.js";
import { selectRun } from "./runs.js";
import { useApp } from "./state.js";
import { Told } from "./told.js";

const PROCESSES = { reach: "Reach", coverage: "Coverage", target: "Targeting", gaps: "Gaps", run: "Scenario" };

export const jobName = (job) => job.title || PROCESSES[job.processID] || job.processID;

/** Show the result of a run; it stands above the list, so that one goes there. */
function open(job) {
  selectRun(job.jobID);
  requestAnimationFrame(() => document.getElementById("result-title")?.focus());
}

function Job({ job, isSelected }) {
  const [problem, setProblem] = useState(null);
  const { word, sign } = STATUS[job.status];
  const isOn = job.status === "accepted" || job.status === "running";
  const dismiss = () => ask(`jobs/${job.jobID}`, { method: "DELETE" }).catch(setProblem);
  return html`<li class=${`job ${job.status}`} aria-current=${isSelected ? "true" : undefined}>
    <button type="button" class="open" onClick=${() => open(job)}>
      <span class="name">${jobName(job)}</span>
      <span class="state"><span aria-hidden="true">${sign}</span> ${word}</span>
      <span class="time">${job.title ? `${job.processID}, ` : ""}${when(job.created)}</span>
    </button>
    ${isOn && html`<div class="going">
      <progress max="100" value=${job.progress} aria-label=${`Progress of ${jobName(job)}`}></progress>
      <span>${job.progress} %</span>
      <button type="button" onClick=${dismiss} aria-label=${`Dismiss ${jobName(job)}`}>Dismiss</button>
      <small>${job.message}</small>
    </div>`}
    ${job.status === "failed" && html`<p class="why">${job.message}</p>`}
    <${Told} problem=${problem} />
  </li>`;
}

export function Jobs() {
  const { isRead, jobs, selected } = useApp();
  return html`<section aria-labelledby="jobs-title">
    <h2 id="jobs-title" tabindex="-1">Runs</h2>
    ${jobs.length
      ? html`<ul class="jobs">${jobs.map((job) => html`<${Job} key=${job.jobID} job=${job} isSelected=${job.jobID === selected} />`)}</ul>`
      : html`<p>${isRead ? "Nothing was computed yet. Begin with “New run”." : "The list of runs is not here yet."}</p>`}
  </section>`;
}
