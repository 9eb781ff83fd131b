// A list of injects out of a spreadsheet: looked at first, its columns put in place, then taken as a whole or not at all.
import { useState } from "preact/hooks";
import { html } from "shared/html.js";
import { say } from "shared/state.js";
import { injects as act } from "./actions.js";
import { useFocus } from "./doing.js";
import { again } from "./exercise.js";
import { FileField, Told } from "./told.js";
import { named, t } from "./words.js";

/** Rows that are wrong, each in its place. */
export function RowFaults({ problem }) {
  const rows = problem?.errors?.filter((one) => one.row !== undefined || one.line !== undefined || one.pointer) ?? [];
  if (!rows.length) return html`<${Told} problem=${problem} />`;
  return html`<div class="problem" role="alert"><p>${t("import.wrong", { n: rows.length })}</p>
    <ul>${rows.slice(0, 50).map((one, i) => html`<li key=${i}><bdi>${placeOf(one)}</bdi>: <span dir="auto">${one.detail}</span></li>`)}</ul></div>`;
}

const placeOf = ({ sheet, row, line, column, pointer }) => {
  if (row === undefined && line === undefined) return pointer;
  return [sheet, t("import.row", { n: row ?? line }), column].filter((one) => one !== undefined && one !== null && one !== "").join(", ");
};

export function InjectImport({ onclose }) {
  const [file, setFile] = useState(null);
  const [map, setMap] = useState({});
  const [told, setTold] = useState(null);
  const [problem, setProblem] = useState(null);
  const [isBusy, setBusy] = useState(false);
  const box = useFocus("inject-import");
  const query = (isDry, of = map) => {
    const asked = new URLSearchParams();
    if (isDry) asked.set("dry_run", "true");
    for (const [column, field] of Object.entries(of)) if (field) asked.append("map", `${column}:${field}`);
    return asked;
  };
  const run = async (isDry, one = file, of = map) => {
    setBusy(true);
    setProblem(null);
    try {
      const answer = await act.import(one, query(isDry, of));
      setTold(answer);
      if (!isDry) {
        await again("injects");
        say(t("import.done", { n: (answer.added ?? 0) + (answer.changed ?? 0) }));
        onclose();
      }
    } catch (error) {
      if (error.more?.columns) setTold(error.more);
      setProblem(error);
    }
    setBusy(false);
  };
  const choose = (event) => {
    const [one] = event.target.files;
    if (!one) return;
    setFile(one);
    setMap({});
    setTold(null);
    run(true, one, {});
  };
  const turn = (column, field) => {
    const of = { ...map, [column]: field };
    setMap(of);
    run(true, file, of);
  };
  const columns = told ? [...(told.columns ?? []), ...(told.unmapped ?? []).map((column) => ({ column, field: map[column] ?? "" }))] : [];
  return html`<section class="card" tabindex="-1" ref=${box} aria-label=${t("inject.import")}>
    <${FileField} id="import-file" label=${t("lobby.file")} accept=".xlsx,.csv" file=${file} onchange=${choose} isBusy=${isBusy} />
    <p role="status" class="note">${isBusy ? t("import.looking") : ""}</p>
    <${RowFaults} problem=${problem} />
    ${columns.length > 0 && html`<fieldset><legend>${t("lobby.column")}</legend>${columns.map(({ column, field }, i) => html`<div class="row mapped" key=${column}>
        <label for=${`column-${i}`} dir="auto">${column}</label>
        <select id=${`column-${i}`} value=${field} onChange=${(event) => turn(column, event.target.value)}>
          <option value="">${t("import.leave")}</option>
          ${(told.fields ?? []).map((one) => html`<option key=${one} value=${one}>${named("field", one)}</option>`)}</select></div>`)}</fieldset>`}
    ${told && !problem && html`<p>${t("import.would", { added: told.added ?? 0, changed: told.changed ?? 0, unchanged: told.unchanged ?? 0 })}</p>
      ${told.notes?.length > 0 && html`<ul>${told.notes.map((one, i) => html`<li key=${i} dir="auto">${one}</li>`)}</ul>`}`}
    <div class="row"><button type="button" class="main" disabled=${!file || isBusy || Boolean(problem) || !told} onClick=${() => run(false)}>${t("import.take")}</button>
      <button type="button" onClick=${onclose}>${t("cancel")}</button></div></section>`;
}
