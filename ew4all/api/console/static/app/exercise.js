// What the page knows of the exercise, kept up with what the service tells. The service filters: nothing here hides a secret.
import { read } from "shared/api.js";
import { now, put } from "shared/state.js";

export const LAYERS = ["zones", "people", "hazard", "missed", "cells", "alerts"];

/** Address of a part of the exercise. */
export const at = (path = "") => `v1/exercises/${now().exercise.id}${path && `/${path}`}`;

/** Whether one's role may do it: what may not be done has no button. */
export const may = (what) => now().exercise?.may.includes(what) ?? false;

/** Everything of an exercise, as it is now. */
export async function open(id) {
  // What only the simulation knows is not there yet while the exercise is being opened.
  const given = await read(`v1/exercises/${id}`);
  const channels = (given.channels ?? []).map((one) => (typeof one === "string" ? { name: one } : one));
  const exercise = { zones: [], operators: [], hazards: [], teams: [], ...given, channels };
  put({ exercise, me: { ...exercise.you, kind: exercise.you.role }, zero: exercise.start, phase: exercise.phase, clock: heard(exercise.clock) });
  return exercise;
}

/** A clock of the service with the moment at which it came. */
function heard(clock) {
  if (!clock) return null;
  const isRunning = clock.state === "running";
  return { ...clock, isRunning, heard_ms: performance.now(), ends_s: clock.length_s ?? now().exercise?.length_s };
}

/** Parts of the state that came, put over those that are known; of lists, entry by entry. */
export function take(state) {
  const known = now();
  const change = {};
  for (const [name, value] of Object.entries(state)) {
    if (name === "clock") change.clock = heard({ ...known.clock, ...value });
    else if (name === "geo") change.tags = { ...known.tags, ...value };
    else if (name === "channels" || name === "zones") change[`${name}Now`] = merged(known[`${name}Now`], value, name === "zones" ? "id" : "name");
    else if (name === "counters" || name === "network" || name === "facts" || name === "scores") change[name] = { ...known[name], ...value };
    else if (name === "decisions") value.forEach((one) => place("decisions", one));
    else if (name === "phase" || name === "seats") change[name] = value;
    else if (name === "injects") change.injectStates = { ...known.injectStates, ...Object.fromEntries(value.map((one) => [one.id, one])) };
  }
  put(change);
}

function merged(before = [], news, key) {
  const out = new Map(before.map((one) => [one[key], one]));
  for (const one of news) out.set(one[key], { ...out.get(one[key]), ...one });
  return [...out.values()];
}

/** Put one row of a list in its place, or at the end. */
export function place(list, row, key = "id") {
  const found = now()[list] ?? [];
  const is = (one) => String(one[key]) === String(row[key]);
  put({ [list]: found.some(is) ? found.map((one) => (is(one) ? { ...one, ...row } : one)) : [...found, row] });
}

const READS = {
  injects: () => read(at("injects")).then(({ injects }) => injects),
  messages: () => read(at("messages?limit=500")).then(({ messages }) => messages),
  alerts: () => read(at("alerts")).then(({ alerts }) => alerts),
  decisions: () => read(at("decisions?limit=200")).then(({ decisions }) => [...decisions].reverse()),
  sheet: () => read(at("scores")),
  notes: () => read(at("notes")).then(({ notes }) => notes),
  curves: () => read(at("curves")),
  report: () => read(at("report")),
  branches: () => read(at("branches")).then(({ branches }) => branches),
  invitations: () => read(at("invitations")).then(({ invitations }) => invitations),
  seatList: () => read(at("seats")).then(({ seats }) => seats),
};
const WANTS = { injects: "truth", sheet: "score", notes: "score", curves: "truth", branches: "truth", report: "truth", invitations: "invite", seatList: "invite" };

const waiting = new Map(); // what is asked for soon, so that ten events ask once

/** Read a part anew; `soon` waits a little for others that want the same. */
export function again(part, soon = 0) {
  if (WANTS[part] && !may(WANTS[part])) return Promise.resolve();
  if (waiting.has(part)) return waiting.get(part);
  const asked = new Promise((done) => setTimeout(done, soon)).then(async () => {
    waiting.delete(part);
    put({ [part]: await READS[part]() });
  });
  asked.catch((problem) => {
    if (problem.status !== 503) put({ problem });
  });
  waiting.set(part, asked);
  return asked;
}

/** Read every part that one may see. */
export const readAll = () => Promise.allSettled(Object.keys(READS).map((part) => again(part)));
