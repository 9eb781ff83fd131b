// After action: one click makes the report, beside the exercise; its files are saved from here.
import { useEffect, useRef } from "preact/hooks";
import { html } from "shared/html.js";
import { say, useApp } from "shared/state.js";
import { makeReport } from "./actions.js";
import { useDoing } from "./doing.js";
import { again, at, may } from "./exercise.js";
import { File } from "./file.js";
import { Told } from "./told.js";
import { dayAndTime, number, t } from "./words.js";

const ASKED_MS = 1500;
const DOCUMENTS = ["report.pdf", "report.docx", "report.html"];

const kindOf = (name) => name.split(".").at(-1).toUpperCase();
const size = (bytes) => t("report.size", { count: number(Math.max(1, Math.round(bytes / 1000))) });
const rank = ({ name }) => (DOCUMENTS.includes(name) ? DOCUMENTS.indexOf(name) : DOCUMENTS.length);

function Files({ files }) {
  const ordered = [...files].sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
  const named = (name) => (DOCUMENTS.includes(name) ? t("report.document", { kind: kindOf(name) }) : name);
  return ordered.map((one) => html`<li key=${one.name}><${File} href=${one.href} title=${named(one.name)} name=${`EXERCISE-${one.name}`} /> <small>${size(one.size)}</small></li>`);
}

export function Report() {
  const { sheet, report, clock } = useApp();
  const { problem, isBusy, run } = useDoing();
  const state = report?.state;
  const isMaking = state === "running";
  useEffect(() => {
    again("report");
  }, []);
  useEffect(() => {
    if (!isMaking) return undefined;
    const timer = setInterval(() => again("report"), ASKED_MS);
    return () => clearInterval(timer);
  }, [isMaking]);
  const before = useRef(state);
  useEffect(() => {
    // Only whoever waited for it is told, and only when there is one.
    if (before.current === "running" && state === "done") say(t("report.made"));
    before.current = state;
  }, [state]);
  const hasBegun = clock && clock.state !== "ready";
  return html`<h2>${t("report.title")}</h2>
    ${sheet?.most > 0 && html`<p class="says">${t("score.total", { part: sheet.points ?? 0, all: sheet.most ?? 0 })}</p>`}
    ${may("truth") && html`<p>${t("report.says")}</p>
      <p><button type="button" id="report-make" class="main" disabled=${!hasBegun || isMaking || isBusy} aria-describedby=${hasBegun ? undefined : "report-early"} onClick=${() => run(makeReport)}>${t(state === "done" ? "report.again" : "report.make")}</button></p>
      ${!hasBegun && html`<p class="note" id="report-early">${t("report.early")}</p>`}
      <p role="status">${isMaking ? t("report.making") : state === "done" ? t("report.told", { n: report.events, time: dayAndTime(report.created) }) : ""}</p>
      <${Told} problem=${problem ?? (state === "failed" ? t("report.failed", { told: report.problem }) : null)} />`}
    <h3>${t("report.files")}</h3>
    <ul class="files">${state === "done" && html`<${Files} files=${report.files} />`}
      ${may("log") && html`<li><${File} href=${at("log")} title=${t("report.log")} name="EXERCISE-log.jsonl" /></li>`}</ul>`;
}
