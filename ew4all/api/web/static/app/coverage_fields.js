// What carries the warning: the networks of the demo, or layers of one's own by technology and operator.
import { html } from "./html.js";
import { FileChoice, NONE } from "./run_form.js";
import { Told } from "./told.js";

export const DEMO_COVERAGE = {
  "2g:Operator A": "demo:coverage_2g_a.tif",
  "3g:Operator A": "demo:coverage_3g_a.tif",
  "4g:Operator A": "demo:coverage_4g_a.tif",
  "2g:Operator B": "demo:coverage_2g_b.gpkg",
  "4g:Operator B": "demo:coverage_4g_b.gpkg",
};
export const DEMO_SHARES = { "Operator A": 0.55, "Operator B": 0.45 };

const SETS = [["demo", "Demo: two operators in Grenada, 2G to 4G"], ["own", "layers of your own"], ["none", "none: count people only"]];
const TECHNOLOGIES = ["2g", "3g", "4g", "5g"];

export function CoverageFields({ coverage, setCoverage, problem }) {
  const { set, rows } = coverage;
  const change = (at, part) => setCoverage({ set, rows: rows.map((row, i) => (i === at ? { ...row, ...part } : row)) });
  const add = () => setCoverage({ set, rows: [...rows, { technology: "4g", operator: "", file: "", least: "" }] });
  const drop = (at) => setCoverage({ set, rows: rows.filter((_, i) => i !== at) });
  return html`<fieldset><legend>Mobile coverage</legend>
    <div class="field"><label for="coverage">Networks</label>
      <select id="coverage" value=${set} onChange=${(event) => setCoverage({ set: event.target.value, rows })}>
        ${SETS.map(([value, title]) => html`<option value=${value}>${title}</option>`)}
      </select></div>
    ${set === "own" && rows.map((row, i) => html`<div class="network" role="group" aria-label=${`Layer ${i + 1}`}>
      <div class="row">
        <div class="field"><label for=${`technology-${i}`}>Technology</label>
          <select id=${`technology-${i}`} value=${row.technology} onChange=${(event) => change(i, { technology: event.target.value })}>
            ${TECHNOLOGIES.map((one) => html`<option value=${one}>${one.toUpperCase()}</option>`)}</select></div>
        <div class="field"><label for=${`operator-${i}`}>Operator <small>(if known)</small></label>
          <input id=${`operator-${i}`} maxlength="100" value=${row.operator} onInput=${(event) => change(i, { operator: event.target.value.trim() })} /></div>
        <div class="field"><label for=${`least-${i}`}>Least level, dBm</label>
          <input id=${`least-${i}`} type="number" step="any" value=${row.least} onInput=${(event) => change(i, { least: event.target.value })} /></div>
      </div>
      <${FileChoice} id=${`layer-${i}`} label="Layer" role="coverage" kinds=${["raster", "vector"]} value=${row.file}
        onchange=${(file) => change(i, { file })} first=${[[NONE, "choose or upload"]]} />
      ${rows.length > 1 && html`<button type="button" onClick=${() => drop(i)}>Take this layer out</button>`}
    </div>`)}
    ${set === "own" && html`<button type="button" onClick=${add}>Add a layer</button>`}
    <${Told} problem=${problem} />
  </fieldset>`;
}
