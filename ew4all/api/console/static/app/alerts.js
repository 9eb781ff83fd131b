// Alerts of the exercise: drafts are approved and issued, those on air are updated or cancelled.
import { address, key, save } from "shared/api.js";
import { boxOf } from "shared/geometry.js";
import { html } from "shared/html.js";
import { put, say, useApp } from "shared/state.js";
import { decide } from "./actions.js";
import { Composer, blank } from "./composer.js";
import { forget, useDoing, useKept } from "./doing.js";
import { at, may } from "./exercise.js";
import { isOrder, titleOf } from "./headlines.js";
import { go } from "./map.js";
import { clockAt } from "./times.js";
import { To, Told } from "./told.js";
import { named, number, t } from "./words.js";

const SIGNS = { draft: "✎", approved: "✓", issued: "◉", cancelled: "×", expired: "–" };
// What is not on air cannot be cancelled, and what has no text cannot be written anew.
const MAY_DO = { draft: ["approve", "edit"], approved: ["issue", "edit"], issued: ["update", "cancel"] };
const mayBeDone = (alert) => (MAY_DO[alert.state] ?? []).filter((what) => what !== "update" || !isOrder(alert));

function Alert({ alert, team, isOn, onedit }) {
  const { problem, setProblem, isBusy, run } = useDoing();
  const { me } = useApp();
  const doing = async (what) => {
    if (what === "edit" || what === "update") return onedit(alert);
    return run(async () => {
      await decide({ kind: `${what}_alert`, alert: alert.id, ...(me.kind === "facilitator" && { team: alert.team }) });
      say(t(`alert.done.${what}`));
    });
  };
  const title = titleOf(alert);
  const mine = isOn && may("decide") && (me.kind === "facilitator" || alert.team === me.team);
  const xml = `${at("alerts")}/${alert.id}.xml`;
  const fetching = (event) => {
    if (!key.get()) return;
    event.preventDefault();
    save(xml, `EXERCISE-${alert.id}.xml`).catch(setProblem);
  };
  return html`<li class=${`alert ${alert.state}`}>
    <div class="top"><span class="state"><span aria-hidden="true">${SIGNS[alert.state]}</span> ${t(`alert.state.${alert.state}`)}</span> <strong dir="auto">${title}</strong></div>
    <p class="facts"><bdi>${team}</bdi>${alert.issued_s != null ? html` · <span dir="ltr">${clockAt(alert.issued_s).short}</span>` : ""}${alert.expires_s != null ? html` <${To} /> <span dir="ltr">${clockAt(alert.expires_s).short}</span>` : ""}
      ${alert.channels ? ` · ${alert.channels.map((one) => named("channel", one)).join(", ")}` : ""}</p>
    ${alert.contents?.length > 0 && html`<details><summary>${t("alert.text")}<span class="unseen">: ${title}</span></summary>${alert.contents.map((one) => html`<p key=${one.language} lang=${one.language} dir="auto" class="prose">${one.text}</p>`)}
      <p class="note">${t("alert.identifier")}: ${(alert.message_identifiers ?? []).join(", ")}${alert.pages != null ? ` · ${t("alert.pages.label")}: ${number(alert.pages)}` : ""} · CAP status ${alert.status}</p>
      <a href=${address(xml)} onClick=${fetching}>CAP 1.2 (XML)</a></details>`}
    <div class="row acts" role="group" aria-label=${title}>
      ${mine && mayBeDone(alert).map((what) => html`<button key=${what} type="button" class=${`do-${what}`} aria-disabled=${isBusy} onClick=${() => doing(what)}>${t(`alert.${what}`)}<span class="unseen">: ${title}</span></button>`)}
      ${alert.area && html`<button type="button" onClick=${() => go(boxOf(alert.area))}>${t("map.go")}<span class="unseen">: ${title}</span></button>`}</div>
    <${Told} problem=${problem} onclose=${() => setProblem(null)} />
  </li>`;
}

export function Alerts() {
  const { exercise, alerts = [], clock } = useApp();
  const [edited, edit] = useKept("alert.edited", null);
  const isOn = clock?.state === "running" || clock?.state === "paused";
  const teams = new Map(exercise.teams.map((one) => [one.id, one.name]));
  const rank = { draft: 0, approved: 0, issued: 1 };
  const shown = [...alerts].sort((a, b) => (rank[a.state] ?? 2) - (rank[b.state] ?? 2) || (b.issued_s ?? b.drafted_s ?? 0) - (a.issued_s ?? a.drafted_s ?? 0));
  const open = (alert) => {
    forget("alert.");
    put({ drawn: null });
    edit(alert);
  };
  const close = () => {
    forget("alert.");
    edit(null);
  };
  return html`<h2>${t("alert.title")}</h2>
    ${may("decide") && clock?.state !== "ended" && !edited && html`<button type="button" class="main" id="alert-new" onClick=${() => open(blank(exercise))}>${t("alert.new")}</button>`}
    ${may("decide") && !isOn && html`<p class="note">${t("decision.not.now")}</p>`}
    ${edited && html`<${Composer} key=${edited.id ?? "new"} given=${edited} isOn=${isOn} onclose=${close} />`}
    <h3>${t("alert.list")}</h3>
    ${shown.length === 0 && html`<p>${t("alert.none")}</p>`}
    <ol class="alerts">${shown.map((one) => html`<${Alert} key=${one.id} alert=${one} team=${teams.get(one.team) ?? one.team ?? ""} isOn=${isOn} onedit=${open} />`)}</ol>`;
}
