// How layers look: colours that can be told apart by all (Okabe and Ito), and with them dashes, so that colour is never alone.
import { now } from "./state.js";

const BY_ROLE = {
  zones: { color: "#37474f", fill: 0.0, title: "outline" },
  area: { color: "#a4246c", dash: [3, 2], fill: 0.06, title: "warning area" },
  hazard: { color: "#0072b2", dash: [1, 1.5], fill: 0.08, title: "hazard" },
  coverage: { color: "#00785a", fill: 0.25, title: "coverage" },
  sites: { color: "#37474f", fill: 0.0, title: "sites" },
};
const OTHERS = ["#0072b2", "#a4246c", "#00785a", "#8a5a00", "#5b4a9e"];

/** What a layer is for: the role of an upload, and of results what their names say. */
export function roleOf(layer) {
  const own = now().uploads.find((one) => one.id === layer.id)?.role;
  if (own && own !== "other") return own;
  if (/zones/.test(layer.name)) return "zones";
  if (/area|alert/i.test(layer.name)) return "area";
  return own ?? "other";
}

/** `{color, dash, fill}` of a vector layer. */
export function lookOf(layer) {
  const known = BY_ROLE[roleOf(layer)];
  if (known) return known;
  const sum = [...layer.id].reduce((total, letter) => total + letter.charCodeAt(0), 0);
  return { color: OTHERS[sum % OTHERS.length], fill: 0.12 };
}
