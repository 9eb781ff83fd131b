// Alerts of the exercise: drafts are approved and issued, those on air are updated or cancelled.
import { useState } from "preact/hooks";
import { address, key, save } from "shared/api.js";
import { boxOf } from "shared/geometry.js";
import { html } from "shared/html.js";
import { put, say, useApp } from "shared/state.js";
import { decide } from "./actions.js";
import { Composer, blank } from "./composer.js";
import { at, may } from "./exercise.js";
import { go } from "./map.js";
import { clockAt } from "./times.js";
import { To, Told } from "./told.js";
import { named, number, people, t } from "./words.js";

const SIGNS = { draft: "✎", approved: "✓", issued: "◉", cancelled: "×", expired: "–" };
const MAY_DO = { draft: ["approve", "edit", "cancel"], approved: ["issue", "edit", "cancel"], issued: ["update", "cancel"] };

function Alert({ alert, team, onedit }) {
  const [problem, setProblem] = useState(null);
  const [isBusy, setBusy] = useState(false);
  const { me } = useApp();
  const doing = async (what) => {
    if (what === "edit" || what === "update") return onedit(alert);
    setBusy(true);
    setProblem(null);
    try {
      await decide({ kind: `${what}_alert`, alert: alert.id, ...(me.kind === "facilitator" && { team: alert.team }) });
      say(t(`alert.done.${what}`));
    } catch (error) {
      setProblem(error);
    }
    setBusy(false);
    return undefined;
  };
  const mine = may("decide") && (me.kind === "facilitator" || alert.team === me.team);
  const xml = `${at("alerts")}/${alert.id}.xml`;
  const fetching = (event) => {
    if (!key.get()) return;
    event.preventDefault();
    save(xml, `EXERCISE-${alert.id}.xml`).catch(setProblem);
  };
  return html`<li class=${`alert ${alert.state}`}>
    <div class="top"><span class="state"><span aria-hidden="true">${SIGNS[alert.state]}</span> ${t(`alert.state.${alert.state}`)}</span> <strong dir="auto">${alert.headline}</strong></div>
    <p class="facts"><bdi>${team}</bdi>${alert.issued_s != null ? html` · <span dir="ltr">${clockAt(alert.issued_s).short}</span>` : ""}${alert.expires_s != null ? html` <${To} /> <span dir="ltr">${clockAt(alert.expires_s).short}</span>` : ""}
      ${alert.channels ? ` · ${alert.channels.map((one) => named("channel", one)).join(", ")}` : ""}</p>
    ${alert.contents && html`<details><summary>${t("alert.text")}<span class="unseen">: ${alert.headline}</span></summary>${alert.contents.map((one) => html`<p key=${one.language} lang=${one.language} dir="auto" class="prose">${one.text}</p>`)}
      <p class="note">${t("alert.identifier")}: ${(alert.message_identifiers ?? []).join(", ")}${alert.pages != null ? ` · ${t("alert.pages.label")}: ${number(alert.pages)}` : ""} · CAP status ${alert.status}</p>
      <a href=${address(xml)} onClick=${fetching}>CAP 1.2 (XML)</a></details>`}
    ${alert.reach && html`<p class="note">${t("figure.warned")}: ${people(alert.reach.warned)} · ${t("figure.over_reach")}: ${people(alert.reach.over_reach)}</p>`}
    <div class="row acts" role="group" aria-label=${alert.headline}>
      ${mine && (MAY_DO[alert.state] ?? []).map((what) => html`<button key=${what} type="button" class=${`do-${what}`} disabled=${isBusy} onClick=${() => doing(what)}>${t(`alert.${what === "update" ? "update" : what}`)}<span class="unseen">: ${alert.headline}</span></button>`)}
      ${alert.area && html`<button type="button" onClick=${() => go(boxOf(alert.area))}>${t("map.go")}<span class="unseen">: ${alert.headline}</span></button>`}</div>
    <${Told} problem=${problem} onclose=${() => setProblem(null)} />
  </li>`;
}

export function Alerts() {
  const { exercise, alerts = [] } = useApp();
  const [edited, edit] = useState(null);
  const teams = new Map(exercise.teams.map((one) => [one.id, one.name]));
  const rank = { draft: 0, approved: 0, issued: 1 };
  const shown = [...alerts].sort((a, b) => (rank[a.state] ?? 2) - (rank[b.state] ?? 2) || (b.issued_s ?? b.drafted_s ?? 0) - (a.issued_s ?? a.drafted_s ?? 0));
  const begin = () => {
    put({ drawn: null });
    edit(blank(exercise));
  };
  return html`<h2>${t("alert.title")}</h2>
    ${may("decide") && !edited && html`<button type="button" class="main" id="alert-new" onClick=${begin}>${t("alert.new")}</button>`}
    ${edited && html`<${Composer} key=${edited.id ?? "new"} given=${edited} onclose=${() => edit(null)} />`}
    <h3>${t("alert.list")}</h3>
    ${shown.length === 0 && html`<p>${t("alert.none")}</p>`}
    <ol class="alerts">${shown.map((one) => html`<${Alert} key=${one.id} alert=${one} team=${teams.get(one.team) ?? one.team ?? ""} onedit=${edit} />`)}</ol>`;
}
