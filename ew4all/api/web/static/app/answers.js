// What the result of each process says: sentences, and bars with the table behind each.
import { STEPS, duration, number, people, share } from "./format.js";
import { html } from "./html.js";

/** Rows of bars by zone: only zones with anything of it, the most first. */
function byZone(zones, value, all, cells) {
  const listed = zones.filter((zone) => all(zone) > 0).sort((a, b) => value(b) - value(a));
  return listed.map((zone) => ({
    name: zone.name ?? zone.id, value: value(zone), note: share(value(zone), all(zone)), cells: cells(zone),
  }));
}

/** Rows of bars of parts of one whole: `[[name, count], ...]`. */
const parts = (some, all) => some
  .filter(([, count]) => count != null)
  .map(([name, count]) => ({ name, value: count, note: share(count, all), cells: [people(count), share(count, all)] }));

function steps(waterfall) {
  return waterfall.map(({ step, people: count, lost }) => ({
    name: STEPS[step] ?? step.replaceAll("_", " "), value: count, note: share(count, waterfall[0].people), cells: [people(count), people(lost)],
  }));
}

/** What a reach says of its people, in words. */
function sentencesOf({ people: n, area_km2: area }) {
  const out = [];
  const any = n.covered?.any;
  if (n.in_area != null) {
    out.push(html`<strong>${people(n.in_area)} people</strong> are in the warning area${area ? ` of ${number(area)} km²` : ""}.`);
  } else if (n.at_risk != null) out.push(html`<strong>${people(n.at_risk)} people</strong> are at risk.`);
  if (any != null) {
    const all = n.in_area ?? n.at_risk;
    out.push(html`${people(any)} of them (${share(any, all)}) have a mobile signal that can carry it; <strong>${people(n.uncovered)} have none</strong>.`);
  }
  if (n.at_risk != null && n.in_area != null) {
    const missed = n.at_risk - (n.at_risk_in_area ?? 0);
    out.push(html`Of ${people(n.at_risk)} people at risk, <strong>${people(missed)}</strong> are outside of the warning area.`);
  }
  return out;
}

function reach(said) {
  const { people: n, zones = [], waterfall = [], operators = [] } = said;
  const hasSignal = n.uncovered != null;
  const inside = (zone) => zone.people.in_area;
  const rows = byZone(zones, hasSignal ? (zone) => zone.people.uncovered : inside, inside, ({ people: z }) => [
    people(z.in_area), ...(hasSignal ? [people(z.covered.any), people(z.uncovered), share(z.uncovered, z.in_area)] : []),
  ]);
  if (!hasSignal) rows.forEach((row) => (row.note = ""));
  const all = n.in_area ?? n.at_risk;
  const networks = [
    ...Object.entries(n.covered ?? {}).filter(([name]) => name !== "any").map(([name, count]) => [name.toUpperCase(), count]),
    ...operators.filter((one) => one.covered).map((one) => [one.name, one.covered.any]),
  ];
  return {
    says: sentencesOf(said),
    charts: [
      {
        title: hasSignal ? "People without any signal, by zone" : "People in the area, by zone", rows, ink: hasSignal ? "lost" : "kept",
        columns: ["Zone", "In the area", ...(hasSignal ? ["With signal", "Without", "Share"] : [])],
      },
      { title: "People with a signal, by technology and operator", rows: parts(networks, all), ink: "kept", all, columns: ["Network", "People", "Share"] },
      ...(waterfall.length > 1
        ? [{ title: "From the area to those who notice the warning", rows: steps(waterfall), ink: "kept", columns: ["Step", "People", "Lost here"] }]
        : []),
    ],
    note: waterfall.length > 2 ? "Steps after “Has a signal” are assumptions, not counts; the file reach.json lists them." : null,
  };
}

function gaps({ total: n, zones = [], groups = [] }) {
  const { none, one, two_or_more: more } = n.channels ?? {};
  const says = [html`<strong>${people(n.people)} people</strong> are counted.`];
  if (n.coverage_gap != null) {
    says.push(html`<strong>${people(n.coverage_gap)}</strong> (${share(n.coverage_gap, n.people)}) have no mobile signal. ${`${people(n.usage_gap)} (${share(n.usage_gap, n.people)})`} have one,
      but no network or phone that brings them a warning.`);
  }
  if (none != null) {
    says.push(html`<strong>No channel reaches ${people(none)}</strong> (${share(none, n.people)}); ${people(one)} have one only, ${people(more)} two or more.`);
  }
  const left = (row) => row.channels?.none ?? row.coverage_gap ?? 0;
  const cells = (row) => [people(row.people), people(row.coverage_gap), people(row.usage_gap), people(row.channels?.none)];
  const columns = ["People", "No signal", "No use of it", "No channel"];
  const title = none != null ? "People whom no channel reaches" : "People without a signal";
  const rows = (some) => byZone(some, left, (row) => row.people, cells);
  return {
    says,
    charts: [
      { title: `${title}, by zone`, rows: rows(zones), ink: "lost", columns: ["Zone", ...columns] },
      { title: `${title}, by group`, rows: rows(groups), ink: "lost", columns: ["Group", ...columns] },
      {
        title: "What keeps a mobile warning from people", ink: "kept", all: n.people, columns: ["Part", "People", "Share"],
        rows: parts([["No signal", n.coverage_gap], ["Signal, no use of it", n.usage_gap], ["Can be reached", n.reachable]], n.people),
      },
    ],
  };
}

function target({ people: n, cells = [], network_cells: all, operators = [], area_km2: area = {} }) {
  return {
    says: [
      html`<strong>${people(n.in_area)} people</strong> are in the warning area${area.in_area ? ` of ${number(area.in_area)} km²` : ""}.`,
      html`${number(cells.length)} of ${number(all)} cells should carry the warning; they serve ${people(n.reached)} of them (${share(n.reached, n.in_area)}).`,
      html`<strong>${people(n.missed)}</strong> are served by other cells and missed, ${people(n.unserved)} have no service at all.`,
      html`Outside of the area <strong>${people(n.over_reach)} people</strong> would get it, too.`,
    ],
    charts: [
      {
        title: "People in the area", ink: "kept", all: n.in_area, columns: ["Part", "People", "Share"],
        rows: parts([["Get the warning", n.reached], ["Missed", n.missed], ["Without service", n.unserved]], n.in_area),
      },
      {
        title: "People missed, by operator", ink: "lost", columns: ["Operator", "Reached", "Missed", "Without service"],
        rows: operators.map(({ name, people: o }) => ({
          name, value: o.missed, note: "", cells: [people(o.reached), people(o.missed), people(o.unserved)],
        })),
      },
    ],
  };
}

function coverage({ people: n, technologies = [], zones = [] }) {
  const { outdoors = {}, indoors = {} } = n?.served ?? {};
  const says = [html`${technologies.map((one) => `${one.technology.toUpperCase()}: ${number(one.cells)} cells on ${number(one.sites)} sites`).join("; ")}.`];
  if (n?.total) {
    says.push(html`Of <strong>${people(n.total)} people</strong>, ${people(outdoors.any)} (${share(outdoors.any, n.total)}) have service outdoors and ${people(indoors.any)}${" "}
      (${share(indoors.any, n.total)}) inside buildings.`);
  }
  const named = Object.keys(outdoors).filter((name) => name !== "any" || Object.keys(outdoors).length > 2);
  const both = named.flatMap((name) => [[`${name.toUpperCase()} outdoors`, outdoors[name]], [`${name.toUpperCase()} indoors`, indoors[name]]]);
  const without = ({ people: z }) => z.total - (z.served?.outdoors?.any ?? 0);
  const known = zones.filter((zone) => zone.people?.served);
  return {
    says,
    charts: [
      { title: "People served", rows: n?.total ? parts(both, n.total) : [], ink: "kept", all: n?.total, columns: ["Part", "People", "Share"] },
      {
        title: "People without service outdoors, by zone", ink: "lost", columns: ["Zone", "People", "Without service"],
        rows: byZone(known, without, (zone) => zone.people.total, (zone) => [people(zone.people.total), people(without(zone))]),
      },
    ],
    note: "Service is modelled from cell sites, not measured.",
  };
}

const CHANNELS = { location_sms: "Location-based SMS" };
const channelName = (name) => CHANNELS[name] ?? (name.charAt(0).toUpperCase() + name.slice(1)).replaceAll("_", " ");

function run(said) {
  const { denominator: of, warned, time_s: time = {}, in_time: inTime, over_reach: over, zones = [], waterfall = [], replicas } = said;
  const { mean, p05, p95 } = warned.any;
  const says = [
    html`<strong>${people(of.at_risk)} people</strong> are at risk, ${people(of.in_area)} are in the warning area.`,
    html`${people(mean)} of those at risk (${share(mean, of.at_risk)}) are warned${replicas > 1 ? `, ${people(p05)} to ${people(p95)} in nine of ten replicas` : ""}; <strong>${`${people(warned.none)} are missed`}</strong>.`,
  ];
  if (inTime != null) says.push(html`${people(inTime)} are warned in time to act; ${people(over)} outside of the area are warned, too.`);
  says.push(time.p50 == null
    ? html`Half of the people at risk are never warned.`
    : html`Half of the people at risk are warned within ${duration(time.p50)}${time.p90 == null ? "; nine of ten never are" : `, nine of ten within ${duration(time.p90)}`}.`);
  const channels = Object.entries(warned.channels ?? {}).map(([name, c]) => ({
    name: channelName(name), value: c.warned, note: share(c.warned, of.at_risk), cells: [c.reached, c.warned, c.first, c.only].map(people),
  }));
  return {
    says,
    charts: [
      {
        title: "People at risk who are missed, by zone", ink: "lost", columns: ["Zone", "At risk", "Warned", "In time", "Missed"],
        rows: byZone(zones, (z) => z.people.missed, (z) => z.people.at_risk, ({ people: z }) => [z.at_risk, z.warned, z.in_time, z.missed].map(people)),
      },
      { title: "People at risk who are warned, by channel", rows: channels, ink: "kept", all: of.at_risk, columns: ["Channel", "Reached", "Warned", "First by it", "By it only"] },
      { title: "From being at risk to being warned in time", rows: steps(waterfall), ink: "kept", columns: ["Step", "People", "Lost here"] },
    ],
    note: "All of this is simulated; the report tells what is assumed.",
  };
}

const ANSWERS = { reach, gaps, target, coverage, summary: run };

/** `{says, charts, note}` of the outputs of a job; null where none of them is known here. */
export function answerOf(outputs) {
  const name = Object.keys(outputs).find((one) => ANSWERS[one]);
  if (!name) return null;
  const { charts, ...said } = ANSWERS[name](outputs[name]);
  return { ...said, charts: charts.filter(({ rows }) => rows.length > 0) };
}
