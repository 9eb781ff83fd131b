// Exercise time: seconds since its start, and what clocks in the exercise show then.
import { now, useApp } from "shared/state.js";
import { useEffect, useState } from "preact/hooks";
import { locale } from "./words.js";

const DAY_S = 86_400;
const MOST_UNTOLD_S = 3;
const two = (n) => String(n).padStart(2, "0");

/** T+ as hours, minutes, seconds. */
export function since(seconds) {
  const s = Math.floor(Math.abs(seconds));
  return `${seconds < 0 ? "-" : ""}${two(Math.floor(s / 3600))}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
}

/** Seconds of "1:30:00", "90:00", "90" (minutes) or "T+1:30"; null where it is none. */
export function secondsOf(text) {
  const parts = text.trim().replace(/^T\s*\+\s*/i, "").split(":");
  if (parts.length > 3 || parts.some((one) => !/^\d+$/.test(one))) return null;
  const [a, b, c] = parts.map(Number);
  if (parts.length === 1) return a * 60;
  return parts.length === 2 ? a * 3600 + b * 60 : a * 3600 + b * 60 + c;
}

/** Minutes that the places of the exercise are ahead of UTC, as its start is written. */
function offsetOf(zero) {
  const [, sign, hours, minutes] = /([+-])(\d\d):(\d\d)$/.exec(zero ?? "") ?? [];
  return sign ? (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) : 0;
}

/** The wall clock in the exercise at an exercise time: date and time in its own zone, and in UTC. */
export function clockAt(seconds, zero = now().zero) {
  if (!zero) {
    // A scenario without a date may have a time of day: "the clock shows 10:30".
    const shown = since(((now().exercise?.day_s ?? 0) + seconds) % DAY_S);
    return { time: shown, short: shown.slice(0, 5), date: "", utc: "" };
  }
  const at = new Date(Date.parse(zero) + seconds * 1000);
  const local = new Date(at.getTime() + offsetOf(zero) * 60_000);
  const read = (one) => `${two(one.getUTCHours())}:${two(one.getUTCMinutes())}:${two(one.getUTCSeconds())}`;
  const date = new Intl.DateTimeFormat(locale(), { dateStyle: "medium", timeZone: "UTC" }).format(local);
  return { time: read(local), short: read(local).slice(0, 5), date, utc: `${read(at).slice(0, 5)} UTC` };
}

/** Exercise seconds now, from the last that the service told and what has passed here since. */
export function secondsNow({ clock } = now()) {
  if (!clock) return 0;
  // The service says the time twice a second; where it does not, nobody knows whether the clock goes on.
  const passed = clock.isRunning ? Math.min((performance.now() - clock.heard_ms) / 1000, MOST_UNTOLD_S) * clock.speed : 0;
  return Math.min(clock.time_s + passed, clock.ends_s ?? Infinity);
}

/** The exercise time, drawn anew each second. */
export function useTime() {
  const app = useApp();
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((n) => n + 1), 500);
    return () => clearInterval(timer);
  }, []);
  return secondsNow(app);
}

/** Real time on this machine. */
export const realNow = () => {
  const at = new Date();
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
};
