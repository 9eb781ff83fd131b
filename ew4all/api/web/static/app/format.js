// Numbers, times and names for people.

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const small = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });
const percent = new Intl.NumberFormat("en", { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 });
const time = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });

export const people = (value) => (value == null ? "not known" : whole.format(Math.round(value)));
export const number = (value) => (Math.abs(value) >= 1000 ? whole : small).format(value);
export const share = (part, all) => (all > 0 ? percent.format(part / all) : "–");
export const when = (text) => time.format(new Date(text));

export function bytes(count) {
  if (count < 1000) return `${count} B`;
  return count < 1e6 ? `${number(count / 1e3)} kB` : `${number(count / 1e6)} MB`;
}

/** A time that passes, from seconds. */
export function duration(seconds) {
  if (seconds < 90) return `${whole.format(seconds)} s`;
  if (seconds < 5400) return `${whole.format(seconds / 60)} min`;
  const minutes = Math.round(seconds / 60);
  return `${Math.trunc(minutes / 60)} h ${minutes % 60} min`;
}

const NAMES = {
  uncovered: "People without signal",
  left_out: "People whom no channel reaches",
  missed: "People who are missed",
  unserved: "People without service",
  over_reach: "People outside of the area who get it",
  zones: "Zones",
  covered: "People with signal",
  cells: "Cells of the network",
  population: "People",
};

/** Name of a layer for people. */
export function layerName(layer) {
  const stem = layer.name.replace(/^.*\//, "").replace(/\.[^.]*$/, "");
  if (layer.job && layer.kind === "vector" && stem === "over_reach") return "Where it is heard outside of the area";
  return layer.job && NAMES[stem] ? NAMES[stem] : stem.replaceAll("_", " ");
}

const WANTED = ["html", "pdf", "png", "csv", "xlsx", "gpkg", "tif", "geojson", "parquet", "json"];
const ending = (name) => name.replace(/^.*\./, "").toLowerCase();

/** Files as most people want them: to read and to look at first, figures for programs last. */
export function filesInOrder(files) {
  const place = ({ name }) => (WANTED.indexOf(ending(name)) + WANTED.length + 1) % (WANTED.length + 1);
  return [...files].sort((a, b) => place(a) - place(b) || a.name.localeCompare(b.name));
}

export const STATUS = {
  accepted: { word: "waiting", sign: "◷" },
  running: { word: "running", sign: "▶" },
  successful: { word: "done", sign: "✓" },
  failed: { word: "failed", sign: "✕" },
  dismissed: { word: "dismissed", sign: "–" },
};

export const STEPS = {
  at_risk: "At risk",
  in_area: "In the warning area",
  covered: "Has a signal",
  network_broadcasts: "Network sends it",
  has_phone: "Has a phone",
  device_capable: "Phone can show it",
  device_on: "Phone is on",
  not_opted_out: "Alerts not switched off",
  received: "Message gets in",
  noticed: "Notices it",
  has_signal: "Has a signal",
  on_air: "Message is on air",
  has_receiver: "Has a receiver",
  in_time: "In time to act",
};
