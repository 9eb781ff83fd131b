// What is on the map: layers with their legends and opacity; and what to do while one draws.
import { useEffect, useState } from "preact/hooks";
import { drawing } from "./draw.js";
import { layerName, number } from "./format.js";
import { html } from "./html.js";
import { lookOf } from "./looks.js";
import { go, show, tilesOf } from "./map.js";
import { layersOf } from "./runs.js";
import { put, useApp } from "./state.js";

function Legend({ layer }) {
  const [legend, setLegend] = useState(null);
  useEffect(() => {
    if (layer.kind === "raster") tilesOf(layer.id).then((told) => setLegend(told.legend)).catch(() => setLegend(null));
  }, [layer.id]);
  if (layer.kind === "vector") return null;
  if (!legend) return null;
  const entries = legend.entries;
  const names = legend.colormap === "distinct";
  const ramp = names ? null : `linear-gradient(to right, ${entries.map((e) => e.color).join(", ")})`;
  return html`<div class="legend">
    ${names
      ? html`<ul>${entries.map((e) => html`<li><span class="swatch" style=${{ background: e.color }}></span>${number(e.value)}</li>`)}</ul>`
      : html`<div class="ramp" style=${{ background: ramp }}></div>
        <div class="ends"><span>${number(entries[0].value)}</span><span>${legend.unit === "people" ? "people per cell" : legend.unit}</span>
          <span>${number(entries.at(-1).value)}${legend.unit === "probability" ? "" : " or more"}</span></div>`}
  </div>`;
}

/** A short line as the layer is drawn. */
function Swatch({ layer }) {
  if (layer.kind !== "vector") return null;
  const { color, dash, fill } = lookOf(layer);
  return html`<svg class="swatch" viewBox="0 0 22 14" aria-hidden="true">
    <rect x="2" y="2" width="18" height="10" fill=${color} fill-opacity=${fill} stroke=${color} stroke-width="2" stroke-dasharray=${dash ? dash.map((d) => d * 2).join(" ") : "none"} />
  </svg>`;
}

function Layer({ layer, entry }) {
  const name = layerName(layer);
  const toggle = () => put(({ shown }) => ({
    shown: entry ? shown.filter((one) => one.id !== layer.id) : [...shown, { id: layer.id, opacity: 1 }],
  }));
  const fade = (event) => put(({ shown }) => ({
    shown: shown.map((one) => (one.id === layer.id ? { ...one, opacity: Number(event.target.value) / 100 } : one)),
  }));
  return html`<li class="layer">
    <label><input type="checkbox" checked=${Boolean(entry)} onChange=${toggle} /><${Swatch} layer=${layer} /> ${name}</label>
    ${entry && html`<div class="how">
      <input type="range" min="0" max="100" step="5" value=${Math.round(entry.opacity * 100)} onInput=${fade} aria-label=${`Opacity of ${name}, percent`} />
      ${layer.bbox && html`<button type="button" onClick=${() => go(layer.bbox)} aria-label=${`Go to ${name}`}>Go there</button>`}
    </div><${Legend} layer=${layer} />`}
  </li>`;
}

/** Whether the list is open at first: where the map has room beside it. */
const hasRoom = () => document.getElementById("stage").offsetWidth >= 650;

export function Layers() {
  const { layers, shown, selected } = useApp();
  const [isOpen, open] = useState(hasRoom);
  const drawable = layers.filter((one) => (one.kind === "raster" || one.kind === "vector") && one.bbox);
  const entries = new Map(shown.map((entry) => [entry.id, entry]));
  const wanted = shown.map((entry) => ({ layer: drawable.find((one) => one.id === entry.id), opacity: entry.opacity }));
  useEffect(() => {
    show(wanted.filter(({ layer }) => layer));
  }, [shown, layers]);
  const own = new Set(selected ? layersOf(selected).map((one) => one.id) : []);
  // The topmost comes first; layers of this run stay in the list when they are switched off.
  const top = [...shown].reverse().map((entry) => drawable.find((one) => one.id === entry.id)).filter(Boolean);
  const here = [...top, ...drawable.filter((one) => own.has(one.id) && !entries.has(one.id))];
  const rest = drawable.filter((one) => !here.includes(one) && !(one.job && /\.parquet$/.test(one.name)));
  const list = (some) => some.map((layer) => html`<${Layer} key=${layer.id} layer=${layer} entry=${entries.get(layer.id)} />`);
  if (!drawable.length) return null;
  return html`<details class="layers" open=${isOpen} onToggle=${(event) => open(event.currentTarget.open)}>
    <summary><h2>Layers and legend</h2></summary>
    <ul>${list(here)}</ul>
    ${rest.length > 0 && html`<details><summary>${rest.length} more</summary><ul>${list(rest)}</ul></details>`}
  </details>`;
}

/** What to do while one draws. */
export function Hint() {
  const { isDrawing, corners } = useApp();
  if (!isDrawing) return null;
  return html`<div class="hint">
    <p>Click the corners of the warning area. ${corners ? `${corners} so far.` : ""} Double click or <kbd>Enter</kbd> closes, <kbd>Backspace</kbd> takes one back, <kbd>Esc</kbd> ends.</p>
    <button type="button" onClick=${() => drawing.close()} disabled=${corners < 3}>Close the shape</button>
    <button type="button" onClick=${() => drawing.cancel()}>Cancel</button>
  </div>`;
}
