// The list of injects, and what a facilitator does with each.
import { useMemo, useState } from "preact/hooks";
import { html } from "shared/html.js";
import { now, say, useApp } from "shared/state.js";
import { injects as act } from "./actions.js";
import { forget, useDoing, useKept } from "./doing.js";
import { again, at, may } from "./exercise.js";
import { File } from "./file.js";
import { InjectForm } from "./inject_form.js";
import { InjectImport } from "./inject_import.js";
import { clockAt, since } from "./times.js";
import { To, Told } from "./told.js";
import { has, language, named, number, span, t } from "./words.js";

const SIGNS = { pending: "○", held: "❚❚", fired: "●", skipped: "↷", expired: "×" };
const MAY_DO = { pending: ["fire", "hold", "skip"], held: ["fire", "release", "skip", "undo"], fired: ["undo"], skipped: ["undo"], expired: ["undo"] };
const OPEN = new Set(["pending", "held"]);

/** When an inject fired, or will as far as a plan can tell; nobody knows when conditions will hold. */
const momentOf = (one) => one.fired_s ?? (one.conditions?.length || one.due_s == null ? Infinity : one.due_s);

/** Injects with their states as they are now, in the order of their time. */
export function useInjects() {
  const { injects = [], injectStates = {} } = useApp();
  return useMemo(() => {
    const all = injects.map((one) => {
      const is = injectStates[one.id];
      return is && is.version >= one.version ? { ...one, ...is } : { ...one, ...(is && { state: is.state, fired_s: is.fired_s }) };
    });
    return all.sort((a, b) => momentOf(a) - momentOf(b));
  }, [injects, injectStates]);
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

const SIGN_OF = { ">=": "≥", "<=": "≤", "!=": "≠" };
/** Facts that hold or do not. */
const IS_SO = new Set(["alert_issued", "channel_on", "channel_used"]);

function conditionOf({ fact, comparison, value, zone, channel }) {
  const place = now().exercise.zones.find((one) => one.id === zone)?.name ?? zone;
  const where = [place, channel && named("channel", channel)].filter(Boolean).join(", ");
  const what = `${has(`fact.${fact}`) ? t(`fact.${fact}`) : fact}${where && ` (${where})`}`;
  if (IS_SO.has(fact)) return `${what}: ${t((comparison === "!=") === Boolean(value) ? "no" : "yes")}`;
  const shown = /_share$/.test(fact) ? `${number(value * 100)} %` : /_s$/.test(fact) ? span(value) : number(value);
  return `${what} ${SIGN_OF[comparison] ?? comparison} ${shown}`;
}

function Inject({ inject, all, teams, clock, onedit }) {
  const { problem, setProblem, isBusy, run } = useDoing();
  const [note, setNote] = useState(null);
  const doing = (what) => run(async () => {
    try {
      const answer = await act.do(inject, what);
      setNote(answer.note ?? null);
      say(t("inject.said", { subject: inject.title, state: t(`inject.state.${answer.state}`) }));
    } catch (error) {
      if (error.status !== 412) throw error;
      again("injects");
      throw t("inject.meanwhile");
    }
  });
  const state = inject.state ?? "pending";
  const to = inject.audience?.length ? inject.audience.map((id) => teams.get(id) ?? id).join(", ") : t("message.everybody");
  const isLeading = may("inject") && clock !== "ended";
  const moment = momentOf(inject);
  return html`<li class=${`inject ${state}`} id=${`inject-${inject.id}`}>
    <div class="top"><span class="when" dir="ltr">${Number.isFinite(moment) ? html`<strong>${clockAt(moment).short}</strong> T+${since(moment)}` : "–"}</span>
      <span class="name" dir="auto">${inject.title}</span>
      <span class="state"><span aria-hidden="true">${SIGNS[state]}</span> ${t(`inject.state.${state}`)}</span></div>
    <p class="facts"><bdi>${inject.sender || t("role.facilitator")}</bdi> <${To} /> <bdi>${to}</bdi> · ${named("channel", inject.channel)}${inject.time_s == null || inject.conditions?.length ? html` · <span dir="auto">${whenOf(inject, all)}</span>` : ""}</p>
    <details><summary>${t("inject.text")}<span class="unseen">: ${inject.title}</span></summary><p dir="auto" class="prose">${inject.text}</p>
      ${inject.expected_action && html`<p><strong>${t("inject.expected")}:</strong> <span dir="auto">${inject.expected_action}</span></p>`}
      ${inject.notes && html`<p><strong>${t("inject.notes")}:</strong> <span dir="auto">${inject.notes}</span></p>`}
      ${inject.attachments?.length > 0 && html`<ul>${inject.attachments.map((one) => html`<li key=${one.title} dir="auto">${one.title}</li>`)}</ul>`}</details>
    ${isLeading && html`<div class="row acts" role="group" aria-label=${inject.title}>
      ${clock !== "ready" && MAY_DO[state].map((what) => html`<button key=${what} type="button" aria-disabled=${isBusy} class=${`do-${what}`} onClick=${() => doing(what)}>${t(`inject.${what}`)}<span class="unseen">: ${inject.title}</span></button>`)}
      ${OPEN.has(state) && html`<button type="button" class="do-edit" onClick=${() => onedit(inject)}>${t("inject.edit")}<span class="unseen">: ${inject.title}</span></button>`}</div>`}
    ${note && html`<p class="note" role="status" dir="auto">${note}</p>`}
    <${Told} problem=${problem} onclose=${() => setProblem(null)} />
  </li>`;
}

const EXPORTS = [["exercise.xlsx", "export.exercise", "XLSX"], ["exercise.yaml", "export.exercise", "YAML"], ["injects.csv", "export.injects", "CSV"]];
const NEW = { title: "", text: "", time_s: null, sender: "", audience: [], channel: "email", expected_action: "", conditions: [], attachments: [], effects: [], discussion_s: 0, notes: "", hazard: "" };

export function Injects() {
  const { exercise, clock } = useApp();
  const isNew = clock?.state === "ready"; // the list itself stands once the exercise has begun
  const all = useInjects();
  const [isOpenOnly, only] = useState(false);
  const [edited, edit] = useKept("inject.edited", null);
  const [isImporting, bring] = useState(false);
  const close = () => {
    forget("inject.");
    edit(null);
  };
  const open = (inject) => {
    forget("inject.form.");
    edit(inject);
  };
  const shown = isOpenOnly ? all.filter((one) => OPEN.has(one.state ?? "pending")) : all;
  // One that is held does not come by itself, whatever its time.
  const next = all.find((one) => (one.state ?? "pending") === "pending" && Number.isFinite(momentOf(one)));
  // Ticks come twice a second; the list is made anew only when something in it is another.
  const rows = useMemo(() => {
    const teams = new Map(exercise.teams.map((one) => [one.id, one.name]));
    return shown.map((one) => html`<${Inject} key=${one.id} inject=${one} all=${all} teams=${teams} clock=${clock?.state} onedit=${open} />`);
  }, [all, isOpenOnly, clock?.state, exercise, language()]);
  return html`<h2>${t("inject.list")}</h2>
    ${next && html`<p class="next">${t("inject.next")}: <span dir="ltr">${clockAt(momentOf(next)).short}</span> <strong dir="auto">${next.title}</strong></p>`}
    <div class="row"><label class="inline"><input type="checkbox" checked=${isOpenOnly} onChange=${() => only(!isOpenOnly)} /> ${t("inject.filter.open")}</label>
      ${may("inject") && isNew && html`<button type="button" id="inject-new" onClick=${() => open({ ...NEW })}>${t("inject.new")}</button>`}
      ${may("import") && isNew && html`<button type="button" id="inject-import" aria-expanded=${isImporting} onClick=${() => bring(!isImporting)}>${t("inject.import")}</button>`}</div>
    ${isImporting && html`<${InjectImport} onclose=${() => bring(false)} />`}
    ${edited && html`<${InjectForm} key=${edited.id ?? "new"} given=${edited} onclose=${close} />`}
    ${shown.length === 0 && html`<p>${t("inject.none")}</p>`}
    <ol class="injects">${rows}</ol>
    ${may("truth") && html`<h3>${t("inject.export")}</h3><ul class="files">${EXPORTS.map(([name, what, kind]) => html`<li key=${name}><${File} href=${at(`exports/${name}`)} title=${t(what, { kind })} name=${`EXERCISE-${name}`} /></li>`)}</ul>`}`;
}
