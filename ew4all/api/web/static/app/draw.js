// Drawing a polygon: click corners, close with a double click or Enter, take one back with Backspace, end with Escape.
import { put, say } from "./state.js";

const INK = "#a4246c";
const EMPTY = { type: "FeatureCollection", features: [] };
const feature = (type, coordinates) => ({ type: "Feature", properties: {}, geometry: { type, coordinates } });

const WORDS = {
  begin: () => "Drawing. Click the corners on the map; Enter closes the shape, Escape ends.",
  few: () => "A shape needs three corners.",
  closed: (corners) => `Closed: a shape with ${corners} corners.`,
  cancelled: () => "Drawing ended, nothing is kept of it.",
};

export class Drawing {
  #words;
  #moved;
  #map = null;
  #corners = [];
  #pointer = null;
  #shape = null;
  #onKey = (event) => this.#key(event);
  isOn = false;

  /** `words` say what happens; `moved` is told the ring that would be closed now, while one draws. */
  constructor(words = WORDS, moved = () => {}) {
    this.#words = words;
    this.#moved = moved;
  }

  addTo(map) {
    this.#map = map;
    map.addSource("drawn", { type: "geojson", data: EMPTY });
    map.addLayer({
      id: "drawn-fill", type: "fill", source: "drawn", filter: ["==", ["geometry-type"], "Polygon"],
      paint: { "fill-color": INK, "fill-opacity": 0.14 },
    });
    map.addLayer({
      id: "drawn-line", type: "line", source: "drawn", filter: ["!=", ["geometry-type"], "Point"],
      paint: { "line-color": INK, "line-width": 2.4, "line-dasharray": [3, 2] },
    });
    map.addLayer({
      id: "drawn-point", type: "circle", source: "drawn", filter: ["==", ["geometry-type"], "Point"],
      paint: { "circle-color": "#fff", "circle-radius": 4.5, "circle-stroke-color": INK, "circle-stroke-width": 2 },
    });
    map.on("click", (event) => this.isOn && this.#corner(event.lngLat));
    map.on("mousemove", (event) => this.isOn && this.#move(event.lngLat));
    map.on("dblclick", (event) => {
      if (!this.isOn) return;
      event.preventDefault();
      this.close();
    });
    // A page may make its map anew, in another language for instance; keys are heard once.
    document.addEventListener("keydown", this.#onKey);
    this.#paint();
  }

  begin() {
    this.isOn = true;
    this.#corners = [];
    this.#pointer = null;
    if (this.#map) this.#map.getCanvas().style.cursor = "crosshair";
    put({ isDrawing: true, corners: 0 });
    say(this.#words.begin());
    this.#paint();
  }

  close() {
    if (this.#corners.length < 3) {
      say(this.#words.few());
      return;
    }
    const ring = [...this.#corners, this.#corners[0]];
    this.#end();
    put({ drawn: { type: "Polygon", coordinates: [ring] } });
    say(this.#words.closed(ring.length - 1));
  }

  cancel() {
    this.#end();
    say(this.#words.cancelled());
  }

  /** Show a shape (GeoJSON geometry), or none. */
  show(shape) {
    this.#shape = shape;
    this.#paint();
  }

  #end() {
    this.isOn = false;
    this.#corners = [];
    if (this.#map) this.#map.getCanvas().style.cursor = "";
    put({ isDrawing: false, corners: 0 });
    this.#paint();
  }

  #corner({ lng, lat }) {
    const corner = [Number(lng.toFixed(6)), Number(lat.toFixed(6))];
    const last = this.#corners.at(-1);
    // The second click of a double click is the corner that is there already.
    if (last && this.#distance(last, corner) < 4) return;
    this.#corners.push(corner);
    put({ corners: this.#corners.length });
    this.#paint();
  }

  #distance(a, b) {
    const [p, q] = [this.#map.project(a), this.#map.project(b)];
    return Math.hypot(p.x - q.x, p.y - q.y);
  }

  #move({ lng, lat }) {
    this.#pointer = [lng, lat];
    this.#paint();
  }

  #key(event) {
    // In a field or on a button, keys mean what they always mean; only Escape ends the drawing from everywhere.
    const isElsewhere = event.target.closest?.("input, textarea, select, button, a, summary");
    if (!this.isOn || (isElsewhere && event.key !== "Escape")) return;
    if (event.key === "Enter") this.close();
    else if (event.key === "Escape") this.cancel();
    else if (event.key === "Backspace") {
      this.#corners.pop();
      put({ corners: this.#corners.length });
      this.#paint();
    } else return;
    event.preventDefault();
  }

  #paint() {
    const source = this.#map?.getSource("drawn");
    if (!source) return;
    if (!this.isOn) {
      source.setData(this.#shape ? { type: "Feature", properties: {}, geometry: this.#shape } : EMPTY);
      return;
    }
    const features = this.#corners.map((corner) => feature("Point", corner));
    const line = this.#pointer ? [...this.#corners, this.#pointer] : this.#corners;
    if (line.length > 1) features.push(feature("LineString", line));
    if (line.length > 2) {
      features.push(feature("Polygon", [[...line, line[0]]]));
      this.#moved({ type: "Polygon", coordinates: [[...line, line[0]]] });
    }
    source.setData({ type: "FeatureCollection", features });
  }
}

export const drawing = new Drawing();
