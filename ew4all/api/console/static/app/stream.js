// What happens in the exercise, as it happens. A line that breaks is taken up after the last event that came, and what was
// missed is told; where streams do not get through, the state is asked for in turn.
import { ask, read } from "shared/api.js";
import { eventsOf } from "shared/events.js";
import { now, put, say } from "shared/state.js";
import { again, at, brokenBy, open, place, readAll, take } from "./exercise.js";
import { heardOf } from "./news.js";
import { since } from "./times.js";
import { span, t } from "./words.js";

// The service says something each 15 s, and each half second while the clock runs.
const SILENT_MS = 20_000;
const SILENT_RUNNING_MS = 12_000;
const RETRY_MS = 1000;
const POLL_MS = 3000;
const TRIES = 3;
const MOST_TOLD = 12;
const PASSING = new Set(["opening", "engine-lost", "busy", "stopping"]); // in a moment it is there again

const pause = (ms) => new Promise((done) => setTimeout(done, ms));
let heard_ms = 0;
let missed = null; // while events come that happened while one was away: {left, news, away_s}

/** Listen until the exercise is removed or one may not. */
export async function listen() {
  let last = null;
  let failures = 0;
  let broken_ms = null;
  for (;;) {
    const stop = new AbortController();
    const watch = setInterval(() => performance.now() - heard_ms > (now().clock?.isRunning ? SILENT_RUNNING_MS : SILENT_MS) && stop.abort(), 2000);
    heard_ms = performance.now();
    try {
      const headers = { Accept: "text/event-stream", ...(last && { "Last-Event-ID": last }) };
      const answer = await ask(at("events"), { headers, signal: stop.signal });
      if (answer.status === 204) return over(t("problem.removed"));
      for await (const event of eventsOf(answer)) {
        heard_ms = performance.now();
        if (broken_ms !== null) back((heard_ms - broken_ms) / 1000);
        broken_ms = null;
        failures = 0;
        if (now().link !== "live") put({ link: "live", ...(now().problem?.code === "away" && { problem: null }) });
        last = event.id || last;
        if (event.data) tell(event.event, JSON.parse(event.data));
      }
      // A stream ends after a while; one that is empty must not be asked for without a pause.
    } catch (problem) {
      if ([401, 403, 404].includes(problem.status)) return over(problem);
      failures += PASSING.has(problem.code) ? 0 : 1;
      if (last !== null) {
        broken_ms ??= performance.now();
        put({ link: "away", clock: stopped() });
      }
    } finally {
      clearInterval(watch);
    }
    if (failures >= TRIES) await poll();
    await pause(RETRY_MS);
  }
}

/** It is over for this page: nothing comes back by itself. */
function over(problem) {
  put({ link: "over", clock: stopped(), problem });
}

/** The clock as it was last told: what goes on there is not known. */
function stopped() {
  const { clock } = now();
  return clock && { ...clock, isRunning: false };
}

/** The line is there again after some seconds. */
function back(away_s) {
  const mine = { left: 0, news: [], away_s };
  missed = mine;
  setTimeout(() => {
    // No word of anything missed came: there was nothing.
    if (missed === mine && mine.left === 0) told();
  }, 1500);
}

function told() {
  const { news, away_s } = missed;
  missed = null;
  put({ missed: { news: news.slice(-MOST_TOLD), count: news.length, time: span(away_s) } });
  say(news.length ? t("link.back", { n: news.length, time: span(away_s) }) : t("link.nothing", { time: span(away_s) }));
}

function tell(kind, data) {
  HEARD[kind]?.(data);
  const news = heardOf(kind, data);
  if (missed && kind === "missed") missed.left = data.count;
  else if (missed?.left > 0 && data.seq !== undefined && kind !== "state") {
    if (news) missed.news.push({ time: since(data.time_s), text: news });
    missed.left -= 1;
    if (missed.left === 0) told();
  } else if (news && !missed) {
    if (kind !== "decision") say(news);
  }
}

const HEARD = {
  state: async (data) => {
    take(data);
    await readAll();
  },
  tick: take,
  clock: (data) => take({ clock: data.clock ?? data }),
  inject: ({ inject }) => {
    put(({ injectStates = {} }) => ({ injectStates: { ...injectStates, [inject.id]: inject } }));
    again("injects", 200);
  },
  message: ({ message }) => place("messages", message),
  decision: ({ decision }) => {
    place("decisions", decision);
    again("injects", 200); // some wait for a decision, and now it is known when they come
  },
  alert: () => again("alerts", 150),
  score: () => again("sheet", 300),
  note: () => again("notes", 300),
  import: () => again("injects", 100),
  branch: () => again("branches", 100),
  seat: ({ seats }) => {
    put({ seats });
    again("seatList", 500);
  },
  phase: async ({ phase, problem }) => {
    put({ phase, ...(problem && { problem: brokenBy(problem) }) });
    if (phase === "ready") await open(now().exercise.id);
  },
};

/** Ask in turn for a while; then streams are tried again. */
async function poll() {
  for (let n = 0; n < 5; n++) {
    try {
      take(await read(at("state")));
      await readAll();
      put({ link: "polling" });
    } catch (problem) {
      if (![401, 403, 404].includes(problem.status)) put({ link: "away", clock: stopped() });
      return; // a stream is tried again, which tells what is the matter
    }
    await pause(POLL_MS);
  }
}
