// The first page: jobs and their results beside a map of layers, and a form for a new run.
import { Problem, read } from "./api.js";
import { listen } from "./events.js";
import { html, render } from "./html.js";
import { Jobs } from "./jobs.js";
import { Account } from "./key.js";
import { Hint, Layers } from "./layers.js";
import { refresh, start } from "./map.js";
import { Result } from "./result.js";
import { RunForm } from "./run_form.js";
import { follow, selectRun, showResult } from "./runs.js";
import { now, put, say, useApp } from "./state.js";
import { Told } from "./told.js";

const STARTING = new Problem({ code: "away", detail: "The service does not answer; it may be starting. This page asks again by itself." });
const TABS = [["results", "Runs and results"], ["new", "New run"]];

function Panel() {
  const { tab, problem } = useApp();
  const turn = (event) => {
    const at = TABS.findIndex(([id]) => id === tab);
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const [id] = TABS[(at + step + TABS.length) % TABS.length];
    put({ tab: id });
    document.getElementById(`tab-${id}`).focus();
  };
  return html`
    <${Told} problem=${problem} onclose=${() => put({ problem: null })} />
    <div class="tabs" role="tablist" aria-label="What to do" onKeyDown=${turn}>
      ${TABS.map(([id, title]) => html`
        <button type="button" role="tab" id=${`tab-${id}`} aria-selected=${tab === id} aria-controls=${`of-${id}`}
          tabindex=${tab === id ? 0 : -1} onClick=${() => put({ tab: id })}>${title}</button>`)}
    </div>
    <div id="of-results" role="tabpanel" aria-labelledby="tab-results" hidden=${tab !== "results"}>
      <${Result} /><${Jobs} />
    </div>
    <div id="of-new" role="tabpanel" aria-labelledby="tab-new" hidden=${tab !== "new"}><${RunForm} /></div>`;
}

/** Whether a problem is one of a service that is away or in trouble, not of what was asked. */
const isPassing = (problem) => problem?.code === "away" || problem?.status >= 500;

/** Read everything anew. */
async function look() {
  const [{ jobs }, { layers }, { uploads }] = await Promise.all([
    read("jobs?limit=50"), read("v1/layers?limit=200"), read("v1/uploads?limit=200"),
  ]);
  const { selected } = now();
  const status = (list) => list.find((job) => job.jobID === selected)?.status;
  const before = status(now().jobs);
  // The service answers: what was told while it did not is over.
  put(({ problem }) => ({ isRead: true, jobs, layers, uploads, wantsKey: null, problem: isPassing(problem) ? null : problem }));
  // Without streams nobody else tells that the run that is waited for has ended.
  if (selected && before !== status(jobs)) await follow(selected, status(jobs));
  else if (status(jobs) === "successful" && !now().results[selected]) await showResult(selected);
  if (!selected) {
    const asked = new URLSearchParams(location.hash.slice(1)).get("run");
    const done = jobs.filter((job) => job.status === "successful");
    const first = done.find((job) => job.jobID === asked) ?? done[0];
    if (first) await selectRun(first.jobID);
    else if (!jobs.length) put({ tab: "new" });
  }
}

/** Take an event of a job. */
async function tell(data) {
  const known = now().jobs.find((job) => job.jobID === data.id);
  if (!known) {
    await look();
    return;
  }
  const fresh = { ...known, status: data.status, progress: Math.trunc(data.progress), message: data.message };
  put(({ jobs }) => ({ jobs: jobs.map((job) => (job === known ? fresh : job)) }));
  if (["successful", "failed", "dismissed"].includes(data.status)) {
    say(`Run ${fresh.title ?? fresh.processID}: ${data.status}.`);
    await look();
    await follow(data.id, data.status);
  }
}

function heard(link, problem = null) {
  if (problem?.status === 401) put({ wantsKey: problem.detail });
  if (link !== now().link) put({ link });
  if (link !== "away") refresh();
}

export async function begin() {
  try {
    await look();
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    if (problem.code === "away") put({ problem: STARTING });
    else put(problem.status === 401 ? { wantsKey: problem.detail } : { problem });
    if (problem.status === 401) return;
  }
  listen({ look, tell, state: heard });
}

document.querySelectorAll("#panel > *").forEach((one) => one.remove());
render(html`<${Panel} />`, document.getElementById("panel"));
render(html`<${Account} onchange=${begin} />`, document.getElementById("account"));
render(html`<${Layers} />`, document.getElementById("layers"));
render(html`<${Hint} />`, document.getElementById("hint"));
start(document.getElementById("map"));
begin();
