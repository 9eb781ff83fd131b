// The list of injects, and what a facilitator does with each.
import { useState } from "preact/hooks";
import { html } from "shared/html.js";
import { say, useApp } from "shared/state.js";
import { injects as act } from "./actions.js";
import { at, may } from "./exercise.js";
import { File } from "./file.js";
import { InjectForm } from "./inject_form.js";
import { InjectImport } from "./inject_import.js";
import { clockAt, since, useTime } from "./times.js";
import { To, Told } from "./told.js";
import { has, named, number, span, t } from "./words.js";

const SIGNS = { pending: "○", held: "❚❚", fired: "●", skipped: "↷", expired: "×" };
const MAY_DO = { pending: ["fire", "hold", "skip"], held: ["fire", "release", "skip", "undo"], fired: ["undo"], skipped: ["undo"], expired: ["undo"] };
const OPEN = new Set(["pending", "held"]);

/** When an inject fired, or will as far as a plan can tell; nobody knows when conditions will hold. */
const momentOf = (one) => one.fired_s ?? (one.conditions?.length || one.due_s == null ? Infinity : one.due_s);

/** Injects with their states as they are now, in the order of their time. */
export function useInjects() {
  const { injects = [], injectStates = {} } = useApp();
  const all = injects.map((one) => {
    const now = injectStates[one.id];
    return now && now.version >= one.version ? { ...one, ...now } : { ...one, ...(now && { state: now.state, fired_s: now.fired_s }) };
  });
  return all.sort((a, b) => momentOf(a) - momentOf(b));
}

/** When an inject comes, in words. */
export function whenOf(inject, all = []) {
  const parts = [];
  if (inject.time_s != null) parts.push(`T+${since(inject.time_s)}`);
  else if (inject.after?.inject) parts.push(t("inject.after", { what: all.find((one) => one.id === inject.after.inject)?.title ?? inject.after.inject, time: span(inject.after.delay_s ?? 0) }));
  else if (inject.after?.decision) parts.push(t("inject.after", { what: named("decision", inject.after.decision), time: span(inject.after.delay_s ?? 0) }));
  for (const one of inject.conditions ?? []) parts.push(t("inject.if", { fact: conditionOf(one) }));
  return parts.length ? parts.join(" · ") : t("inject.by.hand");
}

function conditionOf({ fact, comparison, value, zone, channel }) {
  const shown = /_share$/.test(fact) ? `${number(value * 100)} %` : /_s$/.test(fact) ? span(value) : number(value);
  const where = [zone, channel && named("channel", channel)].filter(Boolean).join(", ");
  return `${has(`fact.${fact}`) ? t(`fact.${fact}`) : fact}${where && ` (${where})`} ${comparison} ${shown}`;
}

function Inject({ inject, all, teams, onedit }) {
  const [problem, setProblem] = useState(null);
  const [note, setNote] = useState(null);
  const doing = async (what) => {
    setProblem(null);
    try {
      const answer = await act.do(inject, what);
      setNote(answer.note ?? null);
      say(t("inject.said", { subject: inject.title, state: t(`inject.state.${answer.state}`) }));
    } catch (error) {
      setProblem(error);
    }
  };
  const state = inject.state ?? "pending";
  const to = inject.audience?.length ? inject.audience.map((id) => teams.get(id) ?? id).join(", ") : t("message.everybody");
  const { clock } = useApp();
  const isLeading = may("inject") && clock.state !== "ended";
  const moment = momentOf(inject);
  return html`<li class=${`inject ${state}`} id=${`inject-${inject.id}`}>
    <div class="top"><span class="when" dir="ltr">${Number.isFinite(moment) ? html`<strong>${clockAt(moment).short}</strong> T+${since(moment)}` : "–"}</span>
      <span class="name" dir="auto">${inject.title}</span>
      <span class="state"><span aria-hidden="true">${SIGNS[state]}</span> ${t(`inject.state.${state}`)}</span></div>
    <p class="facts"><bdi>${inject.sender || t("role.facilitator")}</bdi> <${To} /> <bdi>${to}</bdi> · ${named("channel", inject.channel)}${inject.time_s == null ? html` · ${whenOf(inject, all)}` : ""}</p>
    <details><summary>${t("inject.text")}<span class="unseen">: ${inject.title}</span></summary><p dir="auto" class="prose">${inject.text}</p>
      ${inject.expected_action && html`<p><strong>${t("inject.expected")}:</strong> <span dir="auto">${inject.expected_action}</span></p>`}
      ${inject.notes && html`<p><strong>${t("inject.notes")}:</strong> <span dir="auto">${inject.notes}</span></p>`}
      ${inject.attachments?.length > 0 && html`<ul>${inject.attachments.map((one) => html`<li key=${one.title} dir="auto">${one.title}</li>`)}</ul>`}</details>
    ${isLeading && html`<div class="row acts" role="group" aria-label=${inject.title}>
      ${clock.state !== "ready" && MAY_DO[state].map((what) => html`<button key=${what} type="button" class=${`do-${what}`} onClick=${() => doing(what)}>${t(`inject.${what}`)}<span class="unseen">: ${inject.title}</span></button>`)}
      ${OPEN.has(state) && html`<button type="button" class="do-edit" onClick=${() => onedit(inject)}>${t("inject.edit")}<span class="unseen">: ${inject.title}</span></button>`}</div>`}
    ${note && html`<p class="note" role="status" dir="auto">${note}</p>`}
    <${Told} problem=${problem} onclose=${() => setProblem(null)} />
  </li>`;
}

const EXPORTS = [["exercise.xlsx", "XLSX"], ["injects.csv", "CSV"], ["exercise.yaml", "YAML"]];
const NEW = { title: "", text: "", time_s: null, sender: "", audience: [], channel: "email", expected_action: "", conditions: [], attachments: [], effects: [], discussion_s: 0, notes: "", hazard: "" };

export function Injects() {
  const { exercise, clock } = useApp();
  const isNew = clock?.state === "ready"; // the list itself stands once the exercise has begun
  const all = useInjects();
  const [isOpenOnly, only] = useState(false);
  const [edited, edit] = useState(null);
  const [isImporting, bring] = useState(false);
  useTime();
  const teams = new Map(exercise.teams.map((one) => [one.id, one.name]));
  const shown = isOpenOnly ? all.filter((one) => OPEN.has(one.state ?? "pending")) : all;
  const next = all.find((one) => OPEN.has(one.state ?? "pending") && Number.isFinite(momentOf(one)));
  return html`<h2>${t("inject.list")}</h2>
    ${next && html`<p class="next">${t("inject.next")}: <span dir="ltr">${clockAt(momentOf(next)).short}</span> <strong dir="auto">${next.title}</strong></p>`}
    <div class="row"><label class="inline"><input type="checkbox" checked=${isOpenOnly} onChange=${() => only(!isOpenOnly)} /> ${t("inject.filter.open")}</label>
      ${may("inject") && isNew && html`<button type="button" id="inject-new" onClick=${() => edit({ ...NEW })}>${t("inject.new")}</button>`}
      ${may("import") && isNew && html`<button type="button" id="inject-import" aria-expanded=${isImporting} onClick=${() => bring(!isImporting)}>${t("inject.import")}</button>`}</div>
    ${isImporting && html`<${InjectImport} onclose=${() => bring(false)} />`}
    ${edited && html`<${InjectForm} key=${edited.id ?? "new"} given=${edited} onclose=${() => edit(null)} />`}
    ${shown.length === 0 && html`<p>${t("inject.none")}</p>`}
    ${may("truth") && html`<p class="row">${t("inject.export")}${EXPORTS.map(([name, kind]) => html` <${File} key=${name} href=${at(`exports/${name}`)} title=${kind} name=${`EXERCISE-${name}`} />`)}</p>`}
    <ol class="injects">${shown.map((one) => html`<${Inject} key=${one.id} inject=${one} all=${all} teams=${teams} onedit=${edit} />`)}</ol>`;
}
