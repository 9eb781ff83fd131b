// The form for a run of `reach`: where the warning goes, who lives there, what carries it.
import { useState } from "preact/hooks";
import { execute, read, upload } from "./api.js";
import { AreaField } from "./area_field.js";
import { CoverageFields, DEMO_COVERAGE, DEMO_SHARES } from "./coverage_fields.js";
import { layerName } from "./format.js";
import { html } from "./html.js";
import { roleOf } from "./looks.js";
import { keepArea, selectRun } from "./runs.js";
import { put, say, useApp } from "./state.js";
import { Told } from "./told.js";

export const NONE = "";
const DEMO_PEOPLE = "demo:population.tif";
const DEMO_ZONES = "demo:parishes.geojson";
const UNITS = [["", "as the file says"], ["count", "people in each cell"], ["per_km2", "people per km²"], ["per_ha", "people per hectare"]];

/** Read layers and uploads anew, after one was added. */
export async function again() {
  const [{ layers }, { uploads }] = await Promise.all([read("v1/layers?limit=200"), read("v1/uploads?limit=200")]);
  put({ layers, uploads });
}

/** A choice among files of the service, with a button that brings one more. */
export function FileChoice({ id, label, role, kinds, value, onchange, first, problem }) {
  const { layers } = useApp();
  const [fault, setFault] = useState(null);
  const [isBusy, setBusy] = useState(false);
  const brought = layers.filter((one) => !one.job && kinds.includes(one.kind));
  brought.sort((a, b) => (roleOf(b) === role) - (roleOf(a) === role));
  const bring = async (event) => {
    const [file] = event.target.files;
    if (!file) return;
    setBusy(true);
    setFault(null);
    try {
      const { reference } = await upload(file, role);
      await again();
      onchange(reference);
      say(`${file.name} is uploaded.`);
    } catch (error) {
      setFault(error);
    }
    event.target.value = "";
    setBusy(false);
  };
  const told = fault ?? problem;
  return html`<div class="field">
    <label for=${id}>${label}</label>
    <div class="pair">
      <select id=${id} value=${value} onChange=${(event) => onchange(event.target.value)} aria-describedby=${told ? `${id}-told` : undefined}>
        ${first.map(([reference, title]) => html`<option value=${reference}>${title}</option>`)}
        ${brought.map((one) => html`<option value=${one.reference}>${layerName(one)}</option>`)}
      </select>
      <label class="button">${isBusy ? "Uploading…" : "Upload…"}<input type="file" class="unseen" aria-label=${`Upload a file: ${label}`} onChange=${bring} disabled=${isBusy} /></label>
    </div>
    <${Told} problem=${told} id=${`${id}-told`} />
  </div>`;
}

function ZoneFields({ zones, setZones, problem }) {
  const { layers } = useApp();
  const layer = layers.find((one) => one.reference === zones.file);
  const fields = Object.keys(layer?.facts.fields ?? {});
  const choose = (file) => setZones({ file, id: "", name: "" });
  const column = (key, label) => html`<div class="field"><label for=${`zone-${key}`}>${label}</label>
    <select id=${`zone-${key}`} value=${zones[key]} onChange=${(event) => setZones({ ...zones, [key]: event.target.value })}>
      <option value="">choose a column</option>${fields.map((field) => html`<option value=${field}>${field}</option>`)}
    </select></div>`;
  return html`<${FileChoice} id="zones" label="Zones" role="zones" kinds=${["vector"]} value=${zones.file} onchange=${choose} problem=${problem}
      first=${[[NONE, "none"], [DEMO_ZONES, "Demo: parishes of Grenada"]]} />
    ${layer && html`<div class="row">${column("id", "Identifier")}${column("name", "Name")}</div>`}`;
}

/** Inputs of `reach` from what the form holds. */
function inputsOf({ area, people, unit, coverage, zones, title }) {
  const inputs = { area, population: people };
  if (people === DEMO_PEOPLE) inputs.population_unit = "count";
  else if (unit) inputs.population_unit = unit;
  if (coverage.set === "demo") Object.assign(inputs, { coverage: DEMO_COVERAGE, operator_share: DEMO_SHARES });
  if (coverage.set === "own") {
    const rows = coverage.rows.filter((row) => row.file);
    inputs.coverage = Object.fromEntries(rows.map((row) => [row.technology + (row.operator && `:${row.operator}`), row.file]));
    const levels = rows.filter((row) => row.least !== "").map((row) => [row.technology + (row.operator && `:${row.operator}`), Number(row.least)]);
    if (levels.length) inputs.coverage_min = Object.fromEntries(levels);
  }
  if (zones.file) inputs.zones = zones.file;
  if (zones.file === DEMO_ZONES) Object.assign(inputs, { zone_id: "id", zone_name: "name" });
  else {
    if (zones.id) inputs.zone_id = zones.id;
    if (zones.name) inputs.zone_name = zones.name;
  }
  if (title.trim()) inputs.title = title.trim();
  return inputs;
}

/** The fault of an input, in words, where the service names one. */
function faultOf(problem, name) {
  const found = problem?.errors?.filter((one) => one.pointer?.split("/")[2] === name);
  return found?.length ? [...new Set(found.map((one) => one.detail))].join("; ") : null;
}

export function RunForm() {
  const { drawn } = useApp();
  const [title, setTitle] = useState("");
  const [area, setArea] = useState("drawn");
  const [people, setPeople] = useState(DEMO_PEOPLE);
  const [unit, setUnit] = useState("");
  const [coverage, setCoverage] = useState({ set: "demo", rows: [{ technology: "4g", operator: "", file: "", least: "" }] });
  const [zones, setZones] = useState({ file: DEMO_ZONES, id: "", name: "" });
  const [problem, setProblem] = useState(null);
  const [isBusy, setBusy] = useState(false);
  const fault = (name) => faultOf(problem, name);
  const hasPlace = ["area", "population", "coverage", "zones"].some(fault);
  const submit = async (event) => {
    event.preventDefault();
    const shape = area === "drawn" ? drawn : area;
    if (!shape) {
      setProblem({ errors: [{ pointer: "#/inputs/area", detail: "There is no warning area yet: draw one, type it, or choose a file." }] });
      document.getElementById("area-draw").focus();
      return;
    }
    setBusy(true);
    setProblem(null);
    try {
      const job = await execute("reach", inputsOf({ area: shape, people, unit, coverage, zones, title }));
      if (area === "drawn") keepArea(job.jobID, drawn);
      put(({ jobs }) => ({ jobs: [job, ...jobs.filter((one) => one.jobID !== job.jobID)], shown: [] }));
      say("The run was accepted.");
      await selectRun(job.jobID);
      document.getElementById("result-title")?.focus();
    } catch (error) {
      if (error.status === 401) put({ wantsKey: error.detail });
      setProblem(error);
    }
    setBusy(false);
  };
  return html`<form class="run" onSubmit=${submit} aria-labelledby="run-title">
    <h2 id="run-title">Whom does a warning reach?</h2>
    <${AreaField} value=${area} onchange=${setArea} problem=${fault("area")} />
    <fieldset><legend>People</legend>
      <${FileChoice} id="people" label="Population" role="population" kinds=${["raster"]} value=${people} onchange=${setPeople} problem=${fault("population")}
        first=${[[DEMO_PEOPLE, "Demo: people of Grenada"]]} />
      ${people !== DEMO_PEOPLE && html`<div class="field"><label for="unit">Unit</label>
        <select id="unit" value=${unit} onChange=${(event) => setUnit(event.target.value)}>${UNITS.map(([value, name]) => html`<option value=${value}>${name}</option>`)}</select></div>`}
      <${ZoneFields} zones=${zones} setZones=${setZones} problem=${fault("zones")} />
    </fieldset>
    <${CoverageFields} coverage=${coverage} setCoverage=${setCoverage} problem=${fault("coverage")} />
    <div class="field"><label for="run-name">Title <small>(if you like)</small></label>
      <input id="run-name" maxlength="200" value=${title} onInput=${(event) => setTitle(event.target.value)} /></div>
    <div class="send">
      <${Told} problem=${hasPlace ? null : problem} />
      <button class="main" disabled=${isBusy}>${isBusy ? "Sending…" : "Run"}</button>
    </div>
  </form>`;
}
