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

const NAMES = {
  uncovered: "People without signal",
  zones: "Zones",
  covered: "People with signal",
  population: "People",
};

/** Name of a layer for people. */
export function layerName(layer) {
  const stem = layer.name.replace(/^.*\//, "").replace(/\.[^.]*$/, "");
  return layer.job && NAMES[stem] ? NAMES[stem] : stem.replaceAll("_", " ");
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
};
