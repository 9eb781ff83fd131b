// The evaluator's score sheet: what was expected, what was found, and what an evaluator says of it.
import { useEffect } from "preact/hooks";
import { html } from "shared/html.js";
import { say, useApp } from "shared/state.js";
import { note as write, score } from "./actions.js";
import { forget, useDoing, useKept } from "./doing.js";
import { again, may } from "./exercise.js";
import { clockAt } from "./times.js";
import { Told } from "./told.js";
import { number, t } from "./words.js";

const EVERY_MS = 5000;
const SIGNS = { waiting: "◷", open: "○", met: "✓", late: "◐", missed: "✕", early: "◑", judged: "✎", unjudged: "?" };

function Row({ row, teams }) {
  const id = `score-${row.expectation}`;
  const here = { points: row.points == null ? "" : String(row.points), note: row.comment ?? "", version: row.version };
  // What somebody is writing stays as it is, whatever is found or scored meanwhile; `version` is the one that was seen.
  const [draft, setDraft] = useKept(`score.${row.expectation}`, null);
  const { problem, isBusy, run } = useDoing();
  const { points, note, version } = draft ?? here;
  const enter = (part) => setDraft({ ...(draft ?? here), ...part });
  // What nobody can find by itself is not missed because its time has passed: it waits for somebody to judge it.
  const state = row.state === "missed" && row.is_judged && row.points == null ? "unjudged" : row.state;
  const isOld = version !== row.version;
  const isChanged = draft !== null && (points !== here.points || note !== here.note || isOld);
  const submit = (event) => {
    event.preventDefault();
    if (!isChanged) return undefined;
    return run(async () => {
      try {
        await score({ ...row, version }, { points: points === "" ? null : Number(points), comment: note });
        forget(`score.${row.expectation}`);
        setDraft(null);
        say(t("score.saved"));
      } catch (error) {
        if (error.status !== 412) throw error;
        await again("sheet");
      }
    });
  };
  const seen = () => enter({ version: row.version });
  return html`<li class=${`expectation ${state}`}><p><span class="state"><span aria-hidden="true">${SIGNS[state]}</span> ${t(`score.state.${state}`)}</span> <span dir="auto" id=${`${id}-text`}>${row.text}</span></p>
    <p class="facts">${row.team ? html`<bdi>${teams.get(row.team) ?? row.team}</bdi>` : t("all")}${row.due_s != null ? html` · ${t("score.due", { time: clockAt(row.due_s).short })}` : ""}${row.met_s != null ? html` · ${t("score.met.at", { time: clockAt(row.met_s).short })}` : ""}</p>
    ${may("score") ? html`<form class="row" onSubmit=${submit} aria-labelledby=${`${id}-text`}>
      <div class="field points"><label for=${id}>${t("score.points", { most: row.most })}</label><input id=${id} type="number" min="0" max=${row.most} step="0.5" dir="ltr" value=${points} onInput=${(event) => enter({ points: event.target.value })} /></div>
      <div class="field note-field"><label for=${`${id}-note`}>${t("score.note")}</label><input id=${`${id}-note`} dir="auto" maxlength="2000" value=${note} onInput=${(event) => enter({ note: event.target.value })} /></div>
      <button disabled=${!isChanged || isOld} aria-disabled=${isBusy}>${t("save")}</button>${row.state === "judged" && draft === null && html`<small>${t("score.saved")}${row.by ? html` <bdi>${row.by.name ?? row.by}</bdi>` : ""}</small>`}</form>
      ${isOld && html`<div class="problem" role="alert"><p>${t("score.meanwhile")}</p><p><strong>${row.points == null ? "–" : number(row.points)} / ${number(row.most)}</strong> ${row.by ? html`<bdi>${row.by.name ?? row.by}</bdi>` : ""} <span dir="auto">${row.comment ?? ""}</span></p>
        <div class="row"><button type="button" onClick=${() => setDraft(null)}>${t("inject.conflict.take")}</button><button type="button" onClick=${seen}>${t("score.keep")}</button></div></div>`}`
    : html`<p>${number(row.points ?? 0)} / ${number(row.most)} ${row.comment ?? ""}</p>`}
    <${Told} problem=${problem} />
  </li>`;
}

/** What evaluators write down for the report; a lesson comes into its table of lessons. */
function Notes() {
  const { notes = [] } = useApp();
  const [text, setText] = useKept("note.text", "");
  const [isLesson, setLesson] = useKept("note.lesson", false);
  const { problem, isBusy, run } = useDoing();
  const submit = (event) => {
    event.preventDefault();
    return run(async () => {
      await write(text.trim(), isLesson);
      setText("");
      say(t("score.saved"));
    });
  };
  return html`<section aria-labelledby="notes-head"><h3 id="notes-head">${t("note.title")}</h3>
    <form class="card" onSubmit=${submit} aria-labelledby="notes-head"><div class="field"><label for="note-text">${t("score.note")}</label>
      <textarea id="note-text" dir="auto" rows="2" maxlength="5000" value=${text} onInput=${(event) => setText(event.target.value)}></textarea></div>
      <label class="inline"><input type="checkbox" checked=${isLesson} onChange=${() => setLesson(!isLesson)} /> ${t("note.lesson")}</label>
      <${Told} problem=${problem} /> <button disabled=${!text.trim()} aria-disabled=${isBusy}>${t("save")}</button></form>
    <ul class="plain">${[...notes].reverse().map((one) => html`<li key=${one.id} class="card"><p class="facts"><span dir="ltr">${clockAt(one.time_s).short}</span>${one.by?.name ? html` · <bdi>${one.by.name}</bdi>` : ""}${one.is_lesson ? ` · ${t("note.lesson.mark")}` : ""}</p><p dir="auto" class="prose">${one.text}</p></li>`)}</ul></section>`;
}

export function ScoreSheet() {
  const { exercise, sheet, clock } = useApp();
  useEffect(() => {
    again("notes");
  }, []);
  useEffect(() => {
    // What is due, met or late follows from the time and the simulation; nobody tells it as an event.
    again("sheet");
    if (!clock?.isRunning) return undefined;
    const timer = setInterval(() => again("sheet"), EVERY_MS);
    return () => clearInterval(timer);
  }, [clock?.isRunning, clock?.state]);
  if (!sheet) return html`<h2>${t("score.title")}</h2><p>${t("score.none")}</p>`;
  const teams = new Map(exercise.teams.map((one) => [one.id, one.name]));
  const told = new Map((exercise.objectives ?? []).map((one) => [one.id, one.text]));
  return html`<h2>${t("score.title")}</h2>
    ${sheet.most > 0 && html`<p class="says">${t("score.total", { part: sheet.points ?? 0, all: sheet.most })}</p>`}
    ${sheet.scores.length === 0 && html`<p>${t("score.none")}</p>`}
    ${sheet.objectives.map((one) => html`<section key=${one.id} aria-labelledby=${`objective-${one.id}`}><h3 id=${`objective-${one.id}`} dir="auto">${one.title} <small>${number(one.points)} / ${number(one.most)}</small></h3>
      ${told.get(one.id) && html`<p class="note" dir="auto">${told.get(one.id)}</p>`}
      <ul class="plain">${sheet.scores.filter((row) => row.objective === one.id).map((row) => html`<${Row} key=${row.expectation} row=${row} teams=${teams} />`)}</ul></section>`)}
    <${Notes} />`;
}
