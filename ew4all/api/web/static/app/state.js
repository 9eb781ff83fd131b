// What the page knows, in one place; parts of the page are drawn anew when it changes.
import { useEffect, useState } from "preact/hooks";

let state = {
  isRead: false, // whether the service has told what there is
  jobs: [],
  layers: [],
  uploads: [],
  selected: null, // job whose result is shown
  results: {}, // results by job
  shown: [], // layers on the map: {id, opacity}, the first lies lowest
  drawn: null, // GeoJSON that was drawn or typed
  areas: {}, // GeoJSON that was sent with a job, by job
  isDrawing: false,
  corners: 0,
  link: "opening", // of events: live, polling, away
  problem: null, // of the page as a whole
  wantsKey: null, // why a key is wanted
  tab: "results",
};
const listeners = new Set();

export const now = () => state;

/** Change some of it; `change` may be a function of the state. */
export function put(change) {
  state = { ...state, ...(typeof change === "function" ? change(state) : change) };
  for (const listener of listeners) listener(state);
}

export function subscribe(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The state, for a part of the page. */
export function useApp() {
  const [seen, see] = useState(state);
  useEffect(() => {
    see(state);
    return subscribe(see);
  }, []);
  return seen;
}

/** Say something to those who listen to the page rather than look at it. */
export function say(text) {
  document.getElementById("said").textContent = text;
}
