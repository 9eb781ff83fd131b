// The map of the exercise at its time: hazard, people, cell sites, alert areas, people who were missed, and what is drawn.
// Signs differ in shape, dash or hatch as well as in colour (Okabe and Ito), so that colour is never alone.
import { Map as Chart, NavigationControl, ScaleControl } from "maplibre-gl";
import { read } from "shared/api.js";
import { addCountries, ground, lettering, namesOf } from "shared/basemap.js";
import { Drawing } from "shared/draw.js";
import { now, put, subscribe } from "shared/state.js";
import { LAYERS, at, may } from "./exercise.js";
import { t } from "./words.js";

const CALM = matchMedia("(prefers-reduced-motion: reduce)").matches;
const EMPTY = { type: "FeatureCollection", features: [] };
const FIRST = "drawn-fill";
const LEAST_MS = { missed: 10_000 }; // a layer is not read more often than this, or than each 2 s
const METRES_PER_DEGREE = 111_320;
const TRUTH = new Set(["hazard", "missed"]);
const GREYS = ["#eceff1", "#90a4ae", "#455a64"];

export const INKS = { hazard: "#0072b2", missed: "#b3470a", up: "#00785a", battery: "#8a5a00", down: "#111111", alerts: "#a4246c", people: "#90a4ae", zones: "#37474f" };

const of = (...values) => ["in", ["get", values[0]], ["literal", values.slice(1)]];
const STYLES = {
  people: [{ type: "fill", paint: { "fill-antialias": false, "fill-color": ["interpolate", ["linear"], ["ln", ["+", 1, ["get", "people"]]], 0, GREYS[0], 4, GREYS[1], 8, GREYS[2]], "fill-opacity": 0.75 } }],
  zones: [{ type: "fill", paint: { "fill-color": "#f9f8f4" } }, { type: "line", paint: { "line-color": INKS.zones, "line-width": 0.8 } }],
  hazard: [
    { type: "fill", filter: of("kind", "footprint"), paint: { "fill-color": INKS.hazard, "fill-opacity": 0.08 } },
    { type: "line", filter: of("kind", "footprint"), paint: { "line-color": INKS.hazard, "line-width": 1.2, "line-dasharray": [1, 1.5] } },
    { type: "fill", filter: of("kind", "arrived"), paint: { "fill-color": INKS.hazard, "fill-opacity": 0.25 } },
    { type: "line", filter: of("kind", "front"), paint: { "line-color": INKS.hazard, "line-width": 3.5 } },
  ],
  missed: [{ type: "fill", paint: { "fill-antialias": false, "fill-color": INKS.missed, "fill-opacity": ["interpolate", ["linear"], ["/", ["get", "missed"], ["max", 0.001, ["get", "at_risk"]]], 0, 0, 1, 0.85] } }],
  alerts: [
    { type: "fill", paint: { "fill-color": INKS.alerts, "fill-opacity": ["match", ["get", "state"], "issued", 0.12, 0.03] } },
    { type: "line", paint: { "line-color": INKS.alerts, "line-width": ["match", ["get", "state"], "issued", 2.6, 1.4], "line-dasharray": [4, 1.5] } },
  ],
  cells: [
    { type: "circle", filter: of("state", "up", "battery"), paint: { "circle-radius": 4.5, "circle-color": ["match", ["get", "state"], "battery", "#ffffff", INKS.up],
      "circle-stroke-color": ["match", ["get", "state"], "battery", INKS.battery, "#ffffff"], "circle-stroke-width": ["match", ["get", "state"], "battery", 2.2, 1] } },
    { type: "symbol", filter: of("state", "down"), layout: { "text-field": "✕", "text-font": ["sans-serif"], "text-size": 15, "text-allow-overlap": true, "text-ignore-placement": true },
      paint: { "text-color": INKS.down, "text-halo-color": "#ffffff", "text-halo-width": 2 } },
  ],
};

export const drawing = new Drawing(
  {
    begin: () => t("area.drawing"),
    few: () => t("area.few"),
    closed: (n) => t("area.has", { n }),
    cancelled: () => t("area.cancelled"),
  },
  (shape) => put({ sketch: shape }),
);

let map = null;
let ready;
const has = new Map(); // layer to the tag of what is shown
const asked = new Map(); // layer to when it was last read
const seen = new Map(); // layer to whether it is shown
let fitted = null;

/** Layers that one may see. */
export const layersHere = () => LAYERS.filter((name) => !TRUTH.has(name) || may("truth"));

/** Begin in a box of the page; nothing else waits for it. */
export function start(container) {
  stop();
  try {
    map = new Chart({
      container, style: ground(), center: [0, 15], zoom: 1.2, maxZoom: 16, dragRotate: false, pitchWithRotate: false, touchPitch: false,
      attributionControl: { compact: true }, fadeDuration: CALM ? 0 : 200,
      locale: { "NavigationControl.ZoomIn": t("map.in"), "NavigationControl.ZoomOut": t("map.out"), "Map.Title": t("map.title"), "AttributionControl.ToggleAttribution": t("map.sources") },
    });
  } catch {
    container.textContent = t("nowebgl");
    container.classList.add("no-map");
    return stop;
  }
  const here = map;
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.addControl(new NavigationControl({ showCompass: false }), document.documentElement.dir === "rtl" ? "top-right" : "top-left");
  map.addControl(new ScaleControl(), "bottom-left");
  map.on("error", ({ error }) => console.warn(error?.message ?? error));
  ready = map.once("load").then(async () => {
    drawing.addTo(here);
    for (const name of LAYERS) prepare(name);
    here.moveLayer("zones:1", "cells:0"); // borders of zones over the squares, below the sites
    here.addSource("zone-names", { type: "geojson", data: EMPTY });
    here.addLayer({ id: "zone-names", type: "symbol", source: "zone-names", ...lettering(12, "#1c2b33") });
    bring();
    await addCountries(here, import.meta.resolve("world-atlas"), t("map.credit"));
  });
  const leave = subscribe(bring);
  const watch = new ResizeObserver(() => here.resize());
  watch.observe(container);
  fit();
  return () => {
    leave();
    watch.disconnect();
    stop();
  };
}

function stop() {
  map?.remove();
  map = null;
  has.clear();
  asked.clear();
  seen.clear();
  fitted = null;
}

function prepare(name) {
  map.addSource(name, { type: "geojson", data: EMPTY });
  STYLES[name].forEach((style, i) => map.addLayer({ id: `${name}:${i}`, source: name, ...style }, FIRST));
}

/** Read what is another than what is shown, of the layers that are wanted. */
function bring() {
  const { tags = {}, hidden = [], exercise, phase } = now();
  if (!map?.getSource("zone-names") || !exercise || phase === "opening") return;
  if (exercise.bbox && fitted !== exercise.id) fit();
  for (const name of layersHere()) {
    const isOn = !hidden.includes(name);
    if (seen.get(name) !== isOn) STYLES[name].forEach((_, i) => map.setLayoutProperty(`${name}:${i}`, "visibility", isOn ? "visible" : "none"));
    seen.set(name, isOn);
    const tag = tags[name] ?? (name === "people" || name === "zones" ? "first" : undefined);
    if (isOn && tag !== undefined && has.get(name) !== tag) load(name, tag);
  }
}

async function load(name, tag) {
  const least = LEAST_MS[name] ?? 2000;
  const wait = least - (performance.now() - (asked.get(name) ?? -least));
  if (wait > 0) {
    if (!has.get(`${name}?`)) {
      has.set(`${name}?`, true);
      setTimeout(() => {
        has.delete(`${name}?`);
        bring();
      }, wait);
    }
    return;
  }
  const here = map;
  asked.set(name, performance.now());
  has.set(name, tag);
  try {
    const found = await read(at(`geo/${name}`));
    if (here !== map) return;
    map.getSource(name).setData(found.square_m ? squares(found) : found);
    if (name === "zones") map.getSource("zone-names").setData(namesOf(found.features, (one) => one.properties.name ?? ""));
    put(({ shapes = {} }) => ({ shapes: { ...shapes, [name]: name === "people" || name === "missed" ? { time_s: found.time_s } : found } }));
  } catch (problem) {
    has.delete(name);
    if (problem.status !== 503 && problem.code !== "away") console.warn(problem.message);
  }
}

/** Squares of which the service tells the middle and the side, as polygons. */
function squares({ square_m, features, ...more }) {
  const out = features.map((one) => {
    if (one.geometry.type !== "Point") return one;
    const [lon, lat] = one.geometry.coordinates;
    const y = square_m / 2 / METRES_PER_DEGREE;
    const x = y / Math.cos((lat * Math.PI) / 180);
    const ring = [[lon - x, lat - y], [lon + x, lat - y], [lon + x, lat + y], [lon - x, lat + y], [lon - x, lat - y]];
    return { ...one, geometry: { type: "Polygon", coordinates: [ring] } };
  });
  return { ...more, features: out };
}

/** Show all of the exercise. */
export async function fit() {
  const { exercise } = now();
  await ready;
  if (!map || !exercise?.bbox) return;
  fitted = exercise.id;
  go(exercise.bbox);
}

export function go([west, south, east, north]) {
  // The key lies over the map: what one goes to is beside it, where there is room.
  const key = document.getElementById("layers")?.offsetWidth ?? 0;
  const beside = map && map.getContainer().offsetWidth > 2.2 * key ? key + 20 : 40;
  const isRight = document.documentElement.dir !== "rtl";
  const padding = { top: 30, bottom: 40, left: isRight ? 40 : beside, right: isRight ? beside : 40 };
  map?.fitBounds([[west, south], [east < west ? east + 360 : east, north]], { padding, duration: CALM ? 0 : 500, maxZoom: 14 });
}

/** The box that is seen, in degrees. */
export function view() {
  if (!map) return null;
  const box = map.getBounds();
  return [box.getWest(), box.getSouth(), box.getEast(), box.getNorth()].map((one) => Number(one.toFixed(5)));
}
