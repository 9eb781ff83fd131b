// What the page knows of the exercise, kept up with what the service tells. The service filters: nothing here hides a secret.
import { Problem, read } from "shared/api.js";
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
  if (exercise.problem) put({ problem: brokenBy(exercise.problem) });
  return exercise;
}

/** Why an exercise cannot be opened, as a problem. */
export const brokenBy = (told) => new Problem({ code: "broken", ...(typeof told === "string" ? { detail: told } : told) });

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
    // A clock comes whole: what stands in the one before, such as why it was stopped, does not hold any more.
    if (name === "clock") change.clock = heard(value);
    else if (name === "geo") change.tags = { ...known.tags, ...value };
    else if (name === "channels" || name === "zones") change[`${name}Now`] = merged(known[`${name}Now`], value, name === "zones" ? "id" : "name");
    else if (name === "counters" || name === "network" || name === "facts" || name === "scores") change[name] = { ...known[name], ...value };
    else if (name === "decisions") value.forEach((one) => place("decisions", one));
    else if (name === "alerts") value.forEach(changed);
    else if (name === "as_of_s") change.asOf = value;
    else if (name === "is_late") change.isLate = value;
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

/** An alert that stands otherwise than before, such as one that has expired; one that is not known comes by its own event. */
function changed(alert) {
  if (now().alerts?.some((one) => one.id === alert.id)) place("alerts", alert);
}

/** Put one row of a list in its place, or at the end. */
export function place(list, row, key = "id") {
  const found = now()[list] ?? [];
  const is = (one) => String(one[key]) === String(row[key]);
  put({ [list]: found.some(is) ? found.map((one) => (is(one) ? { ...one, ...row } : one)) : [...found, row] });
}

const PAGE = 1000; // the most that the service gives at once

/** All messages, page by page; `after` is the last that is known. */
async function messagesAfter(after) {
  const { messages } = await read(at(`messages?limit=${PAGE}&after=${after}`));
  return messages.length < PAGE ? messages : [...messages, ...(await messagesAfter(messages.at(-1).id))];
}

/** What came while the answer was on its way stays: nothing leaves these lists. */
const together = (before = [], found) => {
  const had = new Set(found.map((one) => String(one.id)));
  return [...before.filter((one) => !had.has(String(one.id))), ...found].sort((a, b) => a.id - b.id);
};

const READS = {
  injects: () => read(at("injects")).then(({ injects }) => injects),
  messages: () => messagesAfter(0).then((found) => together(now().messages, found)),
  alerts: () => read(at("alerts")).then(({ alerts }) => alerts),
  decisions: () => read(at(`decisions?limit=${PAGE}`)).then(({ decisions }) => together(now().decisions, decisions)),
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
const turns = new Map(); // how often a part was asked for: an answer that comes after a later one is old

/** Read a part anew; `soon` waits a little for others that want the same. It never fails: what went wrong stands over the view. */
export function again(part, soon = 0) {
  if (WANTS[part] && !may(WANTS[part])) return Promise.resolve();
  if (waiting.has(part)) return waiting.get(part);
  const asked = new Promise((done) => setTimeout(done, soon)).then(async () => {
    waiting.delete(part);
    const turn = (turns.get(part) ?? 0) + 1;
    turns.set(part, turn);
    const found = await READS[part]();
    if (turns.get(part) === turn) put({ [part]: found });
  }).catch((problem) => {
    if (problem.status !== 503) put({ problem });
  });
  waiting.set(part, asked);
  return asked;
}

/** Read every part that one may see. */
export const readAll = () => Promise.allSettled(Object.keys(READS).map((part) => again(part)));
