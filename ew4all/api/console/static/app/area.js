// Where an alert goes: drawn, a box, a list of corners, or what the map shows. All of it works by keys alone.
import { useEffect, useRef, useState } from "preact/hooks";
import { boxOf, boxed, corners } from "shared/geometry.js";
import { html } from "shared/html.js";
import { put, say, useApp } from "shared/state.js";
import { drawing, go, view } from "./map.js";
import { t } from "./words.js";

const SIDES = ["west", "south", "east", "north"];
const limit = (degrees, i) => Math.max(i % 2 ? -90 : -180, Math.min(i % 2 ? 90 : 180, degrees));

/** A polygon of lines with longitude and latitude; throws what is wrong, in words. */
export function shapeOfLines(text) {
  const lines = text.split(/[\n;]+/).map((line) => line.trim()).filter(Boolean);
  const ring = lines.map((line, i) => {
    const pair = line.split(/[\s,]+/).filter(Boolean).map(Number);
    if (pair.length !== 2 || !pair.every(Number.isFinite)) throw new Error(t("area.bad.line", { n: i + 1 }));
    if (Math.abs(pair[0]) > 180 || Math.abs(pair[1]) > 90) throw new Error(t("area.bad.earth", { n: i + 1 }));
    return pair;
  });
  const last = ring.at(-1);
  if (ring.length > 1 && last[0] === ring[0][0] && last[1] === ring[0][1]) ring.pop();
  if (ring.length < 3) throw new Error(t("area.few"));
  return { type: "Polygon", coordinates: [[...ring, ring[0]]] };
}

const sidesOf = (shape) => (shape ? Object.fromEntries(boxOf(shape).map((degrees, i) => [SIDES[i], String(degrees)])) : {});
const linesOf = (shape) => (shape?.type === "Polygon" ? corners(shape).slice(0, -1).map((pair) => pair.join(", ")).join("\n") : "");

/** Whether an area has nothing of a box in it. */
export function isOutside(shape, box) {
  if (!shape || !box) return false;
  const [west, south, east, north] = boxOf(shape);
  return west > box[2] || east < box[0] || south > box[3] || north < box[1];
}

export function AreaField({ area, onchange, faults, id = "area" }) {
  const { drawn, isDrawing, exercise } = useApp();
  const [box, setBox] = useState(() => sidesOf(area));
  const [lines, setLines] = useState(() => linesOf(area));
  const shown = useRef(area);
  const [fault, setFault] = useState(null);
  useEffect(() => {
    if (drawn) {
      show(drawn);
      onchange(drawn);
      put({ drawn: null });
    }
  }, [drawn]);
  useEffect(() => {
    drawing.show(area);
    if (area && area !== shown.current) show(area);
  }, [area]);
  useEffect(() => () => drawing.show(null), []);
  // At once, and not in an effect of the area: that comes after the next frame, and would write over what is typed by then.
  const show = (shape) => {
    shown.current = shape;
    setBox(sidesOf(shape));
    setLines(linesOf(shape));
  };
  const take = (shape) => {
    setFault(null);
    show(shape);
    onchange(shape);
    say(t("area.has", { n: corners(shape).length - 1 }));
    go(boxOf(shape));
  };
  const useBox = () => {
    const sides = SIDES.map((side) => (box[side]?.trim() ? Number(box[side]) : NaN));
    if (!sides.every(Number.isFinite) || sides[0] >= sides[2] || sides[1] >= sides[3]) setFault(t("area.bad.box"));
    else take(boxed(sides));
  };
  const useLines = () => {
    try {
      take(shapeOfLines(lines));
    } catch (error) {
      setFault(error.message);
    }
  };
  const seen = () => {
    const here = view();
    if (here) take(boxed(here.map(limit)));
  };
  const told = fault ?? faults ?? (isOutside(area, exercise.bbox) ? t("area.outside") : null);
  return html`<fieldset id=${id} aria-describedby=${told ? `${id}-told` : undefined}><legend>${t("alert.area")}</legend>
    <div class="row"><button type="button" id="area-draw" aria-pressed=${isDrawing} onClick=${() => drawing.begin()}>${t("area.draw")}</button>
      <button type="button" onClick=${seen}>${t("area.seen")}</button>
      ${area && html`<button type="button" onClick=${() => onchange(null)}>${t("area.clear")}</button>`}</div>
    ${area && html`<p class="note">${t("area.has", { n: corners(area).length - 1 })}</p>`}
    ${told && html`<p class="problem" role="alert" id=${`${id}-told`} dir="auto">${told}</p>`}
    <details><summary>${t("area.box")}</summary><div class="row box">${SIDES.map((side) => html`<div class="field" key=${side}><label for=${`area-${side}`}>${t(`area.${side}`)}</label>
        <input id=${`area-${side}`} dir="ltr" inputmode="decimal" value=${box[side] ?? ""} onInput=${({ target }) => setBox((before) => ({ ...before, [side]: target.value }))} /></div>`)}
        <button type="button" id="area-box-use" onClick=${useBox}>${t("area.box.use")}</button></div></details>
    <details><summary>${t("area.corners")}</summary><div class="field"><label for="area-lines">${t("area.corners.label")}</label>
        <textarea id="area-lines" dir="ltr" rows="5" spellcheck=${false} value=${lines} onInput=${(event) => setLines(event.target.value)}></textarea></div>
        <button type="button" id="area-lines-use" onClick=${useLines}>${t("area.corners.use")}</button></details>
  </fieldset>`;
}
