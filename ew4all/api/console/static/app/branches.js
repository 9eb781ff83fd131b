// What if: the exercise played again from its start with a decision moved, beside it, and compared.
import { useEffect, useState } from "preact/hooks";
import { html } from "shared/html.js";
import { useApp } from "shared/state.js";
import { branch } from "./actions.js";
import { useDoing } from "./doing.js";
import { again } from "./exercise.js";
import { headlineOf } from "./headlines.js";
import { clockAt, secondsOf } from "./times.js";
import { Choice, Field, Told } from "./told.js";
import { named, people, t } from "./words.js";

const COUNTED = ["at_risk", "alerted", "warned", "in_time", "missed", "over_reach"];
const MOVABLE = /^(issue_alert|order_sirens|request_)/;

function Compared({ row }) {
  const { counters } = row;
  if (!counters) return html`<p class="note">${row.state === "failed" ? row.problem?.detail ?? row.problem : t("branch.running")}</p>`;
  const shown = COUNTED.filter((name) => counters.actual[name] !== undefined);
  return html`<div class="scroll" tabindex="0" role="region" aria-label=${row.title}><table><thead><tr><th scope="col"><span class="unseen">${t("figure.title")}</span></th><th scope="col">${t("branch.actual")}</th><th scope="col">${t("branch.branch")}</th></tr></thead>
    <tbody>${shown.map((name) => html`<tr key=${name}><th scope="row">${t(`figure.${name}`)}</th><td>${people(counters.actual[name])}</td><td>${people(counters.branch[name])}</td></tr>`)}</tbody></table></div>`;
}

export function Branches() {
  const { decisions = [], alerts = [], branches = [] } = useApp();
  const movable = decisions.filter((one) => MOVABLE.test(one.kind));
  const [decision, setDecision] = useState("");
  const [to, setTo] = useState("");
  const { problem, setProblem, isBusy, run } = useDoing();
  useEffect(() => {
    again("branches");
  }, []);
  const chosen = movable.find((one) => String(one.id) === decision) ?? movable[0];
  const submit = async (event) => {
    event.preventDefault();
    const seconds = secondsOf(to);
    if (seconds === null) return setProblem(t("clock.jump.form"));
    return run(() => branch({ title: `${named("decision", chosen.kind)} ${clockAt(seconds).short}`, changes: [{ do: "move", decision: chosen.id, time_s: seconds }] }));
  };
  return html`<h3>${t("branch.title")}</h3>
    ${movable.length === 0 ? html`<p class="note">${t("branch.none")}</p>` : html`<form class="card" onSubmit=${submit} aria-label=${t("branch.title")}>
      <${Choice} id="branch-decision" label=${t("decision.what")} value=${String(chosen.id)} onchange=${setDecision} options=${movable.map((one) => [String(one.id), `${clockAt(one.time_s).short} ${named("decision", one.kind)}${headlineOf(one, alerts) && `: ${headlineOf(one, alerts)}`}`])} />
      <${Field} id="branch-to" label=${html`${t("branch.at")} <bdi dir="ltr">T+</bdi>`}><input id="branch-to" dir="ltr" placeholder="0:15:00" required value=${to} onInput=${(event) => setTo(event.target.value)} /><//>
      <${Told} problem=${problem} />
      <button aria-disabled=${isBusy}>${t("branch.run")}</button></form>`}
    ${[...branches].reverse().map((row) => html`<section key=${row.id} class="card"><h4 dir="auto">${row.title}</h4><${Compared} row=${row} /></section>`)}`;
}
