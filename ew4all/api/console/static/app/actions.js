// What people do, as requests. Each throws the problem that the service tells.
import { ask, read } from "shared/api.js";
import { now, put } from "shared/state.js";
import { again, at, place, take } from "./exercise.js";

const JSON_BODY = { "Content-Type": "application/json" };

function send(method, path, body, headers = {}) {
  return read(at(path), { method, headers: { ...JSON_BODY, ...headers }, body: JSON.stringify(body) });
}

const clockDo = async (body) => {
  const answer = await send("POST", "clock", body);
  take({ clock: answer.clock ?? answer });
};

export const clock = {
  start: (speed) => clockDo(now().clock.state === "ready" ? { do: "start", ...(speed && { speed }) } : { do: "resume" }),
  pause: () => clockDo({ do: "pause" }),
  speed: (speed) => clockDo({ do: "speed", speed }),
  step: (seconds) => clockDo({ do: "step", seconds }),
  jump: (time_s) => clockDo({ do: "jump", time_s }),
  end: () => clockDo({ do: "end" }),
};

const versioned = ({ version }) => ({ "If-Match": `"${version}"` });

export const injects = {
  // Two who take the same thing back would take back two things: what one has seen is named.
  do: async (inject, what) => {
    const answer = await send("POST", `injects/${inject.id}`, { do: what }, what === "undo" ? versioned(inject) : {});
    put(({ injectStates = {} }) => ({ injectStates: { ...injectStates, [answer.id]: answer } }));
    place("injects", answer);
    return answer;
  },
  save: async (inject) => place("injects", await send("PUT", `injects/${inject.id}`, inject, versioned(inject))),
  add: async (inject) => place("injects", await send("POST", "injects", inject)),
  import: async (file, query) => {
    const type = /\.csv$/i.test(file.name) ? "text/csv" : "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    return read(at(`imports?${query}`), { method: "POST", headers: { "Content-Type": type }, body: file });
  },
};

export const decide = async (decision) => {
  const answer = await send("POST", "decisions", decision);
  place("decisions", answer);
  await again("alerts");
  return answer;
};

export const preview = (alert, signal) => read(at("preview"), { method: "POST", headers: JSON_BODY, body: JSON.stringify({ alert }), signal });
export const write = async (message) => place("messages", await send("POST", "messages", message));

export const score = async (row, body) => {
  await send("PUT", `scores/${row.expectation}`, body, versioned(row));
  await again("sheet");
};

/** Say that a message was opened; it does not matter whether that gets through. */
export const opened = (id) => gone(`messages/${id}/read`, "POST").catch(() => {});

export const note = async (text, is_lesson) => {
  await send("POST", "notes", { text, is_lesson });
  await again("notes");
};

export const invite = async (invitation) => {
  const made = await send("POST", "invitations", invitation);
  await again("invitations");
  return made;
};

export const withdraw = async (id) => {
  await gone(`invitations/${id}`);
  await Promise.all([again("invitations"), again("seatList")]);
};

export const branch = async (body) => {
  const made = await send("POST", "branches", body);
  await again("branches");
  return made;
};

export const makeReport = async () => put({ report: await send("POST", "report", {}) });

async function gone(path, method = "DELETE") {
  await ask(at(path), { method });
}
