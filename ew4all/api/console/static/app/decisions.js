// The log of decisions, with what one may still decide.
import { html } from "shared/html.js";
import { useApp } from "shared/state.js";
import { decide } from "./actions.js";
import { Branches } from "./branches.js";
import { Decide } from "./decide.js";
import { useDoing } from "./doing.js";
import { may } from "./exercise.js";
import { headlineOf } from "./headlines.js";
import { clockAt } from "./times.js";
import { Told } from "./told.js";
import { has, named, t } from "./words.js";

export function Decisions() {
  const { exercise, decisions = [], alerts = [], clock, me } = useApp();
  const { problem, setProblem, run } = useDoing();
  const teams = new Map(exercise.teams.map((one) => [one.id, one.name]));
  const zones = new Map(exercise.zones.map((one) => [one.id, one.name]));
  const isOn = clock && (clock.state === "running" || clock.state === "paused");
  const refuse = (one) => run(() => decide({ kind: "refuse_request", request: one.request, team: one.team }));
  const detail = (one) => [headlineOf(one, alerts), zones.get(one.zone) ?? one.zone, one.note].filter(Boolean).join(" · ");
  return html`<h2>${t("decision.title")}</h2>
    ${may("decide") && (isOn ? html`<${Decide} />` : html`<p class="note">${t("decision.not.now")}</p>`)}
    <h3>${t("decision.log")}</h3>
    ${decisions.length === 0 && html`<p>${t("decision.none")}</p>`}
    <${Told} problem=${problem} onclose=${() => setProblem(null)} />
    <div class="scroll" tabindex="0" role="region" aria-label=${t("decision.log")}><table class="log"><thead><tr><th scope="col">${t("inject.time")}</th><th scope="col">${t("people.team")}</th><th scope="col">${t("decision.what")}</th></tr></thead>
      <tbody>${[...decisions].sort((a, b) => b.id - a.id).map((one) => html`<tr key=${one.id}><th scope="row" dir="ltr">${clockAt(one.time_s).short}</th><td dir="auto">${teams.get(one.team) ?? one.by?.name ?? "–"}</td>
        <td>${named("decision", one.kind)}${one.state && has(`decision.state.${one.state}`) && /^request/.test(one.kind) ? ` (${t(`decision.state.${one.state}`)}${one.state === "asked" && one.effect_s != null ? `, ${clockAt(one.effect_s).short}` : ""})` : ""}${detail(one) ? html`: <span dir="auto">${detail(one)}</span>` : ""}
          ${one.state === "asked" && may("decide") && me.kind === "facilitator" && html` <button type="button" onClick=${() => refuse(one)}>${t("decision.refuse")}<span class="unseen">: ${named("decision", one.kind)}</span></button>`}</td></tr>`)}</tbody></table></div>
    ${may("branch") && html`<${Branches} />`}`;
}
