// The evaluator's score sheet: what was expected, what was found, and what an evaluator says of it.
import { useEffect, useState } from "preact/hooks";
import { html } from "shared/html.js";
import { say, useApp } from "shared/state.js";
import { note as write, score } from "./actions.js";
import { again, may } from "./exercise.js";
import { clockAt } from "./times.js";
import { Told } from "./told.js";
import { number, t } from "./words.js";

const SIGNS = { waiting: "◷", open: "○", met: "✓", late: "◐", missed: "✕", early: "◑", judged: "✎" };

function Row({ row, teams }) {
  const [points, setPoints] = useState(row.points == null ? "" : String(row.points));
  const [note, setNote] = useState(row.comment ?? "");
  const [problem, setProblem] = useState(null);
  const [isSaved, setSaved] = useState(false);
  const isChanged = points !== (row.points == null ? "" : String(row.points)) || note !== (row.comment ?? "");
  useEffect(() => {
    setPoints(row.points == null ? "" : String(row.points));
    setNote(row.comment ?? "");
  }, [row.version, row.points]);
  const submit = async (event) => {
    event.preventDefault();
    setProblem(null);
    try {
      await score(row, { points: points === "" ? null : Number(points), comment: note });
      setSaved(true);
      say(t("score.saved"));
    } catch (error) {
      setProblem(error);
      if (error.status === 412) again("sheet");
    }
  };
  const id = `score-${row.expectation}`;
  return html`<li class=${`expectation ${row.state}`}><p><span class="state"><span aria-hidden="true">${SIGNS[row.state]}</span> ${t(`score.state.${row.state}`)}</span> <span dir="auto" id=${`${id}-text`}>${row.text}</span></p>
    <p class="facts">${row.team ? html`<bdi>${teams.get(row.team) ?? row.team}</bdi>` : t("all")}${row.due_s != null ? html` · ${t("score.due", { time: clockAt(row.due_s).short })}` : ""}${row.met_s != null ? html` · ${t("score.met.at", { time: clockAt(row.met_s).short })}` : ""}</p>
    ${may("score") ? html`<form class="row" onSubmit=${submit} aria-labelledby=${`${id}-text`}>
      <div class="field points"><label for=${id}>${t("score.points", { most: row.most })}</label><input id=${id} type="number" min="0" max=${row.most} step="0.5" dir="ltr" value=${points} onInput=${(event) => setPoints(event.target.value)} /></div>
      <div class="field note-field"><label for=${`${id}-note`}>${t("score.note")}</label><input id=${`${id}-note`} dir="auto" maxlength="2000" value=${note} onInput=${(event) => setNote(event.target.value)} /></div>
      <button disabled=${!isChanged}>${t("save")}</button>${isSaved && !isChanged && html`<small>${t("score.saved")}</small>`}</form>`
    : html`<p>${number(row.points ?? 0)} / ${number(row.most)} ${row.comment ?? ""}</p>`}
    <${Told} problem=${problem?.status === 412 ? t("score.meanwhile") : problem} />
  </li>`;
}

/** What evaluators write down for the report; a lesson comes into its table of lessons. */
function Notes() {
  const { notes = [] } = useApp();
  const [text, setText] = useState("");
  const [isLesson, setLesson] = useState(false);
  const [problem, setProblem] = useState(null);
  const submit = async (event) => {
    event.preventDefault();
    setProblem(null);
    try {
      await write(text.trim(), isLesson);
      setText("");
      say(t("score.saved"));
    } catch (error) {
      setProblem(error);
    }
  };
  return html`<section aria-labelledby="notes-head"><h3 id="notes-head">${t("note.title")}</h3>
    <form class="card" onSubmit=${submit} aria-labelledby="notes-head"><div class="field"><label for="note-text">${t("score.note")}</label>
      <textarea id="note-text" dir="auto" rows="2" maxlength="5000" value=${text} onInput=${(event) => setText(event.target.value)}></textarea></div>
      <label class="inline"><input type="checkbox" checked=${isLesson} onChange=${() => setLesson(!isLesson)} /> ${t("note.lesson")}</label>
      <${Told} problem=${problem} /> <button disabled=${!text.trim()}>${t("save")}</button></form>
    <ul class="plain">${[...notes].reverse().map((one) => html`<li key=${one.id} class="card"><p class="facts"><span dir="ltr">${clockAt(one.time_s).short}</span>${one.by?.name ? html` · <bdi>${one.by.name}</bdi>` : ""}${one.is_lesson ? ` · ${t("note.lesson.mark")}` : ""}</p><p dir="auto" class="prose">${one.text}</p></li>`)}</ul></section>`;
}

export function ScoreSheet() {
  const { exercise, sheet } = useApp();
  useEffect(() => {
    again("sheet");
    again("notes");
  }, []);
  if (!sheet) return html`<h2>${t("score.title")}</h2><p>${t("score.none")}</p>`;
  const teams = new Map(exercise.teams.map((one) => [one.id, one.name]));
  const told = new Map((exercise.objectives ?? []).map((one) => [one.id, one.text]));
  return html`<h2>${t("score.title")}</h2>
    <p class="says">${t("score.total", { part: sheet.points ?? 0, all: sheet.most ?? 0 })}</p>
    ${sheet.scores.length === 0 && html`<p>${t("score.none")}</p>`}
    ${sheet.objectives.map((one) => html`<section key=${one.id} aria-labelledby=${`objective-${one.id}`}><h3 id=${`objective-${one.id}`} dir="auto">${one.title} <small>${number(one.points)} / ${number(one.most)}</small></h3>
      ${told.get(one.id) && html`<p class="note" dir="auto">${told.get(one.id)}</p>`}
      <ul class="plain">${sheet.scores.filter((row) => row.objective === one.id).map((row) => html`<${Row} key=${row.expectation} row=${row} teams=${teams} />`)}</ul></section>`)}
    <${Notes} />`;
}
