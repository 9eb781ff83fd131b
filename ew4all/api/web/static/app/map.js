// The map: ground, layers of the service as raster and vector tiles, names of zones, and what is being drawn.
import { Map as Chart, NavigationControl, Popup, ScaleControl } from "maplibre-gl";
import { address, credentials, read } from "./api.js";
import { addCountries, ground, lettering, namesOf } from "./basemap.js";
import { drawing } from "./draw.js";
import { number } from "./format.js";
import { lookOf } from "./looks.js";
import { put } from "./state.js";

const CALM = matchMedia("(prefers-reduced-motion: reduce)").matches;
const FIRST = "drawn-fill"; // layers of the service lie below what is drawn

let map;
let ready;
let isGrounded = false; // countries are there
let isTorn = false; // something could not be fetched
const there = new Map(); // id to the layers of it on the map, and its opacity
const tiles = new Map(); // id to its TileJSON, or the promise of it

/** Start the map; the rest of the page does not wait for it. */
export function start(container) {
  try {
    map = new Chart({
      container,
      style: ground(),
      center: [0, 15],
      zoom: 1.2,
      maxZoom: 17,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      attributionControl: { compact: false },
      fadeDuration: CALM ? 0 : 200,
      transformRequest: (url) => ({ url, headers: url.startsWith(address("")) ? credentials() : {} }),
    });
  } catch (error) {
    container.textContent = `No map: this browser gives no WebGL (${error.message}). Everything else works.`;
    container.classList.add("no-map");
    return;
  }
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.addControl(new NavigationControl({ showCompass: false }), "top-left");
  map.addControl(new ScaleControl(), "bottom-left");
  ready = map.once("load").then(() => {
    drawing.addTo(map);
    map.addSource("zone-names", { type: "geojson", data: namesOf([], () => "") });
    map.addLayer({ id: "zone-names", type: "symbol", source: "zone-names", ...lettering(12, "#1c2b33") });
    layGround();
  });
  map.on("click", tell);
  map.on("error", ({ error }) => {
    isTorn = true;
    console.warn(error?.message ?? error);
  });
}

/** Put countries under everything; where they cannot be fetched now, layers are shown without them. */
async function layGround() {
  try {
    await addCountries(map, import.meta.resolve("world-atlas"));
    isGrounded = true;
  } catch (error) {
    isTorn = true;
    console.warn(error.message);
  }
}

/** The service answers (again): fetch what could not be fetched before. */
export async function refresh() {
  await ready;
  if (!map || !isTorn) return;
  isTorn = false;
  if (!isGrounded) await layGround();
  for (const id of there.keys()) map.refreshTiles(`of:${id}`);
}

/** TileJSON of a layer, asked for once. */
export function tilesOf(id) {
  if (!tiles.has(id)) {
    const asked = read(`v1/layers/${id}/tilejson.json`);
    asked.catch(() => tiles.delete(id));
    tiles.set(id, asked);
  }
  return tiles.get(id);
}

let turn = Promise.resolve();

/** Bring the map to what should be shown: `[{layer, opacity}]`, the lowest first. */
export function show(wanted) {
  turn = turn.then(() => ready).then(() => map && bring(wanted)).catch((error) => put({ problem: error }));
  return turn;
}

async function bring(wanted) {
  const ids = new Set(wanted.map(({ layer }) => layer.id));
  for (const [id, { layers }] of there) {
    if (ids.has(id)) continue;
    for (const one of layers) map.removeLayer(one);
    map.removeSource(`of:${id}`);
    there.delete(id);
  }
  for (const { layer, opacity } of wanted) {
    if (!there.has(layer.id)) there.set(layer.id, await add(layer));
    fade(layer, opacity);
  }
  // From the top down, each below the one before: pictures at the bottom, lines over them.
  let above = FIRST;
  const ordered = [...wanted].sort((a, b) => (a.layer.kind === "vector") - (b.layer.kind === "vector"));
  for (const { layer } of ordered.reverse()) {
    for (const id of [...there.get(layer.id).layers].reverse()) {
      map.moveLayer(id, above);
      above = id;
    }
  }
}

async function add(layer) {
  const told = await tilesOf(layer.id);
  const source = `of:${layer.id}`;
  const { bounds, minzoom, maxzoom } = told;
  const home = address(`v1/layers/${layer.id}/xyz/{z}/{x}/{y}`);
  if (layer.kind === "raster") {
    const url = `${home}.png?tilesize=512`;
    map.addSource(source, { type: "raster", tiles: [url], tileSize: 512, bounds, minzoom, maxzoom });
    const paint = { "raster-resampling": "nearest", "raster-fade-duration": CALM ? 0 : 150 };
    map.addLayer({ id: source, type: "raster", source, paint }, FIRST);
    return { layers: [source] };
  }
  map.addSource(source, { type: "vector", tiles: [`${home}.mvt`], bounds, minzoom, maxzoom });
  const { color, dash, fill } = lookOf(layer);
  const common = { source, "source-layer": told.vector_layers[0].id };
  const parts = [
    { id: `${source}:fill`, type: "fill", filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": color } },
    {
      id: `${source}:line`, type: "line", filter: ["!=", ["geometry-type"], "Point"],
      paint: { "line-color": color, "line-width": 1.6, ...(dash && { "line-dasharray": dash }) },
    },
    {
      id: `${source}:point`, type: "circle", filter: ["==", ["geometry-type"], "Point"],
      paint: { "circle-color": color, "circle-radius": 4, "circle-stroke-color": "#fff", "circle-stroke-width": 1 },
    },
  ];
  for (const part of parts) map.addLayer({ ...common, ...part }, FIRST);
  return { layers: parts.map((part) => part.id), fill };
}

function fade(layer, opacity) {
  const { layers, fill } = there.get(layer.id);
  if (layer.kind === "raster") map.setPaintProperty(layers[0], "raster-opacity", opacity);
  else {
    map.setPaintProperty(layers[0], "fill-opacity", opacity * fill);
    map.setPaintProperty(layers[1], "line-opacity", opacity);
    map.setPaintProperty(layers[2], "circle-opacity", opacity);
  }
}

/** Go to a box in degrees: west, south, east, north. */
export async function go([west, south, east, north]) {
  await ready;
  if (!map) return;
  const around = [[west, south], [east < west ? east + 360 : east, north]];
  // The list of layers lies over the map: what one goes to is beside it, or, where there is no room, behind it.
  const list = document.querySelector("#layers details[open]")?.offsetWidth ?? 0;
  const right = list && map.getContainer().offsetWidth >= 2.2 * list ? list + 32 : 40;
  const padding = { top: right > 40 ? 40 : 68, bottom: 56, left: 56, right };
  map.fitBounds(around, { padding, duration: CALM ? 0 : 600, maxZoom: 14 });
}

/** The box that is seen, in degrees. */
export function view() {
  if (!map) return null;
  const b = map.getBounds();
  return [b.getWest(), b.getSouth(), b.getEast(), b.getNorth()];
}

/** Write names on zones. */
export async function nameZones(features, name) {
  await ready;
  map?.getSource("zone-names").setData(namesOf(features, name));
}

export async function resize() {
  map?.resize();
}

/** Tell what lies where somebody points: fields of the topmost shape. */
function tell(event) {
  if (drawing.isOn) return;
  const layers = [...there.values()].flatMap((one) => one.layers).filter((id) => /:(fill|point)$/.test(id));
  const [found] = map.queryRenderedFeatures(event.point, { layers });
  if (!found) return;
  const table = document.createElement("table");
  for (const [field, value] of Object.entries(found.properties).slice(0, 16)) {
    const row = table.insertRow();
    row.insertCell().textContent = field.replaceAll("_", " ");
    row.insertCell().textContent = typeof value === "number" ? number(value) : String(value);
  }
  new Popup({ maxWidth: "320px" }).setLngLat(event.lngLat).setDOMContent(table).addTo(map);
}
