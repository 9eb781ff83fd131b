// The ground of the map: outlines of countries that come with the page, so that it works with the cable out.
import "topojson-client";

const WATER = "#e8eff3";
const LAND = "#f9f8f4";
const BORDER = "#b9b5ab";
const INK = "#5a5f63";

/** An empty style; names are drawn with a font of the machine. */
export const ground = () => ({
  version: 8,
  sources: {},
  layers: [{ id: "water", type: "background", paint: { "background-color": WATER } }],
});

/** Middle of the largest ring, for a name. */
function middle(geometry) {
  const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
  let best = [0, 0];
  let most = 0;
  for (const [ring] of polygons) {
    let area = 0;
    let x = 0;
    let y = 0;
    for (let i = 1; i < ring.length; i++) {
      const cross = ring[i - 1][0] * ring[i][1] - ring[i][0] * ring[i - 1][1];
      area += cross;
      x += (ring[i - 1][0] + ring[i][0]) * cross;
      y += (ring[i - 1][1] + ring[i][1]) * cross;
    }
    if (Math.abs(area) > most) {
      most = Math.abs(area);
      best = [x / (3 * area), y / (3 * area)];
    }
  }
  return { at: best, size: most };
}

/** Points with the names of polygons; where there is no room for all, the largest keep theirs. */
export function namesOf(features, name) {
  const points = features
    .filter((f) => f.geometry && /Polygon$/.test(f.geometry.type))
    .map((f) => {
      const { at, size } = middle(f.geometry);
      const properties = { name: name(f), size };
      return { type: "Feature", properties, geometry: { type: "Point", coordinates: at } };
    });
  return { type: "FeatureCollection", features: points };
}

/** Rings that go over the 180th meridian without a jump; one around a pole is closed at the pole. */
function unbroken(geometry) {
  const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
  for (const ring of polygons.flat()) {
    for (let i = 1; i < ring.length; i++) {
      const turns = Math.round((ring[i - 1][0] - ring[i][0]) / 360);
      if (turns) ring[i] = [ring[i][0] + 360 * turns, ring[i][1]];
    }
    const [first, last] = [ring[0], ring.at(-1)];
    if (first[0] !== last[0]) {
      const pole = Math.sign(first[1]) * 90;
      ring.push([last[0], pole], [first[0], pole], first);
    }
  }
}

/** How names look. */
export const lettering = (size, ink = INK) => ({
  layout: {
    "text-field": ["get", "name"], "text-font": ["sans-serif"], "text-size": size, "text-padding": 4,
    "text-max-width": 9, "symbol-sort-key": ["-", 0, ["get", "size"]],
  },
  paint: { "text-color": ink, "text-halo-color": "#ffffff", "text-halo-width": 1.4 },
});

const CREDIT = "Made with Natural Earth; borders imply no endorsement";

/** Put countries under everything. */
export async function addCountries(map, url, attribution = CREDIT) {
  const atlas = await (await fetch(url)).json();
  const countries = globalThis.topojson.feature(atlas, atlas.objects.countries);
  countries.features.forEach((country) => unbroken(country.geometry));
  const below = map.getStyle().layers[1]?.id;
  map.addSource("countries", {
    type: "geojson",
    data: countries,
    attribution,
  });
  map.addLayer({ id: "land", type: "fill", source: "countries", paint: { "fill-color": LAND } }, below);
  map.addLayer(
    { id: "borders", type: "line", source: "countries", paint: { "line-color": BORDER, "line-width": 0.8 } },
    below,
  );
  map.addSource("country-names", { type: "geojson", data: namesOf(countries.features, (f) => f.properties.name) });
  map.addLayer({ id: "country-names", type: "symbol", source: "country-names", ...lettering(12) }, below);
}
