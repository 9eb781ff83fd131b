// Choosing a run: its result is read, and its layers come onto the map, over the inputs they were made from.
import { boxOf } from "./geometry.js";
import { layerName } from "./format.js";
import { go, nameZones } from "./map.js";
import { drawing } from "./draw.js";
import { read } from "./api.js";
import { roleOf } from "./looks.js";
import { now, put, say } from "./state.js";

const AREAS = "ew4all.areas";
const BOTTOM_UP = ["population", "hazard", "area", "zones"];
const areas = JSON.parse(sessionStorage.getItem(AREAS) ?? "{}");

/** Remember the shape that a job was sent with; the service tells it to nobody. */
export function keepArea(job, shape) {
  areas[job] = shape;
  try {
    sessionStorage.setItem(AREAS, JSON.stringify(areas));
  } catch {
    // A shape too large to be kept is forgotten with the page.
  }
}

/** The layers of a run that can be drawn: of the same in several formats, one. */
export function layersOf(job) {
  const own = now().layers.filter((one) => one.job === job && (one.kind === "raster" || one.kind === "vector"));
  const stems = new Map();
  for (const layer of own) {
    const stem = layer.kind + layer.name.replace(/\.[^.]*$/, "");
    if (!stems.has(stem) || layer.name.endsWith(".gpkg")) stems.set(stem, layer);
  }
  return [...stems.values()];
}

/** Uploads that a run was made from, known by their content. */
function inputsOf(result) {
  const told = Object.values(result).flatMap((output) => output?.inputs ?? []);
  const digests = new Map(told.map((one) => [one.sha256, one.role]));
  return now().layers.filter((one) => {
    const role = digests.get(one.sha256);
    return !one.job && ["population", "hazard", "area", "cap"].includes(role) && (one.kind === "raster" || one.kind === "vector");
  });
}

const MAIN = [/^uncovered\./, /^left_out\./, /^missed\./, /^service_any\./, /^service_[^_.]+\./];

/** Of the layers of a run, those that are shown at first: all shapes, and the one raster that says most. */
function firstOf(own) {
  const rasters = own.filter((one) => one.kind === "raster");
  const main = MAIN.map((name) => rasters.find((one) => name.test(one.name))).find(Boolean) ?? rasters[0];
  return own.filter((one) => one.kind === "vector" || one === main);
}

/** Where to look: at the zones of a run, or at what goes furthest. */
function widest(own) {
  const sizes = ({ bbox: [west, south, east, north] }) => (east - west) * (north - south);
  const placed = own.filter((one) => one.bbox);
  const zones = placed.find((one) => roleOf(one) === "zones");
  return (zones ?? placed.sort((a, b) => sizes(b) - sizes(a))[0])?.bbox;
}

const height = (layer) => (layer.job ? 10 : 0) + BOTTOM_UP.indexOf(roleOf(layer));

/** Show a run. */
export async function selectRun(job) {
  put({ selected: job, tab: "results" });
  history.replaceState(null, "", `#run=${job}`);
  await showResult(job);
}

/** Read the result of a run, and put its layers onto the map. */
export async function showResult(job) {
  const status = now().jobs.find((one) => one.jobID === job);
  drawing.show(areas[job] ?? null);
  if (status?.status !== "successful") {
    // What another run has found is not shown under the name of this one.
    put({ shown: [] });
    await nameZones([], () => "");
    return;
  }
  let result = now().results[job];
  try {
    result ??= await read(`jobs/${job}/results`);
  } catch (problem) {
    put({ problem });
    return;
  }
  put(({ results }) => ({ results: { ...results, [job]: result } }));
  if (now().selected !== job) return; // somebody has chosen another one in the meantime
  const own = layersOf(job);
  const inputs = inputsOf(result);
  const wanted = [...inputs, ...firstOf(own)].sort((a, b) => height(a) - height(b));
  put({ shown: wanted.map((layer) => ({ id: layer.id, opacity: !layer.job && layer.kind === "raster" ? 0.7 : 1 })) });
  const box = widest(own) ?? (areas[job] && boxOf(areas[job]));
  if (box) go(box);
  await names(job);
}

async function names(job) {
  const zones = layersOf(job).find((one) => roleOf(one) === "zones" && "name" in (one.facts.fields ?? {}));
  let features = [];
  if (zones) {
    const path = `collections/${job}.${zones.name.replace(/\.[^.]*$/, "")}/items?limit=500`;
    ({ features } = await read(path).catch(() => ({ features: [] })));
  }
  if (now().selected !== job) return;
  await nameZones(features, (feature) => feature.properties.name ?? "");
}

/** A job has ended: show it if somebody waits for it. */
export async function follow(job, status) {
  if (now().selected !== job) return;
  if (status === "successful") {
    await selectRun(job);
    say(`The result is there: ${layersOf(job).map(layerName).join(", ")}.`);
  }
}
