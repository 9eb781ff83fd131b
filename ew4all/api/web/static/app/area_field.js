// Where the warning goes: drawn, typed, the part of the map that is seen, or a file.
import { useEffect, useState } from "preact/hooks";
import { drawing } from "./draw.js";
import { boxOf, boxed, corners, shapeOf } from "./geometry.js";
import { html } from "./html.js";
import { go, view } from "./map.js";
import { FileChoice } from "./run_form.js";
import { put, say, useApp } from "./state.js";

const DRAWN = "drawn";

export function AreaField({ value, onchange, problem }) {
  const { drawn, isDrawing, tab, layers } = useApp();
  const [text, setText] = useState("");
  const [fault, setFault] = useState(null);
  useEffect(() => {
    // On the tab of results the map shows the area of the run that is looked at.
    if (tab === "new") drawing.show(value === DRAWN ? drawn : null);
  }, [drawn, value, tab]);
  useEffect(() => {
    if (drawn) onchange(DRAWN);
  }, [drawn]);
  useEffect(() => {
    const layer = layers.find((one) => one.reference === value);
    if (layer) put(({ shown }) => (shown.some((one) => one.id === layer.id) ? {} : { shown: [...shown, { id: layer.id, opacity: 1 }] }));
    if (layer?.bbox) go(layer.bbox);
  }, [value]);
  const draw = () => {
    onchange(DRAWN);
    drawing.begin();
  };
  const take = (shape) => {
    setFault(null);
    put({ drawn: shape });
    say(`The area has ${corners(shape).length - 1} corners.`);
    go(boxOf(shape));
  };
  const typed = () => {
    try {
      take(shapeOf(text));
    } catch (error) {
      setFault(error.message);
    }
  };
  const seen = () => {
    const box = view();
    if (box) take(boxed(box.map((degrees, i) => Math.max(i % 2 ? -90 : -180, Math.min(i % 2 ? 90 : 180, Number(degrees.toFixed(5)))))));
  };
  const count = drawn ? corners(drawn).length - 1 : 0;
  return html`<fieldset><legend>Warning area</legend>
    <div class="row">
      <button type="button" id="area-draw" onClick=${draw} aria-pressed=${isDrawing}>Draw on the map</button>
      <button type="button" onClick=${seen}>Use the map view</button>
    </div>
    <details><summary>Type or paste it</summary>
      <div class="field">
        <label for="area-text">Corners, box, WKT or GeoJSON; longitude before latitude</label>
        <textarea id="area-text" rows="4" spellcheck="false" value=${text} onInput=${(event) => setText(event.target.value)}
          placeholder="-61.75, 12.0, -61.6, 12.2" aria-invalid=${Boolean(fault)} aria-describedby=${fault ? "area-fault" : undefined}></textarea>
      </div>
      <button type="button" onClick=${typed}>Use this</button>
      ${fault && html`<p class="problem" role="alert" id="area-fault">${fault}</p>`}
    </details>
    <${FileChoice} id="area" label="Area to use" role="hazard" kinds=${["vector"]} value=${value} onchange=${onchange} problem=${problem}
      first=${[[DRAWN, drawn ? `drawn or typed: ${count} corners` : "drawn or typed: nothing yet"], ["demo:area.geojson", "Demo: warning area in Grenada"]]} />
  </fieldset>`;
}
