// Shapes from text: GeoJSON, WKT, a box of four numbers, or corners one a line. Always longitude before latitude.

const FORMS = "Give GeoJSON, WKT (POLYGON ((...))), a box (west, south, east, north), or one corner a line (longitude, latitude).";

/** A geometry from text; throws an Error that says what is wrong. */
export function shapeOf(text) {
  const written = text.trim();
  if (!written) throw new Error(`There is nothing in it. ${FORMS}`);
  const shape = written.startsWith("{") ? ofGeoJson(written) : /^[a-z]/i.test(written) ? ofWkt(written) : ofNumbers(written);
  for (const [lon, lat] of corners(shape)) {
    if (!(Math.abs(lon) <= 180 && Math.abs(lat) <= 90)) {
      throw new Error(`${lon}, ${lat} is not on the Earth: longitude comes first, and both are in degrees.`);
    }
  }
  return shape;
}

/** Every corner of a polygon or of several. */
export function corners(shape) {
  return (shape.type === "Polygon" ? [shape.coordinates] : shape.coordinates).flat(2);
}

/** The box around a shape: west, south, east, north. */
export function boxOf(shape) {
  const all = corners(shape);
  const [lons, lats] = [all.map((c) => c[0]), all.map((c) => c[1])];
  const least = (values) => values.reduce((a, b) => Math.min(a, b));
  const most = (values) => values.reduce((a, b) => Math.max(a, b));
  return [least(lons), least(lats), most(lons), most(lats)];
}

/** A rectangle. */
export function boxed([west, south, east, north]) {
  const ring = [[west, south], [east, south], [east, north], [west, north], [west, south]];
  return { type: "Polygon", coordinates: [ring] };
}

function ofGeoJson(text) {
  let given;
  try {
    given = JSON.parse(text);
  } catch (error) {
    throw new Error(`It begins like GeoJSON, but is no JSON: ${error.message}.`);
  }
  const parts = polygonsIn(given);
  if (!parts.length) throw new Error("The GeoJSON holds no polygon.");
  return together(parts);
}

function polygonsIn(value) {
  if (!value || typeof value !== "object") return [];
  if (value.type === "Polygon") return [value.coordinates];
  if (value.type === "MultiPolygon") return value.coordinates ?? [];
  if (value.type === "Feature") return polygonsIn(value.geometry);
  return (value.features ?? value.geometries ?? []).flatMap(polygonsIn);
}

function together(polygons) {
  for (const polygon of polygons) {
    if (!Array.isArray(polygon)) throw new Error("The GeoJSON holds no polygon.");
    for (const ring of polygon) closed(ring);
  }
  return polygons.length === 1
    ? { type: "Polygon", coordinates: polygons[0] }
    : { type: "MultiPolygon", coordinates: polygons };
}

function closed(ring) {
  if (!Array.isArray(ring) || !ring.length) throw new Error("A shape needs three corners.");
  const [first, last] = [ring[0], ring.at(-1)];
  if (ring.some((c) => !Array.isArray(c) || c.length < 2 || !c.every(Number.isFinite))) throw new Error("A corner is no pair of numbers.");
  if (first[0] !== last[0] || first[1] !== last[1]) ring.push([...first]);
  if (ring.length < 4) throw new Error("A shape needs three corners.");
  return ring;
}

function ofWkt(text) {
  const [, kind, body] = /^(?:SRID=4326;)?\s*(MULTIPOLYGON|POLYGON)\s*Z?\s*(\(.*\))\s*$/is.exec(text) ?? [];
  if (!kind) throw new Error(`It is neither POLYGON nor MULTIPOLYGON. ${FORMS}`);
  const pairs = body.replace(/[^\s(),]+(?:\s+[^\s(),]+)+/g, (corner) => `[${corner.split(/\s+/).slice(0, 2).join(",")}]`);
  let given;
  try {
    given = JSON.parse(pairs.replaceAll("(", "[").replaceAll(")", "]"));
  } catch {
    throw new Error("The WKT cannot be read: look at its brackets and commas.");
  }
  return together(kind.toUpperCase() === "POLYGON" ? [given] : given);
}

function ofNumbers(text) {
  const lines = text.split(/[\n;]+/).map((line) => line.trim()).filter(Boolean);
  const rows = lines.map((line) => line.split(/[\s,]+/).filter(Boolean).map(Number));
  const [row] = rows;
  if (rows.flat().some((n) => !Number.isFinite(n))) throw new Error(`There is something that is no number. ${FORMS}`);
  if (rows.length === 1 && row.length === 4) {
    if (row[0] >= row[2] || row[1] >= row[3]) throw new Error("A box is west, south, east, north: west and south are smaller.");
    return boxed(row);
  }
  const odd = rows.findIndex((one) => one.length !== 2);
  if (odd >= 0) throw new Error(`Line ${odd + 1} has ${rows[odd].length} numbers, not two. ${FORMS}`);
  return together([[rows]]);
}
