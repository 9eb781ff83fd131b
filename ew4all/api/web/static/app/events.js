// Events of jobs as they happen: server-sent events read by fetch, because EventSource can show no key.
// What breaks is taken up again after the last event seen; where streams do not get through, jobs are asked for in turn.
import { ask } from "./api.js";

const POLL_MS = 3000;
const TRY_AGAIN_MS = 30_000;
const TRIES = 3;

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** Yield `{event, data, id}` of a stream; an event without data is passed on for its id. */
export async function* eventsOf(answer) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const blocks = (rest + value).split("\n\n");
      rest = blocks.pop();
      for (const block of blocks) {
        const event = { event: "message", data: "" };
        for (const line of block.split("\n")) {
          const [, name, text] = /^([^:]*): ?(.*)$/.exec(line) || [];
          if (name === "data") event.data += text;
          else if (name) event[name] = text;
        }
        yield event;
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

/**
 * Listen for ever. `look` reads everything anew, `tell` takes one event, `state` is told `live`, `polling` or `away`.
 */
export async function listen({ look, tell, state }) {
  let last = null;
  let failures = 0;
  for (;;) {
    let retry = 1000;
    try {
      const headers = { Accept: "text/event-stream", ...(last && { "Last-Event-ID": last }) };
      const answer = await ask("v1/events?topic=job", { headers });
      let isNew = true;
      for await (const event of eventsOf(answer)) {
        if (isNew && last === null) await look();
        if (isNew) state("live");
        isNew = false;
        failures = 0;
        last = event.id || last;
        retry = Number(event.retry) || retry;
        if (event.event === "gap") await look();
        else if (event.data && event.event === "job") tell(JSON.parse(event.data));
      }
    } catch (problem) {
      failures += 1;
      if (problem.status === 401 || problem.status === 403) {
        state("away", problem);
        return;
      }
    }
    if (failures >= TRIES) await poll(look, state);
    await pause(retry);
  }
}

async function poll(look, state) {
  for (const ends = Date.now() + TRY_AGAIN_MS; Date.now() < ends; ) {
    try {
      await look();
      state("polling");
    } catch (problem) {
      state("away", problem);
    }
    await pause(POLL_MS);
  }
}
