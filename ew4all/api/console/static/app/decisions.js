// Decisions other than alerts, their log, and what would have been.
import { useState } from "preact/hooks";
import { html } from "shared/html.js";
import { say, useApp } from "shared/state.js";
import { decide } from "./actions.js";
import { Branches } from "./branches.js";
import { may } from "./exercise.js";
import { clockAt } from "./times.js";
import { Boxes, Choice, Field, Told } from "./told.js";
import { named, t } from "./words.js";

const KINDS = ["order_sirens", "request_power", "request_satellite", "request_roaming"];

export function Decide() {
  const { exercise, me, alerts = [] } = useApp();
  const [kind, setKind] = useState(KINDS[0]);
  const [zones, setZones] = useState([]);
  const [zone, setZone] = useState(exercise.zones[0]?.id ?? "");
  const [operators, setOperators] = useState([]);
  const [kits, setKits] = useState("1");
  const [minutes, setMinutes] = useState("60");
  const [team, setTeam] = useState(me.team ?? exercise.teams[0]?.id ?? "");
  const [problem, setProblem] = useState(null);
  const [told, setTold] = useState(null);
  const places = exercise.zones.map((one) => [one.id, one.name]);
  const onAir = alerts.find((one) => one.state === "issued");
  const bodies = {
    order_sirens: () => ({ ...(zones.length && { zones }), ...(onAir && { alert: onAir.id }) }),
    request_power: () => ({ zone, kits: Number(kits), delay_s: Number(minutes) * 60 }),
    request_satellite: () => ({ zone, kits: Number(kits), delay_s: Number(minutes) * 60 }),
    request_roaming: () => ({ ...(operators.length && { operators }), ...(zone && { zone }) }),
  };
  const submit = async (event) => {
    event.preventDefault();
    setProblem(null);
    setTold(null);
    try {
      const { state, effect_s } = await decide({ kind, ...bodies[kind](), ...(me.kind === "facilitator" && { team }) });
      const text = state === "ordered" && effect_s != null ? t("decision.ordered", { time: clockAt(effect_s).short }) : t("decision.taken");
      setTold(text);
      say(text);
    } catch (error) {
      setProblem(error);
    }
  };
  const isKit = kind === "request_power" || kind === "request_satellite";
  return html`<form class="card" onSubmit=${submit} aria-label=${t("decision.title")}>
    <${Choice} id="decision-kind" label=${t("decision.what")} value=${kind} onchange=${setKind} options=${KINDS.map((one) => [one, t(`decision.${one}`)])} />
    ${me.kind === "facilitator" && html`<${Choice} id="decision-team" label=${t("people.team")} value=${team} onchange=${setTeam} options=${exercise.teams.map((one) => [one.id, one.name])} />`}
    ${kind === "order_sirens" && html`<${Boxes} id="decision-zones" legend=${`${t("decision.zones")} (${zones.length || t("all")})`} chosen=${zones} onchange=${setZones} options=${places} />`}
    ${isKit && html`<div class="row"><${Choice} id="decision-zone" label=${t("decision.zone")} value=${zone} onchange=${setZone} options=${places} />
      <${Field} id="decision-kits" label=${t("decision.count")}><input id="decision-kits" type="number" min="1" max="100" dir="ltr" value=${kits} onInput=${(event) => setKits(event.target.value)} /><//>
      <${Field} id="decision-delay" label=${t("decision.delay")}><input id="decision-delay" type="number" min="0" max="10080" dir="ltr" value=${minutes} onInput=${(event) => setMinutes(event.target.value)} /><//></div>`}
    ${kind === "request_roaming" && html`<${Boxes} id="decision-operators" legend=${`${t("decision.operators")} (${operators.length || t("all")})`} chosen=${operators} onchange=${setOperators} options=${exercise.operators.map((one) => [one, one])} />
      <${Choice} id="decision-roam-zone" label=${t("decision.zone")} value=${zone} onchange=${setZone} options=${[["", t("all")], ...places]} />`}
    <${Told} problem=${problem} />
    ${told && html`<p class="note" role="status">${told}</p>`}
    <button class="main">${t("decision.take")}</button>
  </form>`;
}

export function Decisions() {
  const { exercise, decisions = [], clock } = useApp();
  const teams = new Map(exercise.teams.map((one) => [one.id, one.name]));
  const isOn = clock && (clock.state === "running" || clock.state === "paused");
  return html`<h2>${t("decision.title")}</h2>
    ${may("decide") && (isOn ? html`<${Decide} />` : html`<p class="note">${t("decision.not.now")}</p>`)}
    <h3>${t("decision.log")}</h3>
    ${decisions.length === 0 && html`<p>${t("decision.none")}</p>`}
    <div class="scroll" tabindex="0" role="region" aria-label=${t("decision.log")}><table class="log"><thead><tr><th scope="col">${t("inject.time")}</th><th scope="col">${t("people.team")}</th><th scope="col">${t("decision.what")}</th></tr></thead>
      <tbody>${[...decisions].reverse().map((one) => html`<tr key=${one.id}><th scope="row" dir="ltr">${clockAt(one.time_s).short}</th><td dir="auto">${teams.get(one.team) ?? one.by?.name ?? "–"}</td>
        <td dir="auto">${named("decision", one.kind)}${detailOf(one, exercise)}${one.note ? ` · ${one.note}` : ""}</td></tr>`)}</tbody></table></div>
    ${may("branch") && html`<${Branches} />`}`;
}

function detailOf(decision, exercise) {
  const names = new Map(exercise.zones.map((one) => [one.id, one.name]));
  const parts = [decision.alert?.headline, (decision.zones ?? [decision.zone]).filter(Boolean).map((one) => names.get(one) ?? one).join(", ")].filter(Boolean);
  return parts.length ? `: ${parts.join(" · ")}` : "";
}
